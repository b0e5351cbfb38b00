/// Multiplication by learningRate / totalWeight through an integer reciprocal: one division for a whole
/// merge.
///
/// The reciprocal is round(rate * 2^44 / W) with the rate in units of 2^-16, that is rate / W in units of
/// 2^-60. Sums stay below 2^59 and the reciprocal below 2^63, so a product fits `Int128`. Its error is below
/// one quantum for any value in range; what matters is that every replica makes the same one.
struct RoundedQuotient {
  private static let fractionBits = 60
  private let reciprocal: Int64

  /// - Parameters:
  ///   - rateQ16: 1...`AggregationLimits.serverLearningRateQ16`
  ///   - totalWeight: at least 1
  init(rateQ16: UInt32, totalWeight: Int64) {
    precondition(totalWeight > 0, "a mean needs a total weight above zero")
    reciprocal = (Int64(rateQ16) << (Self.fractionBits - 16) + totalWeight / 2) / totalWeight
  }

  /// round(sum * rate / W), ties upwards, saturated at the bounds of update values.
  @inline(__always)
  func of(_ sum: Int64, bound: Int32) -> Int32 {
    // |product| < 2^122, so that neither the addition overflows nor the narrowing loses anything.
    let product = Int128(sum) &* Int128(reciprocal) &+ Int128(1) << (Self.fractionBits - 1)
    let rounded = Int64(truncatingIfNeeded: product >> Self.fractionBits)
    return Int32(min(max(rounded, -Int64(bound)), Int64(bound)))
  }
}
