public import Numerics

/// A way to send something else than honest training came to, for simulations and tests.
///
/// An attack is a value with a memory: attackers that work together share one, and ask it in turn. Attacks on
/// the data, such as flipped labels or a trigger, need none of these: they train honestly on false examples.
///
/// ```swift
/// var attack: any UpdateAttack = ColludingAttack(InnerProductManipulation(strength: 1))
/// let sent = attack.delta(context, using: &random)
/// ```
public protocol UpdateAttack: Sendable {
  /// A short name for reports, such as `sign-flip`.
  var name: String { get }
  /// Whether the attacker's node keeps what compression left out, as an honest one does.
  ///
  /// Copies and replays are blurred by it. An attack whose whole vector matters gets through piece by piece
  /// only with it. The default is not to.
  var keepsResidual: Bool { get }
  /// How many updates the attacker sends from one version; the default is one, as the protocol has it.
  var updatesPerVersion: Int { get }
  /// Whether the attack asks `AttackContext.rule`, which costs a judged window for every answer.
  var asksTheRule: Bool { get }
  /// The update to send in place of the honest one, as long as it.
  mutating func delta(_ context: AttackContext, using random: inout SeededRandom) -> [Float]
}

extension UpdateAttack {
  /// Nothing is kept.
  public var keepsResidual: Bool { false }
  /// One, as the protocol has it.
  public var updatesPerVersion: Int { 1 }
  /// It does not.
  public var asksTheRule: Bool { false }
}
