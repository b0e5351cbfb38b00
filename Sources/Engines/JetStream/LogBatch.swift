public import Wire

/// The body of one message of a log's stream: the records of one or more appends, which are stored together
/// or not at all.
public struct LogBatch: WireMessage, Hashable {
  /// The name in the schema.
  public static let wireName = "LogBatch"
  /// The greatest number of records that any network may allow in a batch.
  public static let recordsLimit = 1 << 16
  /// The greatest length in bytes that any network may allow for a record.
  public static let recordBytesLimit = 64 << 20

  private static let messageDomain = HashDomain("trib.log.batch")
  // Tag and length of the record, tag, length and bytes of its id, tag and length of its bytes.
  private static let recordOverheadBytes = 6 + 2 + Digest.byteCount + 6

  /// The records, in order.
  public var records: [LogAppend]

  /// Creates a batch.
  public init(_ records: [LogAppend]) {
    self.records = records
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    records = try reader.messages(1, maximumCount: Self.recordsLimit)
  }

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.messages(records, field: 1)
  }

  /// The length in bytes of the longest batch within limits.
  static func bytesLimit(_ limits: EngineLimits) -> Int {
    limits.batchBytes + limits.batchRecords * recordOverheadBytes
  }

  /// The name under which the server tells a message that is sent again from a new one: a single record's id,
  /// or the digest of all ids.
  var messageID: Digest {
    if records.count == 1 { return records[0].id }
    return Digest(of: records.flatMap(\.id.bytes), in: Self.messageDomain)
  }
}

extension LogAppend: WireMessage {
  /// The name in the schema.
  public static let wireName = "LogAppend"

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    id = try reader.digest(1)
    bytes = try reader.bytes(2, maximumCount: LogBatch.recordBytesLimit)
  }

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(id, field: 1)
    writer.bytes(bytes, field: 2)
  }
}

extension LogBatch {
  /// The records that a message of the stream adds to the log: none, unless its body is exactly one batch
  /// within the limits. Whoever may append can store any bytes; a rule that every node follows alike keeps
  /// such bytes from stopping the log.
  static func records(of message: [UInt8], limits: EngineLimits) -> [LogAppend] {
    guard let batch = try? LogBatch(wireBytes: message, limit: bytesLimit(limits)),
      (try? limits.check(batch.records, at: "")) != nil
    else { return [] }
    return batch.records
  }
}
