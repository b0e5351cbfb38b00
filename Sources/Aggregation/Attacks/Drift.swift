import Numerics

/// A slow drift: honest-looking updates that all lean a little to one side, the same side in every version.
///
/// With mu the honest mean and u the unit vector against the first mean that the attackers saw, the vector is
/// mu + lean |mu| u. No single update looks wrong, and what little each adds never averages out, for u does
/// not change: the backdoored models of Baruch et al. (2019, section 4) are approached in the same way.
public struct Drift: CollusionStrategy {
  /// The name for reports.
  public let name = "drift"
  /// What is added of the direction, over the honest mean's norm.
  public let lean: Float
  /// u; empty before the first version.
  public private(set) var direction: [Float] = []

  /// Creates the strategy. A lean of 1 or more would send nothing, or the opposite, in the first version.
  public init(lean: Float = 0.75) {
    self.lean = lean
  }

  /// Only with it does the whole of a constant direction get through.
  public var keepsResidual: Bool { true }

  /// The honest mean with its lean.
  public mutating func vector(_ context: AttackContext) -> [Float] {
    var vector = context.referenceUpdates.mean
    let norm = Float(Kernels.norm(vector))
    if direction.count != vector.count {
      direction = vector.map { norm > 0 ? -$0 / norm : 0 }
    }
    Kernels.axpy(lean * norm, direction, &vector)
    return vector
  }
}
