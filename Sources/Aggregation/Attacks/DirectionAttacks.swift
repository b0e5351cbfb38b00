public import Numerics

/// Sends the honest update backwards.
public struct SignFlipAttack: UpdateAttack {
  /// The name for reports.
  public let name = "sign-flip"

  /// Creates the attack.
  public init() {}

  /// The honest update times -1.
  public func delta(_ context: AttackContext, using random: inout SeededRandom) -> [Float] {
    context.honestDelta.map { -$0 }
  }
}

/// Sends the honest update many times over, so that it outweighs the rest of the window: model replacement
/// (Bagdasaryan et al., AISTATS 2020), or with a negative factor a sign flip that shouts.
public struct ScalingAttack: UpdateAttack {
  /// The name for reports.
  public let name = "scaled"
  /// What the honest update is multiplied by.
  public let factor: Float

  /// Creates the attack.
  public init(factor: Float) {
    self.factor = factor
  }

  /// The honest update times the factor.
  public func delta(_ context: AttackContext, using random: inout SeededRandom) -> [Float] {
    context.honestDelta.map { factor * $0 }
  }
}

/// Sends Gaussian noise.
public struct NoiseAttack: UpdateAttack {
  /// The name for reports.
  public let name = "noise"
  /// The noise's expected norm over the honest update's.
  public let relativeNorm: Float

  /// Creates the attack.
  public init(relativeNorm: Float) {
    self.relativeNorm = relativeNorm
  }

  /// Noise alone.
  public func delta(_ context: AttackContext, using random: inout SeededRandom) -> [Float] {
    context.honestDelta.noise(relativeNorm: relativeNorm, using: &random)
  }
}

extension [Float] {
  /// Gaussian noise as long as the vector, whose expected norm is a multiple of the vector's.
  func noise(relativeNorm: Float, using random: inout SeededRandom) -> [Float] {
    let deviation = relativeNorm * Float(Kernels.norm(self)) / Float(Swift.max(count, 1)).squareRoot()
    return random.gaussianVector(count: count, deviation: deviation)
  }
}
