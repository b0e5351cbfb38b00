/// The weight of an update in a merge.
public enum MergeWeight {
  /// The greatest factor and the greatest weight, which stand for one.
  public static let one: UInt16 = .max

  /// trust x discount x clip, each in units of 1/65535, rounded to the nearest unit.
  ///
  /// - Parameters:
  ///   - trust: how far the validators trust the update
  ///   - discount: `StalenessDiscount`
  ///   - clip: the factor that brings the update's norm down to the window's limit
  public static func of(trust: UInt16, discount: UInt16, clip: UInt16) -> UInt16 {
    let square = UInt64(one) * UInt64(one)
    let product = UInt64(trust) * UInt64(discount) * UInt64(clip)
    return UInt16((product + square / 2) / square)
  }

  /// A factor of 0...1 as a unit of 1/65535; values outside are brought in, and NaN is zero.
  public static func fraction(_ value: Double) -> UInt16 {
    guard value > 0 else { return 0 }
    return UInt16((min(value, 1) * Double(one)).rounded())
  }
}
