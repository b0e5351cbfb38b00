import CSodium

/// Bytes that only the recipients can open, or whoever has the content key.
///
/// The content is encrypted under a key of its own, and a slot for each recipient holds that key. Nothing in
/// a blob is free: the ephemeral key pair follows from the content key, and the slots follow from the pair,
/// as in the transform of Fujisaki and Okamoto (1999). So whoever opens one slot computes all of them again,
/// and refuses the blob if any differs: no sender can let some recipients read what the others cannot.
///
/// ```swift
/// let key = ContentKey(of: content, for: context, by: sender)
/// let blob = SealedBlob(sealing: content, under: key, to: recipients, for: context)
/// let opened = try blob.open(by: recipient, among: recipients, for: context)   // content and key
/// ```
public struct SealedBlob: Sendable, Hashable {
  /// The greatest length of a content in bytes: that of a packet, with room for its header.
  public static let contentBytesLimit = (1 << 30) + 1_024

  private static let tagBytes = Int(crypto_aead_chacha20poly1305_ietf_ABYTES)
  private static let ephemeralDomain = HashDomain("trib.sealed.eph")
  private static let slotDomain = HashDomain("trib.sealed.slot")
  private static let bodyDomain = HashDomain("trib.sealed.body")
  // Each cipher key encrypts once, so that the nonce need not differ.
  private static let nonce = [UInt8](repeating: 0, count: Int(crypto_aead_chacha20poly1305_ietf_NPUBBYTES))

  /// The public half of the ephemeral X25519 pair, which follows from the content key.
  private let ephemeralKey: Digest
  /// For each recipient, in their order, the content key under a pad that follows from the ephemeral pair.
  private let slots: [Digest]
  private let ciphertext: [UInt8]

  /// How many bytes sealing adds to a content at most.
  public static func overheadBytes(recipients: Int) -> Int {
    let fieldBytes = 2 + Digest.byteCount
    return (1 + recipients) * fieldBytes + 6 + tagBytes
  }

  /// Seals a content of at most `contentBytesLimit` bytes under a key that seals nothing else.
  public init(
    sealing content: [UInt8], under key: ContentKey, to recipients: Recipients, for context: SealingContext
  ) {
    Sodium.start()
    var pair = Self.ephemeralPair(of: key, context)
    var cipherKey = context.derive(from: key.bytes, in: Self.bodyDomain).bytes
    defer {
      sodium_memzero(&pair.secret, pair.secret.count)
      sodium_memzero(&cipherKey, cipherKey.count)
    }
    ephemeralKey = pair.publicKey
    slots = recipients.members.map { Self.slot(for: $0, holding: key, pair) }
    var ciphertext = [UInt8](repeating: 0, count: content.count + Self.tagBytes)
    crypto_aead_chacha20poly1305_ietf_encrypt(
      &ciphertext, nil, content, UInt64(content.count), nil, 0, nil, Self.nonce, cipherKey)
    self.ciphertext = ciphertext
  }

  /// Opens the blob as one of its recipients.
  ///
  /// - Returns: the content, and the key that opens it for everybody
  /// - Throws: `WireError` with code `badSeal` if the blob is sealed otherwise than `init(sealing:)` does:
  ///   then no recipient can open it. With code `badKey` if the key is no recipient's.
  public func open(
    by recipient: SigningKey, among recipients: Recipients, for context: SealingContext
  ) throws(WireError) -> (content: [UInt8], key: ContentKey) {
    guard let place = recipients.place(of: recipient.publicKey) else {
      let detail = "\(recipient.publicKey.short) is not among the \(recipients.count) recipients"
      throw WireError(.badKey, subject: Self.wireName, detail: detail)
    }
    try checkCount(of: recipients)
    guard var shared = recipient.sharedSecret(with: ephemeralKey.bytes) else {
      throw Self.fault("the ephemeral key is of small order", field: 1)
    }
    defer { sodium_memzero(&shared, shared.count) }
    let pad = Self.pad(shared, ephemeralKey, recipients.members[place])
    guard let key = ContentKey(bytes: Self.xor(slots[place].bytes, pad)) else {
      throw Self.fault("the slot holds no key", field: 2)
    }
    // Once the ephemeral key is found to follow from what this slot holds, the slot is what it must be: both
    // ends of the agreement come to the same secret.
    return (try open(with: key, sealedTo: recipients, for: context, checkedPlace: place), key)
  }

