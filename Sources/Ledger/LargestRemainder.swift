/// Splits whole units by weights, to the last unit (Hamilton's method): everyone gets the floor of their
/// share, and the units left over go to the largest remainders.
public enum LargestRemainder {
  /// Splits `total` in proportion to `weights`.
  ///
  /// - Parameters:
  ///   - total: units, at most 2^62
  ///   - weights: one a recipient; their sum is below 2^64 x the count
  /// - Returns: the parts, which sum to `total`; all zero if all weights are. Equal remainders go to the
  ///   earlier recipient.
  public static func split(_ total: UInt64, by weights: [UInt64]) -> [UInt64] {
    let sum = weights.reduce(UInt128(0)) { $0 + UInt128($1) }
    guard sum > 0 else { return weights.map { _ in 0 } }
    var parts: [UInt64] = []
    var remainders: [(index: Int, remainder: UInt128)] = []
    for (index, weight) in weights.enumerated() {
      let (quotient, remainder) = (UInt128(total) * UInt128(weight)).quotientAndRemainder(dividingBy: sum)
      parts.append(UInt64(quotient))
      remainders.append((index, remainder))
    }
    let left = Int(total - parts.reduce(0, +))
    remainders.sort { ($1.remainder, $0.index) < ($0.remainder, $1.index) }
    for (index, _) in remainders.prefix(left) { parts[index] += 1 }
    return parts
  }
}
