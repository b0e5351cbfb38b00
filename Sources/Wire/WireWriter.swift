/// Protobuf's wire types, of which the subset has two.
enum WireType: UInt64 {
  case varint = 0
  case lengthDelimited = 2
}

/// Writes the fields of one message, in the order of their numbers.
public struct WireWriter {
  /// What has been written so far.
  public private(set) var bytes: [UInt8] = []
  private var lastField = 0

  /// Creates an empty message.
  public init() {}

  /// Writes an unsigned integer; zero is left out.
  public mutating func uint64(_ value: UInt64, field: Int) {
    guard value != 0 else { return }
    tag(field, .varint)
    Self.append(varint: value, to: &bytes)
  }

  /// Writes a signed integer in zigzag form (protobuf's `sint64`); zero is left out.
  public mutating func sint64(_ value: Int64, field: Int) {
    uint64(Self.zigzag(value), field: field)
  }

  /// Writes a byte string; an empty one is left out.
  public mutating func bytes(_ value: [UInt8], field: Int) {
    guard !value.isEmpty else { return }
    delimited(value, field: field)
  }

  /// Writes text as UTF-8; an empty text is left out.
  public mutating func string(_ value: String, field: Int) {
    bytes(Array(value.utf8), field: field)
  }

  /// Writes a digest.
  public mutating func digest(_ value: Digest, field: Int) {
    delimited(value.bytes, field: field)
  }

  /// Writes digests, a field each.
  public mutating func digests(_ values: [Digest], field: Int) {
    repeated(values.map(\.bytes), field: field)
  }

  /// Writes a public key.
  public mutating func publicKey(_ value: PublicKey, field: Int) {
    delimited(value.bytes, field: field)
  }

  /// Writes a message, even an empty one; nil is left out.
  public mutating func message(_ value: (some WireMessage)?, field: Int) {
    guard let value else { return }
    delimited(value.wireBytes, field: field)
  }

  /// Writes messages, a field each.
  public mutating func messages(_ values: [some WireMessage], field: Int) {
    repeated(values.map(\.wireBytes), field: field)
  }

  /// Writes unsigned integers in one packed field; none leaves it out.
  public mutating func packed(_ values: [UInt64], field: Int) {
    var packed: [UInt8] = []
    for value in values { Self.append(varint: value, to: &packed) }
    bytes(packed, field: field)
  }

  /// Writes signed integers in one packed field in zigzag form (protobuf's `sint64`); none leaves it out.
  public mutating func packedSigned(_ values: [Int64], field: Int) {
    packed(values.map(Self.zigzag), field: field)
  }

  private mutating func delimited(_ value: [UInt8], field: Int) {
    repeated([value], field: field)
  }

  private mutating func repeated(_ values: [[UInt8]], field: Int) {
    for (index, value) in values.enumerated() {
      if index > 0 { lastField = field - 1 }
      tag(field, .lengthDelimited)
      Self.append(varint: UInt64(value.count), to: &bytes)
      bytes += value
    }
  }

  private mutating func tag(_ field: Int, _ type: WireType) {
    precondition(field > lastField, "fields are written once each, in the order of their numbers")
    lastField = field
    Self.append(varint: UInt64(field) << 3 | type.rawValue, to: &bytes)
  }

  static func zigzag(_ value: Int64) -> UInt64 {
    UInt64(bitPattern: value << 1 ^ value >> 63)
  }

  static func append(varint: UInt64, to bytes: inout [UInt8]) {
    var rest = varint
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
