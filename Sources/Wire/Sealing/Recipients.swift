import CSodium

/// Who can open a sealed blob: the X25519 keys (RFC 7748) of the holders of Ed25519 keys, in the order of the
/// latter.
///
/// A blob does not list its recipients: whoever opens it knows the set. A key that is no point of the curve's
/// prime-order group can be nobody's; it has no place, so that it keeps nobody else from sealing.
public struct Recipients: Sendable, Hashable {
  /// The greatest number of recipients.
  public static let countLimit = 1_024

  /// One recipient.
  struct Member: Sendable, Hashable {
    /// Its Ed25519 key.
    let key: PublicKey
    /// The X25519 key of the same secret.
    let agreementKey: [UInt8]
  }

  let members: [Member]

  /// Finds the recipients' X25519 keys, which costs about as much as checking a signature for each. At most
  /// `countLimit` keys, each once; their order does not matter.
  public init(_ keys: some Collection<PublicKey>) {
    precondition(keys.count <= Self.countLimit, "more recipients than a blob can have")
    Sodium.start()
    members = keys.sorted().compactMap { key in
      var agreementKey = [UInt8](repeating: 0, count: Int(crypto_scalarmult_BYTES))
      guard crypto_sign_ed25519_pk_to_curve25519(&agreementKey, key.bytes) == 0 else { return nil }
      return Member(key: key, agreementKey: agreementKey)
    }
  }

  /// The number of recipients.
  public var count: Int { members.count }

  /// A key's place among the recipients; nil for anyone else.
  public func place(of key: PublicKey) -> Int? { members.firstIndex { $0.key == key } }
}

extension SigningKey {
  /// What this key's holder and whoever knows `point`'s secret have in common, by X25519.
  ///
  /// - Returns: nil for a point of small order, which has the same in common with everybody
  func sharedSecret(with point: [UInt8]) -> [UInt8]? {
    var scalar = [UInt8](repeating: 0, count: Int(crypto_scalarmult_SCALARBYTES))
    // libsodium's form of an Ed25519 secret: the seed, then the public key.
    var secret = seed + publicKey.bytes
    defer {
      sodium_memzero(&scalar, scalar.count)
      sodium_memzero(&secret, secret.count)
    }
    crypto_sign_ed25519_sk_to_curve25519(&scalar, secret)
    var shared = [UInt8](repeating: 0, count: Int(crypto_scalarmult_BYTES))
    return crypto_scalarmult(&shared, scalar, point) == 0 ? shared : nil
  }
}
