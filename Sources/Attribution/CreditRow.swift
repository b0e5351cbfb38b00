/// One validator's measure of a merge: what each update did to the loss of its reference set.
///
/// All numbers are in `LossUnits`. Credits are positive for updates that lowered the loss, and sum to the
/// loss drop up to the quadrature's error.
public struct CreditRow: Sendable, Hashable {
  /// The credit of each merged update, in the order of the merge's contributions.
  public let credits: [Int64]
  /// The loss at the start of the merge's path.
  public let lossBefore: Int64
  /// The loss at its end.
  public let lossAfter: Int64

  /// Reports a measure.
  public init(credits: [Int64], lossBefore: Int64, lossAfter: Int64) {
    self.credits = credits
    self.lossBefore = lossBefore
    self.lossAfter = lossAfter
  }

  /// How far the merge lowered the loss; negative if it raised it.
  public var lossDrop: Int64 { lossBefore - lossAfter }
}
