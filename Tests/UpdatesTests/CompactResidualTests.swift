import Numerics
import Testing

@testable import Updates

struct CompactResidualTests {
  /// Values of very different sizes, block by block, with the ends of the range among them.
  private func residual(count: Int, _ random: inout SeededRandom) throws -> ErrorFeedback {
    var values: [Int32] = []
    while values.count < count {
      let bits = random.integer(below: 31)
      for _ in 0..<CompactResidual.blockCount where values.count < count {
        let limit = min(1 << bits, Int(FixedPoint.maximum) + 1)
        let magnitude = Int32(random.integer(below: limit))
        values.append(random.integer(below: 2) == 0 ? magnitude : -magnitude)
      }
    }
    values[0] = FixedPoint.maximum
    values[count - 1] = -FixedPoint.maximum
    return try ErrorFeedback(residual: values)
  }

  @Test(arguments: 1...40 as ClosedRange<UInt64>) func valuesMoveLittle(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let count = 1 + random.integer(below: 1_000)
    let exact = try residual(count: count, &random)
    let compact = CompactResidual(exact)
    let restored = compact.feedback
    #expect(restored.residual.count == count)
    for start in stride(from: 0, to: count, by: CompactResidual.blockCount) {
      let block = start..<min(start + CompactResidual.blockCount, count)
      let greatest = block.map { Int64(exact.residual[$0].magnitude) }.max() ?? 0
      let moves = block.map { Int64(restored.residual[$0]) - Int64(exact.residual[$0]) }
      #expect(moves.allSatisfy { abs($0) * 127 <= greatest }, "seed \(seed), block at \(start)")
      if greatest <= 127 { #expect(moves.allSatisfy { $0 == 0 }, "seed \(seed), block at \(start)") }
    }
    #expect(restored.residual.allSatisfy { $0.magnitude <= FixedPoint.maximum }, "seed \(seed)")
    #expect(CompactResidual(restored) == compact, "seed \(seed): compacted again it is another")
    #expect(compact.byteCount == count + (count + 63) / 64)
  }

  @Test func roundingLeansToNoSide() throws {
    // With one great value a step is 2^13 quanta; the others lie anywhere between two steps.
    var random = SeededRandom(seed: 5)
    var sum: Int64 = 0
    let blocks = 500
    for _ in 0..<blocks {
      var values = (0..<64).map { _ in Int32(random.integer(below: 1 << 18) - 1 << 17) }
      values[0] = 1 << 20 - 1
      let restored = CompactResidual(try ErrorFeedback(residual: values)).feedback.residual
      for index in 1..<64 { sum += Int64(restored[index]) - Int64(values[index]) }
    }
    // The mean of so many errors, uniform over a step, has a deviation of 0.0016 steps.
    let mean = Double(sum) / Double(63 * blocks) / Double(1 << 14)
    #expect(abs(mean) < 0.01, "\(mean) steps")
  }

  @Test func nothingLeftOutIsNothing() {
    let nothing = ErrorFeedback(parameterCount: 130)
    #expect(CompactResidual(nothing).feedback == nothing)
    #expect(CompactResidual(ErrorFeedback(parameterCount: 0)).feedback.residual.isEmpty)
  }
}
