import CSodium

/// A BLAKE2b-256 digest: 32 bytes, ordered as the bytes are.
public struct Digest: Sendable, Hashable, Comparable {
  /// The length of a digest in bytes.
  public static let byteCount = 32
  /// 32 zero bytes, which stand for "none" where a digest is optional.
  public static let zero = Digest(words: (0, 0, 0, 0))

  // Four big-endian words, so that comparing words compares bytes.
  private let word0: UInt64
  private let word1: UInt64
  private let word2: UInt64
  private let word3: UInt64

  private init(words: (UInt64, UInt64, UInt64, UInt64)) {
    (word0, word1, word2, word3) = words
  }

  /// Takes over a digest's 32 bytes; nil if there are fewer or more.
  public init?(bytes: some Collection<UInt8>) {
    guard bytes.count == Self.byteCount else { return nil }
    var words: [UInt64] = [0, 0, 0, 0]
    for (index, byte) in bytes.enumerated() { words[index / 8] = words[index / 8] << 8 | UInt64(byte) }
    self.init(words: (words[0], words[1], words[2], words[3]))
  }

  /// Hashes bytes in a domain.
  public init(of bytes: [UInt8], in domain: HashDomain) {
    Sodium.start()
    var digest = [UInt8](repeating: 0, count: Self.byteCount)
    crypto_generichash_blake2b_salt_personal(
      &digest, digest.count, bytes, UInt64(bytes.count), nil, 0, nil, domain.person)
    self = Digest(bytes: digest) ?? .zero
  }

  /// Reads 64 hexadecimal digits; nil for anything else.
  public init?(hex: String) {
    guard let bytes = Hex.decode(hex) else { return nil }
    self.init(bytes: bytes)
  }

  /// The 32 bytes.
  public var bytes: [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(Self.byteCount)
    for word in [word0, word1, word2, word3] {
      for shift in stride(from: 56, through: 0, by: -8) {
        result.append(UInt8(truncatingIfNeeded: word >> shift))
      }
    }
    return result
  }

  /// The first eight bytes as a big-endian integer: a seed for a pseudo-random generator.
  public var leadingWord: UInt64 { word0 }

  /// The 64 hexadecimal digits.
  public var hex: String { Hex.encode(bytes) }

  /// The first eight hexadecimal digits, for people.
  public var short: String { String(hex.prefix(8)) }

  /// Orders digests as their bytes are ordered.
  public static func < (left: Digest, right: Digest) -> Bool {
    (left.word0, left.word1, left.word2, left.word3) < (right.word0, right.word1, right.word2, right.word3)
  }
}

extension Digest: CustomStringConvertible {
  /// The 64 hexadecimal digits.
  public var description: String { hex }
}

/// Hashes a sequence of byte strings as if they were one.
///
/// The input is gathered and hashed at the end: libsodium's incremental state is over-aligned, which Swift
/// cannot import, and nothing here hashes more than a packet at a time.
public struct DigestHasher {
  private let domain: HashDomain
  private var input: [UInt8] = []

  /// Starts a digest in a domain.
  public init(in domain: HashDomain) {
    self.domain = domain
  }

  /// Adds bytes.
  public mutating func update(_ bytes: [UInt8]) {
    input += bytes
  }

  /// Adds an integer as eight little-endian bytes.
  public mutating func update(_ value: UInt64) {
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      input.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  /// Adds a digest's bytes.
  public mutating func update(_ digest: Digest) {
    input += digest.bytes
  }

  /// Ends the digest.
  public func finish() -> Digest { Digest(of: input, in: domain) }
}
