/// The fixed-point scale of everything that replicas add up: an update value is an integer multiple of one
/// quantum.
///
/// Sums of products of such values with integer weights are exact, so they come out alike in any order, on
/// any machine.
public enum FixedPoint {
  /// The number of bits after the binary point.
  public static let fractionBits = 26
  /// The value of one quantum, 2^-26.
  public static let quantum: Float = 1 / Float(1 << fractionBits)
  /// The greatest update value in quanta, 2^30 - 1; the least is its negative. As a real number: just under
  /// 16.
  public static let maximum: Int32 = 1 << 30 - 1

  /// Rounds to multiples of the quantum, ties to even, and saturates at `maximum` and its negative.
  ///
  /// - Throws: `UpdateError.notFinite` for a NaN or an infinity.
  public static func quantize(_ values: [Float]) throws(UpdateError) -> [Int32] {
    let quantaPerUnit = Float(1 << fractionBits)
    let bound = Float(1 << 30)
    var quanta = [Int32](repeating: 0, count: values.count)
    for index in values.indices {
      let value = values[index]
      guard value.isFinite else { throw .notFinite(index: index) }
      let scaled = (value * quantaPerUnit).rounded(.toNearestOrEven)
      quanta[index] = scaled >= bound ? maximum : scaled <= -bound ? -maximum : Int32(scaled)
    }
    return quanta
  }

  /// The real numbers that update values stand for, rounded to the nearest `Float`.
  public static func dequantize(_ quanta: [Int32]) -> [Float] {
    quanta.map { Float($0) * quantum }
  }

  /// Brings a sum of update values back into range.
  @inline(__always)
  static func saturate(_ sum: Int64) -> Int32 {
    Int32(truncatingIfNeeded: min(max(sum, -Int64(maximum)), Int64(maximum)))
  }
}
