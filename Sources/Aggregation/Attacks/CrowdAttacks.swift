public import Numerics

/// One attacker under many identities (Douceur, 2002), each of which sends another part of one large update.
///
/// A strategy's vector times the number of identities is the whole: far too long to be let through at once.
/// Identity j sends the values whose index j owns, and zeros elsewhere. The parts sum to the whole, touch
/// nothing in common, and so have cosines of zero: no check on likeness sees that they belong together.
public struct SybilAttack: UpdateAttack {
  /// The name for reports.
  public let name = "sybil"
  private var strategy: any CollusionStrategy
  private var agreed: (version: UInt64, whole: [Float])?

  /// Creates an attack for the identities to share.
  public init(_ strategy: any CollusionStrategy = InnerProductManipulation()) {
    self.strategy = strategy
  }

  /// Whatever the strategy says.
  public var keepsResidual: Bool { strategy.keepsResidual }
  /// Whatever the strategy says.
  public var asksTheRule: Bool { strategy.asksTheRule }

  /// This identity's part.
  public mutating func delta(_ context: AttackContext, using random: inout SeededRandom) -> [Float] {
    let whole: [Float]
    if let agreed, agreed.version == context.version {
      whole = agreed.whole
    } else {
      whole = strategy.vector(context).map { Float(context.colluders) * $0 }
      agreed = (context.version, whole)
    }
    return whole.indices.map { index in
      Self.owner(of: index, among: context.colluders) == context.ownIndex ? whole[index] : 0
    }
  }

  /// Which identity owns an index: as if at random, so that every part has values in every chunk.
  private static func owner(of index: Int, among identities: Int) -> Int {
    // The upper half of a product with 2^64 over the golden ratio (Knuth, 6.4).
    let hash = UInt64(index) &* 0x9E37_79B9_7F4A_7C15 >> 32
    return Int(hash % UInt64(max(identities, 1)))
  }
}

/// One attacker that sends many updates from one version, to fill windows by itself: its honest update
/// backwards, disguised anew each time.
public struct FloodingAttack: UpdateAttack {
  /// The name for reports.
  public let name = "flooding"
  /// How many updates it sends from one version, at least 1.
  public let updatesPerVersion: Int

  /// Creates the attack.
  public init(updatesPerVersion: Int = 8) {
    self.updatesPerVersion = updatesPerVersion
  }

  /// The honest update times -1, with noise in proportion.
  public func delta(_ context: AttackContext, using random: inout SeededRandom) -> [Float] {
    context.honestDelta.map { -$0 }.disguised(by: ColludingAttack.usualDisguise, using: &random)
  }
}
