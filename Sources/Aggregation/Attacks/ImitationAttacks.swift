public import Numerics

/// Sends somebody else's update of the same window with some noise over it, to be paid for it.
public struct CopycatAttack: UpdateAttack {
  /// The name for reports.
  public let name = "copycat"
  /// The noise's expected norm over the copied update's. It is in proportion to the values.
  public let relativeNoise: Float

  /// Creates the attack.
  public init(relativeNoise: Float) {
    self.relativeNoise = relativeNoise
  }

  /// A random visible update with noise; nothing where none is visible.
  public func delta(_ context: AttackContext, using random: inout SeededRandom) -> [Float] {
    guard !context.honestUpdates.isEmpty else {
      return [Float](repeating: 0, count: context.honestDelta.count)
    }
    let victim = context.honestUpdates[random.integer(below: context.honestUpdates.count)]
    return victim.disguised(by: relativeNoise, using: &random)
  }
}

/// Sends the latest global step once more.
public struct ReplayAttack: UpdateAttack {
  /// The name for reports.
  public let name = "replay"

  /// Creates the attack.
  public init() {}

  /// The latest step; nothing before the first one.
  public func delta(_ context: AttackContext, using random: inout SeededRandom) -> [Float] {
    context.globalSteps.last ?? [Float](repeating: 0, count: context.honestDelta.count)
  }
}

/// Takes part without training: nothing, or a little noise that looks like something.
public struct FreeRiderAttack: UpdateAttack {
  /// The name for reports.
  public let name = "free-rider"
  /// The noise's expected norm over the honest update's; 0 sends zeros.
  public let relativeNoise: Float

  /// Creates the attack.
  public init(relativeNoise: Float) {
    self.relativeNoise = relativeNoise
  }

  /// Faint noise.
  public func delta(_ context: AttackContext, using random: inout SeededRandom) -> [Float] {
    context.honestDelta.noise(relativeNorm: relativeNoise, using: &random)
  }
}
