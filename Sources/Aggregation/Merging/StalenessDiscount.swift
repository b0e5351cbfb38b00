/// The discount on an update that started from an older version: 1/sqrt(1 + staleness), as FedBuff has it
/// (Nguyen et al., AISTATS 2022, section 3), in integers.
public enum StalenessDiscount {
  /// A discount of one: no version behind.
  public static let one: UInt16 = .max

  private static let table: [UInt16] = (0...AggregationLimits.stalenessVersions).map(computed)

  /// The discount in units of 1/65535, rounded to nearest.
  ///
  /// - Parameter staleness: how many versions the window's model is ahead of the update's base
  /// - Returns: nil past `AggregationLimits.stalenessVersions`
  public static func discount(staleness: UInt64) -> UInt16? {
    staleness < UInt64(table.count) ? table[Int(staleness)] : nil
  }

  // The nearest integer r to 65535/sqrt(n) is the greatest with r - 1/2 <= 65535/sqrt(n): (2r - 1)^2 * n <=
  // (2 * 65535)^2.
  private static func computed(staleness: Int) -> UInt16 {
    let square = 4 * UInt64(one) * UInt64(one) / UInt64(staleness + 1)
    return UInt16((squareRoot(square) + 1) / 2)
  }

  /// The greatest integer whose square is not above a number, by bisection.
  static func squareRoot(_ number: UInt64) -> UInt64 {
    var low: UInt64 = 0
    var high: UInt64 = 1 << 32
    while high - low > 1 {
      let middle = (low + high) / 2
      if middle * middle <= number { low = middle } else { high = middle }
    }
    return low
  }
}
