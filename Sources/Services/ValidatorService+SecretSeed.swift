public import Wire

extension ValidatorService {
  private static let secretSeedDomain = HashDomain("trib.seed.root")

  /// A secret seed that follows from the validator's key, so that a validator that lost its disk can reveal
  /// what it committed to.
  public static func secretSeed(of key: SigningKey) -> Digest { Digest(of: key.seed, in: secretSeedDomain) }
}
