/// A magnitude in quanta as a float of eight bits: five of exponent e, three of mantissa m, without a sign.
///
/// As in IEEE 754, exponent 0 is subnormal: it stands for m quanta, so that 0 to 15 quanta are all exact.
/// Exponents 1...27 stand for (8 + m) * 2^(e - 1) quanta. Every magnitude has one code, and codes order as
/// magnitudes do.
public struct Magnitude: Sendable, Hashable, Comparable {
  /// The code of the greatest magnitude, 15 * 2^26 quanta.
  public static let maximumCode: UInt8 = 27 << 3 | 7
  /// No quanta at all.
  public static let zero = Magnitude(validCode: 0)

  /// The eight bits: the exponent above the mantissa.
  public let code: UInt8

  private init(validCode: UInt8) {
    code = validCode
  }

  /// Takes over a code; nil if it exceeds `maximumCode`.
  public init?(code: UInt8) {
    guard code <= Self.maximumCode else { return nil }
    self.code = code
  }

  /// The magnitude nearest to a count of quanta, ties to the even code; the greatest one for anything beyond
  /// it.
  public init(nearest quanta: UInt32) {
    let shift = Self.shift(quanta)
    let significand = quanta >> shift
    let rest = quanta - significand << shift
    let half: UInt32 = shift == 0 ? 1 : 1 << (shift - 1)
    let roundsUp = rest > half || (rest == half && significand & 1 == 1)
    self.init(significand: significand + (roundsUp ? 1 : 0), shift: shift)
  }

  /// The least magnitude that is not below a count of quanta; the greatest one if none is.
  public init(notBelow quanta: UInt32) {
    let shift = Self.shift(quanta)
    let significand = quanta >> shift
    self.init(significand: significand + (significand << shift < quanta ? 1 : 0), shift: shift)
  }

  /// The greatest magnitude that is not above a count of quanta.
  public init(notAbove quanta: UInt32) {
    let shift = Self.shift(quanta)
    self.init(significand: quanta >> shift, shift: shift)
  }

  // A significand of 16 carries into the exponent by itself, and significands below 8 occur with shift 0
  // only.
  private init(significand: UInt32, shift: UInt32) {
    code = UInt8(min(shift << 3 + significand, UInt32(Self.maximumCode)))
  }

  private static func shift(_ quanta: UInt32) -> UInt32 {
    UInt32(max(28 - quanta.leadingZeroBitCount, 0))
  }

  /// The magnitude in quanta.
  public var quanta: Int32 {
    guard code >= 8 else { return Int32(code) }
    return Int32(8 + code & 7) << Int32(code >> 3 - 1)
  }

  /// The magnitude with the next smaller code; nil for zero.
  var predecessor: Magnitude? {
    code == 0 ? nil : Magnitude(validCode: code - 1)
  }

  /// Orders magnitudes by size.
  public static func < (left: Magnitude, right: Magnitude) -> Bool { left.code < right.code }
}
