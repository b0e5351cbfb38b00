/// A residual at rest in a little more than a byte a value, for whoever keeps those of thousands of nodes.
///
/// Blocks of 64 values share a power of two, the least of whose multiples by 127 reaches the greatest of
/// them; each value is rounded to the nearest multiple of it. So no value moves by more than 1/127 of the
/// greatest in its block, values within 127 quanta are exact, and what was compacted once is compacted again
/// without a loss.
public struct CompactResidual: Sendable, Hashable {
  /// How many values share a power of two.
  public static let blockCount = 64

  private static let maximumCode: UInt32 = 127

  /// The exponents, one a block.
  private let exponents: [UInt8]
  /// The values over their block's power of two.
  private let codes: [Int8]

  /// Compacts a residual. The same residual gives the same bytes.
  public init(_ feedback: ErrorFeedback) {
    let values = feedback.residual.span
    var codes = [Int8](repeating: 0, count: values.count)
    var exponents: [UInt8] = []
    exponents.reserveCapacity((values.count + Self.blockCount - 1) / Self.blockCount)
    var target = codes.mutableSpan
    for start in stride(from: 0, to: values.count, by: Self.blockCount) {
      let end = min(start + Self.blockCount, values.count)
      let exponent = Self.exponent(of: values.extracting(start..<end))
      // Half a step, so that the shift rounds to the nearest; nothing where a step is one quantum.
      let half: Int32 = exponent == 0 ? 0 : 1 << (exponent - 1)
      for index in start..<end {
        target[index] = Int8(truncatingIfNeeded: (values[index] &+ half) &>> exponent)
      }
      exponents.append(UInt8(truncatingIfNeeded: exponent))
    }
    self.codes = codes
    self.exponents = exponents
  }

  /// The residual, as far as it was kept.
  public var feedback: ErrorFeedback {
    var values = [Int32](repeating: 0, count: codes.count)
    var target = values.mutableSpan
    for (block, exponent) in exponents.enumerated() {
      let start = block * Self.blockCount
      for index in start..<min(start + Self.blockCount, codes.count) {
        let value = Int32(codes[index]) &<< Int32(exponent)
        target[index] = max(-FixedPoint.maximum, min(value, FixedPoint.maximum))
      }
    }
    return ErrorFeedback(inRange: values)
  }

  /// The bytes that it takes.
  public var byteCount: Int { codes.count + exponents.count }

  /// The least exponent with which every value, rounded to the nearest, fits into a signed byte.
  private static func exponent(of block: Span<Int32>) -> Int32 {
    var greatest: UInt32 = 0
    for index in block.indices { greatest = max(greatest, block[index].magnitude) }
    var exponent: Int32 = 0
    while greatest > maximumCode << UInt32(exponent) { exponent += 1 }
    return exponent
  }
}
