import Numerics
import Testing

@testable import Updates

struct AccumulateTests {
  private static let seed: UInt64 = 31
  private static let count = 9 * 4_096 + 100

  /// Updates in all forms, gaussian ones, whose chunks are full, and ones with empty chunks.
  private static func updates() -> [WeightedPayload] {
    var random = SeededRandom(seed: seed)
    return (0..<12).map { number in
      let values = (0..<count).map { index -> Int32 in
        let isEmpty = number >= 6 && index / 4_096 % 3 == 1
        return isEmpty ? 0 : Int32(random.integer(below: 1 << 20) - 1 << 19)
      }
      let payload = Payload(encoding: values, form: TestVector.forms[number % 6])
      return WeightedPayload(payload, weight: Int32(random.integer(below: 65_536)))
    }
  }

  /// What the sums have to be, from the unpacked values.
  private static func expected(_ updates: [WeightedPayload]) -> [Int64] {
    var sums = [Int64](repeating: 0, count: count)
    for update in updates {
      for (index, value) in update.payload.denseValues().enumerated() {
        sums[index] += Int64(value) * Int64(update.weight)
      }
    }
    return sums
  }

  @Test func sumsAreThoseOfTheUnpackedValuesInAnyOrder() {
    let updates = Self.updates()
    let expected = Self.expected(updates)
    var random = SeededRandom(seed: Self.seed)
    for round in 0..<4 {
      var sums = [Int64](repeating: 0, count: Self.count)
      Payload.accumulate(random.permutation(count: updates.count).map { updates[$0] }, into: &sums)
      #expect(sums == expected, "seed \(Self.seed), round \(round)")
    }
    var sums = [Int64](repeating: 0, count: Self.count)
    for update in updates { update.payload.accumulate(into: &sums, weight: update.weight) }
    #expect(sums == expected, "seed \(Self.seed)")
  }

  @Test(arguments: [[0, 10], [0, 1, 10], [0, 3, 3, 4, 9, 10]])
  func chunkRangesJoinToTheWhole(_ cuts: [Int]) {
    let updates = Self.updates()
    let grid = ChunkGrid(parameterCount: Self.count)
    var joined: [Int64] = []
    for (lower, upper) in zip(cuts, cuts.dropFirst()) {
      var part = [Int64](repeating: 0, count: grid.parameters(inChunks: lower..<upper).count)
      Payload.accumulate(updates, chunks: lower..<upper, into: &part)
      joined += part
    }
    #expect(joined == Self.expected(updates), "seed \(Self.seed)")
  }

  @Test func theGreatestSumStaysWithin64Bits() {
    let values = [Int32](repeating: FixedPoint.maximum, count: 8)
    let update = WeightedPayload(Payload(encoding: values, form: .dense8), weight: 65_535)
    var sums = [Int64](repeating: 0, count: 8)
    Payload.accumulate([WeightedPayload](repeating: update, count: 8_192), into: &sums)
    let value = Int64(update.payload.denseValues()[0])
    #expect(sums == [Int64](repeating: value * 65_535 * 8_192, count: 8))
  }

  @Test func noUpdatesAddNothing() {
    var sums: [Int64] = [1, 2]
    Payload.accumulate([], into: &sums)
    #expect(sums == [1, 2])
  }
}
