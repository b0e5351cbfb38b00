import CSodium

/// An Ed25519 public key (RFC 8032): the name of an account, a contributor or a validator.
public struct PublicKey: Sendable, Hashable, Comparable {
  /// The length of a public key in bytes.
  public static let byteCount = Int(crypto_sign_PUBLICKEYBYTES)

  // A key's bytes are ordered, hashed and printed as a digest's are.
  private let value: Digest

  /// Takes over a key's 32 bytes; nil if there are fewer or more.
  public init?(bytes: some Collection<UInt8>) {
    guard let value = Digest(bytes: bytes) else { return nil }
    self.value = value
  }

  /// Reads 64 hexadecimal digits; nil for anything else.
  public init?(hex: String) {
    guard let value = Digest(hex: hex) else { return nil }
    self.value = value
  }

  /// The 32 bytes.
  public var bytes: [UInt8] { value.bytes }
  /// The 64 hexadecimal digits.
  public var hex: String { value.hex }
  /// The first eight hexadecimal digits, for people.
  public var short: String { value.short }

  /// Orders keys as their bytes are ordered.
  public static func < (left: PublicKey, right: PublicKey) -> Bool { left.value < right.value }

  /// Whether the signature is this key's over exactly these bytes. libsodium refuses non-canonical scalars
  /// and points of small order, so that a signature cannot be varied into another valid one.
  public func verifies(_ signature: Signature, over message: [UInt8]) -> Bool {
    Sodium.start()
    return crypto_sign_verify_detached(signature.bytes, message, UInt64(message.count), bytes) == 0
  }
}

extension PublicKey: CustomStringConvertible {
  /// The 64 hexadecimal digits.
  public var description: String { hex }
}

/// An Ed25519 signature: 64 bytes.
public struct Signature: Sendable, Hashable {
  /// The length of a signature in bytes.
  public static let byteCount = Int(crypto_sign_BYTES)

  /// The 64 bytes.
  public let bytes: [UInt8]

  /// Takes over a signature's 64 bytes; nil if there are fewer or more.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = Array(bytes)
  }
}

/// An Ed25519 key pair. Its description never shows the secret.
public struct SigningKey: Sendable {
  /// The length of a secret seed in bytes.
  public static let seedByteCount = Int(crypto_sign_SEEDBYTES)

  /// The public half.
  public let publicKey: PublicKey
  /// The 32 secret bytes that both halves derive from.
  public let seed: [UInt8]
  /// Empty for a key that does not sign.
  private let secret: [UInt8]

  /// Derives the pair from a secret seed of 32 bytes.
  ///
  /// - Throws: `WireError` with code `badKey` for another length.
  public init(seed: [UInt8]) throws(WireError) {
    guard seed.count == Self.seedByteCount else {
      let detail = "a secret seed has \(Self.seedByteCount) bytes, not \(seed.count)"
      throw WireError(.badKey, subject: "SigningKey", detail: detail)
    }
    Sodium.start()
    var publicBytes = [UInt8](repeating: 0, count: PublicKey.byteCount)
    var secret = [UInt8](repeating: 0, count: Int(crypto_sign_SECRETKEYBYTES))
    crypto_sign_seed_keypair(&publicBytes, &secret, seed)
    guard let publicKey = PublicKey(bytes: publicBytes) else {
      throw WireError(.badKey, subject: "SigningKey", detail: "libsodium returned a malformed public key")
    }
    self.seed = seed
    self.secret = secret
    self.publicKey = publicKey
  }

  /// Draws a new pair from the system's generator.
  public static func random() throws(WireError) -> SigningKey {
    Sodium.start()
    var seed = [UInt8](repeating: 0, count: seedByteCount)
    randombytes_buf(&seed, seed.count)
    return try SigningKey(seed: seed)
  }

  /// This key for a simulation that checks no signatures: those that it makes are zeros, and nobody's.
  package var unsigning: SigningKey { SigningKey(publicKey: publicKey, seed: seed, secret: []) }

  private init(publicKey: PublicKey, seed: [UInt8], secret: [UInt8]) {
    self.publicKey = publicKey
    self.seed = seed
    self.secret = secret
  }

  /// Signs bytes.
  public func sign(_ message: [UInt8]) -> Signature {
    guard !secret.isEmpty else { return Signature(zero: ()) }
    var signature = [UInt8](repeating: 0, count: Signature.byteCount)
    crypto_sign_detached(&signature, nil, message, UInt64(message.count), secret)
    return Signature(bytes: signature) ?? Signature(zero: ())
  }
}

extension Signature {
  fileprivate init(zero: Void) { bytes = [UInt8](repeating: 0, count: Self.byteCount) }
}

extension SigningKey: CustomStringConvertible, CustomReflectable {
  /// The public half only.
  public var description: String { "SigningKey(\(publicKey.short))" }
  /// The public half only, so that dumping a key shows no secret.
  public var customMirror: Mirror { Mirror(self, children: ["publicKey": publicKey.hex]) }
}
