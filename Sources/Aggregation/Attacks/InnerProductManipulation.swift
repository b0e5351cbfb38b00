import Numerics

/// Inner-product manipulation (Xie, Koyejo and Gupta, UAI 2020): the honest mean times a negative factor, so
/// that what is merged points away from where the honest updates lead.
///
/// The vector is -epsilon mu. A small epsilon stays among the honest updates and only holds the model up; one
/// above (n - f) / f turns a plain mean around.
public struct InnerProductManipulation: StrengthStrategy {
  /// The name for reports.
  public let name = "ipm"
  /// epsilon.
  public let strength: Double

  /// Creates the strategy.
  public init(strength: Double = 1) {
    self.strength = strength
  }

  /// A smooth vector gets through piece by piece.
  public var keepsResidual: Bool { true }

  /// The honest mean times -epsilon.
  public func vector(_ context: AttackContext) -> [Float] { aim(context).vector(strength: strength) }

  /// From nothing, against the mean.
  public func aim(_ context: AttackContext) -> StrengthAim {
    let mean = context.referenceUpdates.mean
    return StrengthAim(
      origin: [Float](repeating: 0, count: mean.count), direction: mean.map { -$0 })
  }
}