  /// Opens the blob with its content key, as anyone can who was told it.
  ///
  /// - Throws: `WireError` with code `badSeal` if it is not the blob's key, or if the blob is sealed
  ///   otherwise than `init(sealing:)` does.
  public func open(
    with key: ContentKey, sealedTo recipients: Recipients, for context: SealingContext
  ) throws(WireError) -> [UInt8] {
    try open(with: key, sealedTo: recipients, for: context, checkedPlace: nil)
  }

  private func open(
    with key: ContentKey, sealedTo recipients: Recipients, for context: SealingContext, checkedPlace: Int?
  ) throws(WireError) -> [UInt8] {
    Sodium.start()
    try checkCount(of: recipients)
    var pair = Self.ephemeralPair(of: key, context)
    var cipherKey = context.derive(from: key.bytes, in: Self.bodyDomain).bytes
    defer {
      sodium_memzero(&pair.secret, pair.secret.count)
      sodium_memzero(&cipherKey, cipherKey.count)
    }
    guard ephemeralKey == pair.publicKey else {
      throw Self.fault("the ephemeral key does not follow from the content key", field: 1)
    }
    for (place, member) in recipients.members.enumerated() where place != checkedPlace {
      guard slots[place] == Self.slot(for: member, holding: key, pair) else {
        throw Self.fault("slot \(place) does not follow from the content key", field: 2)
      }
    }
    var content = [UInt8](repeating: 0, count: ciphertext.count - Self.tagBytes)
    guard
      crypto_aead_chacha20poly1305_ietf_decrypt(
        &content, nil, nil, ciphertext, UInt64(ciphertext.count), nil, 0, Self.nonce, cipherKey) == 0
    else { throw Self.fault("the ciphertext is not what was sealed", field: 3) }
    return content
  }

  private func checkCount(of recipients: Recipients) throws(WireError) {
    guard slots.count == recipients.count else {
      throw Self.fault("\(slots.count) slots for \(recipients.count) recipients", field: 2)
    }
  }

  private static func ephemeralPair(
    of key: ContentKey, _ context: SealingContext
  ) -> (secret: [UInt8], publicKey: Digest) {
    let secret = context.derive(from: key.bytes, in: ephemeralDomain).bytes
    var point = [UInt8](repeating: 0, count: Int(crypto_scalarmult_BYTES))
    crypto_scalarmult_base(&point, secret)
    return (secret, Digest(bytes: point) ?? .zero)
  }

  private static func slot(
    for member: Recipients.Member, holding key: ContentKey, _ pair: (secret: [UInt8], publicKey: Digest)
  ) -> Digest {
    var shared = [UInt8](repeating: 0, count: Int(crypto_scalarmult_BYTES))
    defer { sodium_memzero(&shared, shared.count) }
    // A recipient's point has prime order and a clamped scalar is no multiple of it, so this cannot fail.
    _ = crypto_scalarmult(&shared, pair.secret, member.agreementKey)
    return Digest(bytes: xor(key.bytes, pad(shared, pair.publicKey, member))) ?? .zero
  }

  private static func pad(
    _ shared: [UInt8], _ ephemeralKey: Digest, _ member: Recipients.Member
  ) -> [UInt8] {
    var hasher = DigestHasher(in: slotDomain)
    hasher.update(shared)
    hasher.update(ephemeralKey)
    hasher.update(member.agreementKey)
    return hasher.finish().bytes
  }

  private static func xor(_ left: [UInt8], _ right: [UInt8]) -> [UInt8] { zip(left, right).map { $0 ^ $1 } }

  private static func fault(_ detail: String, field: Int) -> WireError {
    WireError(.badSeal, subject: wireName, field: field, detail: detail)
  }
}

extension SealedBlob: WireMessage {
  /// The name in the schema.
  public static let wireName = "SealedBlob"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(ephemeralKey, field: 1)
    writer.digests(slots, field: 2)
    writer.bytes(ciphertext, field: 3)
  }

  /// Reads the fields. Whether they fit together shows when the blob is opened.
  public init(from reader: inout WireReader) throws(WireError) {
    ephemeralKey = try reader.digest(1)
    slots = try reader.digests(2, maximumCount: Recipients.countLimit)
    ciphertext = try reader.bytes(3, maximumCount: Self.contentBytesLimit + Self.tagBytes)
    guard ciphertext.count >= Self.tagBytes else {
      throw reader.fault(.truncated, field: 3, "a ciphertext has at least \(Self.tagBytes) bytes")
    }
  }
}
