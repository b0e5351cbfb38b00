/// The fixed-point unit of losses and credits: 2^-32 nats.
public enum LossUnits {
  /// The number of bits after the binary point.
  public static let fractionBits = 32
  /// How many units one nat has.
  public static let perNat = 4_294_967_296.0

  // A loss past this is no longer of use, and sums over a window still fit 64 bits.
  private static let limitNats = 65_536.0

  /// A loss in nats as units, rounded to nearest.
  ///
  /// - Throws: `AttributionError.lossOutOfRange` for NaN, infinities and losses beyond 65,536 nats.
  public static func units(nats: Double) throws(AttributionError) -> Int64 {
    guard nats.magnitude <= limitNats else { throw .lossOutOfRange(nats) }
    return Int64((nats * perNat).rounded())
  }

  /// Units as a loss in nats.
  public static func nats(_ units: Int64) -> Double { Double(units) / perNat }
}
