/// A message with exactly one encoding, which stock protobuf reads as well.
///
/// The encoding is a subset of protobuf's wire format. Fields stand in the order of their numbers, each at
/// most once unless repeated; varints are minimal; integers, byte strings and text that equal their default
/// are left out; repeated integers are packed; messages are required unless said otherwise. `docs/WIRE.md`
/// has the tables, `proto/` the schema.
public protocol WireMessage: Sendable {
  /// The message's name in the schema, for errors.
  static var wireName: String { get }
  /// Writes the fields in the order of their numbers.
  func encode(to writer: inout WireWriter)
  /// Reads the fields in the same order. The caller checks that nothing is left over.
  init(from reader: inout WireReader) throws(WireError)
}

extension WireMessage {
  /// The message's only encoding.
  public var wireBytes: [UInt8] {
    var writer = WireWriter()
    encode(to: &writer)
    return writer.bytes
  }

  /// Decodes a whole message.
  ///
  /// - Parameters:
  ///   - wireBytes: the bytes of the message and nothing else
  ///   - limit: the greatest length that is looked at, in bytes
  /// - Throws: `WireError` for any other encoding than the one that `wireBytes` returns.
  public init(wireBytes: [UInt8], limit: Int) throws(WireError) {
    guard wireBytes.count <= limit else {
      let detail = "\(wireBytes.count) bytes exceed the limit of \(limit)"
      throw WireError(.limitExceeded, subject: Self.wireName, detail: detail)
    }
    var reader = WireReader(wireBytes[...], subject: Self.wireName)
    try self.init(from: &reader)
    try reader.finish()
  }
}
