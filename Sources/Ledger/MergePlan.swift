public import Wire

/// What a merge adds up: the updates that the matrix admitted, with their weights.
public struct MergePlan: Sendable, Hashable {
  /// One admitted update.
  public struct Entry: Sendable, Hashable {
    /// The packet's digest.
    public let packet: Digest
    /// Its contributor.
    public let contributor: PublicKey
    /// trust x staleness discount x clip, above zero.
    public let weight: UInt16
  }

  private static let domain = HashDomain("trib.merge.plan")

  /// The task.
  public let task: Digest
  /// The window: the version that the merge starts from.
  public let window: UInt64
  /// The window's seed.
  public let seed: Digest
  /// The admitted updates by ascending digest.
  public let entries: [Entry]

  /// The plan's digest, which the version's root covers.
  public var digest: Digest {
    var hasher = DigestHasher(in: Self.domain)
    hasher.update(task)
    hasher.update(window)
    hasher.update(seed)
    for entry in entries {
      hasher.update(entry.packet)
      hasher.update(entry.contributor.bytes)
      hasher.update(UInt64(entry.weight))
    }
    return hasher.finish()
  }
}
