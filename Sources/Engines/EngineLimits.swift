import Wire

/// What an engine accepts at most. Every node of a network uses the same limits for records.
public struct EngineLimits: Sendable, Hashable {
  /// The length of one record in bytes. The default fits every envelope.
  public var recordBytes = Envelope.bytesLimit
  /// The number of records in one append.
  public var batchRecords = 1_024
  /// The length of the records of one append together, in bytes.
  public var batchBytes = 16 << 20
  /// The number of records that one read returns.
  public var pageRecords = 4_096
  /// The length in bytes after which a read stops. A page holds at least one record, so it may exceed this by
  /// one.
  public var pageBytes = 16 << 20
  /// The length of one blob in bytes.
  public var blobBytes = 256 << 20

  /// The default limits.
  public init() {}
}

extension EngineLimits {
  /// Checks the records of one append against the limits.
  ///
  /// - Throws: `EngineError` with code `limitExceeded`.
  func check(_ records: [LogAppend], at place: String) throws(EngineError) {
    guard records.count <= batchRecords else {
      throw EngineError(
        .limitExceeded, at: place,
        problem: "an append of \(records.count) records is over the limit of \(batchRecords)",
        remedy: "append them in smaller batches")
    }
    var batchTotalBytes = 0
    for (index, record) in records.enumerated() {
      guard record.bytes.count <= recordBytes else {
        throw .tooLarge(
          "record \(index) of the append", at: place, bytes: record.bytes.count, limitBytes: recordBytes)
      }
      batchTotalBytes += record.bytes.count
    }
    guard batchTotalBytes <= batchBytes else {
      throw .tooLarge("the append", at: place, bytes: batchTotalBytes, limitBytes: batchBytes)
    }
  }

  /// Checks a blob against the limit.
  ///
  /// - Throws: `EngineError` with code `limitExceeded`.
  func check(blob bytes: [UInt8], at place: String) throws(EngineError) {
    guard bytes.count <= blobBytes else {
      throw .tooLarge("the blob", at: place, bytes: bytes.count, limitBytes: blobBytes)
    }
  }
}
