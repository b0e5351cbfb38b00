/// A signed message: what is signed is the transmitted body, never a re-encoding of it.
///
/// The signature covers the envelope's identifier, the digest of kind, signer and body. The identifier leaves
/// the signature out, so that one act has one name however often it is signed.
public struct Envelope: Sendable, Hashable {
  /// The greatest length of a body in bytes.
  public static let bodyBytesLimit = 1 << 20
  /// The greatest length of an encoded envelope in bytes.
  public static let bytesLimit = bodyBytesLimit + 256

  /// Which message the body holds.
  public let kind: UInt32
  /// Who signed.
  public let signer: PublicKey
  /// The encoded message.
  public let body: [UInt8]
  /// The signature over the identifier's bytes.
  public let signature: Signature

  private static let domain = HashDomain("trib.envelope")

  /// Signs a body.
  public init(kind: UInt32, body: [UInt8], signedBy key: SigningKey) {
    self.kind = kind
    self.body = body
    signer = key.publicKey
    signature = key.sign(Self.identifier(kind: kind, signer: key.publicKey, body: body).bytes)
  }

  /// The digest of what is signed: the envelope's name.
  public var id: Digest { Self.identifier(kind: kind, signer: signer, body: body) }

  /// Whether the signature is the signer's over this kind and body.
  public var isSignatureValid: Bool { signer.verifies(signature, over: id.bytes) }

  /// Checks the signature.
  ///
  /// - Throws: `WireError` with code `badSignature`.
  public func checkSignature() throws(WireError) {
    guard isSignatureValid else {
      let detail = "the signature is not \(signer.short)'s over this body"
      throw WireError(.badSignature, subject: Self.wireName, field: 4, detail: detail)
    }
  }

  private static func identifier(kind: UInt32, signer: PublicKey, body: [UInt8]) -> Digest {
    var hasher = DigestHasher(in: domain)
    hasher.update(UInt64(kind))
    hasher.update(signer.bytes)
    hasher.update(body)
    return hasher.finish()
  }
}

extension Envelope: WireMessage {
  /// The name in the schema.
  public static let wireName = "Envelope"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.uint64(UInt64(kind), field: 1)
    writer.publicKey(signer, field: 2)
    writer.bytes(body, field: 3)
    writer.bytes(signature.bytes, field: 4)
  }

  /// Reads the fields. The signature's form is checked here, its validity by `checkSignature`.
  public init(from reader: inout WireReader) throws(WireError) {
    kind = UInt32(try reader.uint64(1, maximum: UInt64(UInt32.max)))
    signer = try reader.publicKey(2)
    body = try reader.bytes(3, maximumCount: Self.bodyBytesLimit)
    signature = try reader.signature(4)
  }

  /// Decodes an envelope of at most `bytesLimit` bytes and checks its signature.
  public static func open(_ bytes: [UInt8]) throws(WireError) -> Envelope {
    let envelope = try Envelope(wireBytes: bytes, limit: bytesLimit)
    try envelope.checkSignature()
    return envelope
  }
}
