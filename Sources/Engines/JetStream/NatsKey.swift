public import Wire

/// The key that a node logs in to NATS with: an Ed25519 pair, named as NATS names users (an "NKey").
///
/// A login signs a nonce that the server chooses, so that it must not use the key that signs envelopes: a
/// hostile server could have an envelope's digest signed. It is derived from that key instead, and a node
/// needs one key file.
public struct NatsKey: Sendable {
  private static let domain = HashDomain("trib.nats-key")
  private let key: SigningKey

  /// Derives the login key of a node.
  ///
  /// - Throws: `WireError` with code `badKey`; never for a key that was read or drawn.
  public init(of node: SigningKey) throws(WireError) {
    key = try SigningKey(seed: Digest(of: node.seed, in: Self.domain).bytes)
  }

  /// The public half, as a server's configuration lists it.
  public var user: NatsUser { NatsUser(key.publicKey) }

  func sign(_ nonce: [UInt8]) -> Signature { key.sign(nonce) }
}

/// The public half of a login key. Its name is 56 letters and digits, of which the first is a U.
public struct NatsUser: Sendable, Hashable {
  // NATS' prefix of users: the letter U in base 32, in the upper five bits.
  private static let prefix: UInt8 = 20 << 3
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)
  private let key: PublicKey

  /// Names the public half of a login key.
  public init(_ key: PublicKey) {
    self.key = key
  }

  /// The name as NATS writes it: prefix, key and checksum in base 32 (github.com/nats-io/nkeys).
  public var name: String {
    let body = [Self.prefix] + key.bytes
    let checksum = Self.crc16(body)
    return Self.base32(body + [UInt8(truncatingIfNeeded: checksum), UInt8(checksum >> 8)])
  }

  /// Reads a name; nil for anything that `name` does not write.
  public init?(name: String) {
    guard let bytes = Self.decodeBase32(name), bytes.count == PublicKey.byteCount + 3,
      let key = PublicKey(bytes: bytes[1..<(PublicKey.byteCount + 1)])
    else { return nil }
    self.key = key
    guard self.name == name else { return nil }
  }

  /// CRC-16/XMODEM: polynomial 0x1021, from 0.
  static func crc16(_ bytes: [UInt8]) -> UInt16 {
    bytes.reduce(0) { crc, byte in
      (0..<8).reduce(crc ^ UInt16(byte) << 8) { crc, _ in
        crc & 0x8000 == 0 ? crc << 1 : crc << 1 ^ 0x1021
      }
    }
  }

  /// RFC 4648, section 6, without padding.
  static func base32(_ bytes: [UInt8]) -> String {
    var letters: [UInt8] = []
    var pending: UInt32 = 0
    var pendingBits: UInt32 = 0
    for byte in bytes {
      pending = pending << 8 | UInt32(byte)
      pendingBits += 8
      while pendingBits >= 5 {
        pendingBits -= 5
        letters.append(alphabet[Int(pending >> pendingBits & 31)])
      }
      pending &= 1 << pendingBits - 1
    }
    if pendingBits > 0 { letters.append(alphabet[Int(pending << (5 - pendingBits) & 31)]) }
    return String(decoding: letters, as: UTF8.self)
  }

  /// What `base32` writes, without the bits that fill no byte; nil for other letters.
  private static func decodeBase32(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    var pending: UInt32 = 0
    var pendingBits: UInt32 = 0
    for letter in text.utf8 {
      guard let value = alphabet.firstIndex(of: letter) else { return nil }
      pending = pending << 5 | UInt32(value)
      pendingBits += 5
      if pendingBits >= 8 {
        pendingBits -= 8
        bytes.append(UInt8(truncatingIfNeeded: pending >> pendingBits))
        pending &= 1 << pendingBits - 1
      }
    }
    return bytes
  }
}
