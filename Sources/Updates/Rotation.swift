import Numerics
public import Wire

/// The random signs by which the form `rotated:K` turns values before it adds them up. They need not be
/// secret, only not to be chosen by whoever sends the values: errors of many updates cancel because their
/// rotations differ.
public struct Rotation: Sendable, Hashable {
  /// The bytes of a seed at the start of a payload.
  static let byteCount = 8
  /// The signs in a word.
  static let wordCount = 64
  private static let domain = HashDomain("trib.rotation")

  /// Decides all signs.
  public let seed: UInt64

  /// The rotation of a seed. Packets have that of their headers, which is below.
  public init(seed: UInt64) {
    self.seed = seed
  }

  /// The rotation of a contributor's updates from one version of a model: another key or version has another
  /// one, and nothing that a contributor may choose for an update changes it.
  public init(task: Digest, contributor: PublicKey, baseVersion: UInt64) {
    var hasher = DigestHasher(in: Self.domain)
    hasher.update(task)
    hasher.update(contributor.bytes)
    hasher.update(baseVersion)
    seed = hasher.finish().leadingWord
  }

  /// A chunk's signs from its first value on, 64 a word, the lowest bit first; ones are negative.
  func words(ofChunk chunk: Int) -> SplitMix64 {
    SplitMix64(
      seed: seed, skipping: UInt64(chunk) * UInt64(UpdateLimits.chunkParameterCount / Self.wordCount))
  }
}
