/// Where a sealed blob belongs. Whatever is derived for a blob is derived for its place, so that it opens in
/// no other.
public struct SealingContext: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// The task.
  public let task: Digest
  /// Who sealed the blob.
  public let contributor: PublicKey

  /// Names a place.
  public init(network: Digest, task: Digest, contributor: PublicKey) {
    self.network = network
    self.task = task
    self.contributor = contributor
  }

  /// 32 bytes that follow from a secret and the place.
  func derive(from secret: [UInt8], in domain: HashDomain, _ content: Digest? = nil) -> Digest {
    var hasher = DigestHasher(in: domain)
    hasher.update(secret)
    hasher.update(network)
    hasher.update(task)
    hasher.update(contributor.bytes)
    if let content { hasher.update(content) }
    return hasher.finish()
  }
}
