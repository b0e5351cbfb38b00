import Numerics
import Testing
import Wire

@testable import Ledger

@Suite("Stake-weighted votes")
struct StakeWeightedTests {
  @Test(
    "median and plurality are those of a list in which every unit of stake votes on its own", arguments: 0..<8
  )
  func bruteForce(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for round in 0..<200 {
      let votes = (0..<(1 + random.integer(below: 7))).map { _ in
        (value: random.integer(below: 5) - 2, stakeUnits: UInt64(1 + random.integer(below: 9)))
      }
      let units = votes.flatMap { vote in (0..<vote.stakeUnits).map { _ in vote.value } }.sorted()
      #expect(
        StakeWeighted.median(votes) == units[(units.count - 1) / 2], "seed \(seed), round \(round): \(votes)")
      let counts = Dictionary(grouping: units, by: { $0 }).mapValues(\.count)
      let most = counts.values.max()
      let plurality = counts.filter { $0.value == most }.keys.min()
      #expect(StakeWeighted.plurality(votes) == plurality, "seed \(seed), round \(round): \(votes)")
    }
  }

  @Test("less than half of the stake never moves a median out of the others' values", arguments: 0..<8)
  func minority(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for round in 0..<200 {
      let honest = (0..<(1 + random.integer(below: 5))).map { _ in
        (value: Int64(random.integer(below: 100)), stakeUnits: UInt64(1 + random.integer(below: 50)))
      }
      let stake = honest.reduce(0) { $0 + $1.stakeUnits }
      let lie = (value: random.integer(below: 2) == 0 ? Int64.min : .max, stakeUnits: stake - 1)
      let values = honest.map(\.value).sorted()
      let median = StakeWeighted.median(honest + [lie]) ?? .min
      let isInside = median >= values[0] && median <= values[values.count - 1]
      #expect(isInside, "seed \(seed), round \(round): \(honest) and \(lie)")
    }
  }

  @Test("of nobody is nothing, and the greatest stakes do not overflow")
  func edges() {
    let nobody: [(value: Int, stakeUnits: UInt64)] = []
    #expect(StakeWeighted.median(nobody) == nil)
    #expect(StakeWeighted.plurality(nobody) == nil)
    let rich = [
      (value: 1, stakeUnits: UInt64.max), (value: 2, stakeUnits: .max), (value: 3, stakeUnits: .max),
    ]
    #expect(StakeWeighted.median(rich) == 2)
    #expect(StakeWeighted.plurality(rich) == 1)
  }

  @Test("supermajorities and thirds are exact at every stake of a small network, and at the limits")
  func thresholds() throws {
    for total in UInt64(1)...12 {
      let set = ValidatorSet([.init(key: try LedgerWorld.key(1, 0).publicKey, stakeUnits: total)])
      for stake in 0...total {
        #expect(set.isSupermajority(stake) == (stake * 3 > total * 2))
        #expect(set.isMoreThanThird(stake) == (stake * 3 > total))
      }
    }
    let huge = ValidatorSet([.init(key: try LedgerWorld.key(1, 0).publicKey, stakeUnits: .max)])
    #expect(huge.isSupermajority(.max / 3 * 2 + 1))
    #expect(!huge.isSupermajority(.max / 3 * 2))
    #expect(!huge.isMoreThanThird(.max / 3))
  }

  @Test("a set counts each validator once, and strangers not at all")
  func keys() throws {
    let keys = try (0..<3).map { try LedgerWorld.key(1, $0).publicKey }
    let set = ValidatorSet(keys.map { .init(key: $0, stakeUnits: 1) })
    #expect(set.isSupermajority(Set(keys)))
    #expect(!set.isSupermajority(Set(keys.dropFirst() + [try LedgerWorld.key(9, 0).publicKey])))
    #expect(set.stakeUnits(of: try LedgerWorld.key(9, 0).publicKey) == nil)
  }
}
