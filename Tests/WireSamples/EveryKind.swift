public import Wire

/// A message with a field of every kind that `WireWriter` has, and a field number that takes two bytes.
/// Its schema is `Tests/Interop/every_kind.proto`.
public struct EveryKind: WireMessage, Hashable {
  /// The name in the schema.
  public static let wireName = "EveryKind"
  /// The greatest value of `unsigned`.
  public static let unsignedMaximum: UInt64 = .max - 1
  /// The greatest length of `blob` in bytes.
  public static let blobBytesLimit = 300
  /// The greatest length of `text` in bytes.
  public static let textBytesLimit = 64
  /// The greatest count of every repeated field.
  public static let countLimit = 5

  /// A message of its own inside of the other.
  public struct Inner: WireMessage, Hashable {
    /// The name in the schema.
    public static let wireName = "Inner"
    /// A number.
    public var number: UInt64

    /// Creates an inner message.
    public init(number: UInt64) { self.number = number }
    /// Reads the field.
    public init(from reader: inout WireReader) throws(WireError) { number = try reader.uint64(1) }
    /// Writes the field.
    public func encode(to writer: inout WireWriter) { writer.uint64(number, field: 1) }
  }

  /// An unsigned integer.
  public var unsigned: UInt64 = 0
  /// A signed integer.
  public var signed: Int64 = 0
  /// A byte string.
  public var blob: [UInt8] = []
  /// Text.
  public var text = ""
  /// A digest.
  public var digest: Digest
  /// Digests.
  public var digests: [Digest] = []
  /// A public key.
  public var publicKey: PublicKey
  /// A signature.
  public var signature: Signature
  /// A message that must be there.
  public var inner: Inner
  /// A message that may be there.
  public var optionalInner: Inner?
  /// Messages.
  public var inners: [Inner] = []
  /// Unsigned integers.
  public var packed: [UInt64] = []
  /// Signed integers.
  public var packedSigned: [Int64] = []

  /// Creates the message with the least in it: required fields only.
  public init() {
    let key = WireSamples.key(11)
    digest = WireSamples.digest(12)
    publicKey = key.publicKey
    signature = key.sign([])
    inner = Inner(number: 0)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    unsigned = try reader.uint64(1, maximum: Self.unsignedMaximum)
    signed = try reader.sint64(2)
    blob = try reader.bytes(3, maximumCount: Self.blobBytesLimit)
    text = try reader.string(4, maximumByteCount: Self.textBytesLimit)
    digest = try reader.digest(5)
    digests = try reader.digests(6, maximumCount: Self.countLimit)
    publicKey = try reader.publicKey(7)
    signature = try reader.signature(8)
    inner = try reader.message(9)
    optionalInner = try reader.optionalMessage(10)
    inners = try reader.messages(11, maximumCount: Self.countLimit)
    packed = try reader.packed(15, maximumCount: Self.countLimit)
    packedSigned = try reader.packedSigned(16, maximumCount: Self.countLimit)
  }

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.uint64(unsigned, field: 1)
    writer.sint64(signed, field: 2)
    writer.bytes(blob, field: 3)
    writer.string(text, field: 4)
    writer.digest(digest, field: 5)
    writer.digests(digests, field: 6)
    writer.publicKey(publicKey, field: 7)
    writer.bytes(signature.bytes, field: 8)
    writer.message(inner, field: 9)
    writer.message(optionalInner, field: 10)
    writer.messages(inners, field: 11)
    writer.packed(packed, field: 15)
    writer.packedSigned(packedSigned, field: 16)
  }
}

extension EveryKind {
  /// Required fields only.
  public static let least = EveryKind()

  /// Every field with an ordinary value.
  public static let full: EveryKind = {
    var message = EveryKind()
    message.unsigned = 300
    message.signed = -301
    message.blob = [0, 1, 127, 128, 255]
    message.text = "Zufluß 支流"
    message.digests = [WireSamples.digest(13), WireSamples.digest(14)]
    message.inner = Inner(number: 5)
    message.optionalInner = Inner(number: 1 << 40)
    message.inners = [Inner(number: 0), Inner(number: 128), Inner(number: 0)]
    message.packed = [0, 1, 127, 128, 1 << 32]
    message.packedSigned = [0, -1, 1, 64, -65]
    return message
  }()

  /// Every field at its limit.
  public static let extreme: EveryKind = {
    var message = EveryKind()
    message.unsigned = unsignedMaximum
    message.signed = .min
    message.blob = [UInt8](repeating: 0xFF, count: blobBytesLimit)
    message.text = String(repeating: "\u{10FFFF}", count: textBytesLimit / 4)
    message.digest = .zero
    message.digests = [Digest](repeating: .zero, count: countLimit)
    message.inner = Inner(number: .max)
    message.optionalInner = Inner(number: 0)
    message.inners = [Inner](repeating: Inner(number: .max), count: countLimit)
    message.packed = [UInt64](repeating: .max, count: countLimit)
    message.packedSigned = [.min, .max, 0, -1, .min]
    return message
  }()
}
