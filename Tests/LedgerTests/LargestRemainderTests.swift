import Numerics
import Testing

@testable import Ledger

@Suite("Largest remainder")
struct LargestRemainderTests {
  /// What Hamilton's method asks of a split; nil if it holds.
  private func fault(_ total: UInt64, _ weights: [UInt64], _ parts: [UInt64]) -> String? {
    let sum = weights.reduce(UInt128(0)) { $0 + UInt128($1) }
    guard parts.count == weights.count else { return "wrong count" }
    guard parts.reduce(UInt128(0), { $0 + UInt128($1) }) == (sum > 0 ? UInt128(total) : 0) else {
      return "wrong sum"
    }
    guard sum > 0 else { return nil }
    for (index, part) in parts.enumerated() {
      let floor = UInt64(UInt128(total) * UInt128(weights[index]) / sum)
      guard part == floor || part == floor + 1 else {
        return "part \(index) is off its quota by a unit or more"
      }
      guard weights[index] > 0 || part == 0 else { return "zero weight, but a part" }
      for other in parts.indices {
        if weights[other] < weights[index], parts[other] > part { return "less weight, but more units" }
        if weights[other] == weights[index], other > index, parts[other] > part {
          return "a tie went to the later"
        }
      }
    }
    return nil
  }

  @Test(
    "splits to the last unit, within a unit of the quota, more to more weight, ties to the first",
    arguments: 0..<6)
  func properties(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for round in 0..<150 {
      let scale = [3, 100, Int.max][random.integer(below: 3)]
      let weights = (0..<random.integer(below: 12)).map { _ in
        random.integer(below: 4) == 0 ? 0 : UInt64(random.integer(below: scale))
      }
      let total = UInt64(random.integer(below: random.integer(below: 2) == 0 ? 50 : Int(Limits.supplyUnits)))
      let parts = LargestRemainder.split(total, by: weights)
      let message = fault(total, weights, parts)
      #expect(message == nil, "seed \(seed), round \(round): \(total) by \(weights) gave \(parts)")
    }
  }

  @Test("gives known splits")
  func known() {
    #expect(LargestRemainder.split(10, by: [1, 1, 1]) == [4, 3, 3])
    #expect(LargestRemainder.split(11, by: [1, 1, 1]) == [4, 4, 3])
    #expect(
      LargestRemainder.split(10, by: [47_000, 16_000, 15_900, 12_000, 6_100, 3_000]) == [5, 2, 1, 1, 1, 0])
    #expect(LargestRemainder.split(0, by: [5, 0]) == [0, 0])
    #expect(LargestRemainder.split(7, by: [0, 0]) == [0, 0])
    #expect(LargestRemainder.split(7, by: []) == [])
    #expect(LargestRemainder.split(1, by: [1, 2, 1]) == [0, 1, 0])
  }

  @Test("survives the greatest numbers")
  func limits() {
    let weights = [UInt64](repeating: .max, count: Limits.updatesPerWindow)
    let even = LargestRemainder.split(Limits.supplyUnits, by: weights)
    #expect(Set(even) == [Limits.supplyUnits / UInt64(Limits.updatesPerWindow)])
    let most = UInt64.max
    #expect(LargestRemainder.split(most, by: [most, most]) == [most / 2 + 1, most / 2])
    #expect(LargestRemainder.split(most, by: [1, most]) == [1, most - 1])
  }
}
