import Numerics
import Testing
import Wire

@testable import Ledger

@Suite("Weighted votes")
struct WeightedVoteTests {
  @Test(
    "median and plurality are those of a list in which every unit of weight votes on its own",
    arguments: 0..<8
  )
  func bruteForce(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for round in 0..<200 {
      let votes = (0..<(1 + random.integer(below: 7))).map { _ in
        (value: random.integer(below: 5) - 2, weight: UInt64(1 + random.integer(below: 9)))
      }
      let units = votes.flatMap { vote in (0..<vote.weight).map { _ in vote.value } }.sorted()
      #expect(
        WeightedVote.median(votes) == units[(units.count - 1) / 2], "seed \(seed), round \(round): \(votes)")
      let counts = Dictionary(grouping: units, by: { $0 }).mapValues(\.count)
      let most = counts.values.max()
      let plurality = counts.filter { $0.value == most }.keys.min()
      #expect(WeightedVote.plurality(votes) == plurality, "seed \(seed), round \(round): \(votes)")
    }
  }

  @Test("less than half of the weight never moves a median out of the others' values", arguments: 0..<8)
  func minority(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for round in 0..<200 {
      let honest = (0..<(1 + random.integer(below: 5))).map { _ in
        (value: Int64(random.integer(below: 100)), weight: UInt64(1 + random.integer(below: 50)))
      }
      let sum = honest.reduce(0) { $0 + $1.weight }
      let lie = (value: random.integer(below: 2) == 0 ? Int64.min : .max, weight: sum - 1)
      let values = honest.map(\.value).sorted()
      let median = WeightedVote.median(honest + [lie]) ?? .min
      let isInside = median >= values[0] && median <= values[values.count - 1]
      #expect(isInside, "seed \(seed), round \(round): \(honest) and \(lie)")
    }
  }

  @Test("of nobody is nothing, and the greatest weights do not overflow")
  func edges() {
    let nobody: [(value: Int, weight: UInt64)] = []
    #expect(WeightedVote.median(nobody) == nil)
    #expect(WeightedVote.plurality(nobody) == nil)
    let rich = [
      (value: 1, weight: UInt64.max), (value: 2, weight: .max), (value: 3, weight: .max),
    ]
    #expect(WeightedVote.median(rich) == 2)
    #expect(WeightedVote.plurality(rich) == 1)
  }

  @Test("supermajorities and thirds are exact at every weight of a small electorate, and at the limits")
  func thresholds() throws {
    let key = try LedgerWorld.key(1, 0).publicKey
    for total in UInt64(1)...12 {
      let voters = Electorate([key: total])
      for weight in 0...total {
        #expect(voters.isSupermajority(weight) == (weight * 3 > total * 2))
        #expect(voters.isMoreThanThird(weight) == (weight * 3 > total))
      }
    }
    let huge = Electorate([key: .max])
    #expect(huge.isSupermajority(.max / 3 * 2 + 1))
    #expect(!huge.isSupermajority(.max / 3 * 2))
    #expect(!huge.isMoreThanThird(.max / 3))
  }

  @Test("count strangers not at all")
  func strangers() throws {
    let keys = try (0..<3).map { try LedgerWorld.key(1, $0).publicKey }
    let voters = Electorate(Dictionary(uniqueKeysWithValues: keys.map { ($0, 1) }))
    let stranger = try LedgerWorld.key(9, 0).publicKey
    #expect(voters.isSupermajority(voters.weight(of: keys)))
    #expect(!voters.isSupermajority(voters.weight(of: keys.dropFirst() + [stranger])))
    #expect(!voters.contains(stranger) && voters.weight(of: stranger) == 0)
  }
}
