/// The key that one blob is sealed under: 32 bytes, secret until they are released. Its description never
/// shows them.
public struct ContentKey: Sendable, Hashable {
  /// The length of a content key in bytes.
  public static let byteCount = Digest.byteCount

  private static let digestDomain = HashDomain("trib.sealed.key")
  private static let drawDomain = HashDomain("trib.sealed.draw")

  // 32 bytes are compared and written as a digest's are.
  private let value: Digest

  /// Takes over a key's 32 bytes; nil if there are fewer or more.
  public init?(bytes: some Collection<UInt8>) {
    guard let value = Digest(bytes: bytes) else { return nil }
    self.value = value
  }

  /// Derives the key of one content. Without the signing key it is as good as random; another content has
  /// another key, so that no key ever seals two.
  public init(of content: [UInt8], for context: SealingContext, by key: SigningKey) {
    value = context.derive(from: key.seed, in: Self.drawDomain, Digest(of: content, in: .blob))
  }

  /// The 32 bytes.
  public var bytes: [UInt8] { value.bytes }

  /// What is said of the key before it is released: it binds whoever says it, and gives nothing away.
  public var digest: Digest { Digest(of: bytes, in: Self.digestDomain) }
}

extension ContentKey: CustomStringConvertible, CustomReflectable {
  /// The digest only.
  public var description: String { "ContentKey(\(digest.short))" }
  /// The digest only, so that dumping a key shows no secret.
  public var customMirror: Mirror { Mirror(self, children: ["digest": digest.hex]) }
}
