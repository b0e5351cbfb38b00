import Wire

/// What a validator keeps to itself until it reveals it. All of it derives from one seed and is not drawn, so
/// that a restarted validator can reveal what it committed to.
struct ValidatorSecrets: Sendable {
  private static let windowDomain = HashDomain("trib.seed.secret")
  private static let saltDomain = HashDomain("trib.row.salt")

  /// 32 secret random bytes.
  let seed: Digest

  /// The secret that goes into a window's seed.
  func secret(task: Digest, window: UInt64) -> Digest { derive(task, [window], in: Self.windowDomain) }

  /// What hides the validator's row of a window while it is committed to. Each round has another, for an
  /// earlier one may have been revealed.
  func salt(task: Digest, window: UInt64, round: UInt64) -> Digest {
    derive(task, [window, round], in: Self.saltDomain)
  }

  private func derive(_ task: Digest, _ numbers: [UInt64], in domain: HashDomain) -> Digest {
    var hasher = DigestHasher(in: domain)
    hasher.update(seed)
    hasher.update(task)
    for number in numbers { hasher.update(number) }
    return hasher.finish()
  }
}
