public import Numerics

/// What an attacker knows when it makes its update.
public struct AttackContext: Sendable {
  /// What honest training on its data would send.
  public let honestDelta: [Float]
  /// The steps that the model has taken, as real numbers, the latest last.
  public let globalSteps: [[Float]]
  /// Others' updates of this window that it can read: none where packets are sealed.
  public let visibleUpdates: [[Float]]

  /// Describes an attacker's view.
  public init(honestDelta: [Float], globalSteps: [[Float]] = [], visibleUpdates: [[Float]] = []) {
    self.honestDelta = honestDelta
    self.globalSteps = globalSteps
    self.visibleUpdates = visibleUpdates
  }
}

/// A way to send something else than honest training came to, for simulations and tests.
///
/// What an attack returns is encoded as it is, without error feedback, which would blur copies and replays.
/// Attacks on the data, such as flipped labels, need none of these: they train honestly on false examples.
public protocol UpdateAttack: Sendable {
  /// A short name for reports, such as `sign-flip`.
  var name: String { get }
  /// The update to send in place of the honest one, as long as it.
  func delta(_ context: AttackContext, using random: inout SeededRandom) -> [Float]
}
