import Engines
import Wire

/// Log records as they lie in a file, one after another: id, chain digest and length before the bytes.
enum RecordFrames {
  private static let headCount = 2 * Digest.byteCount + 4

  static func encode(_ record: LogRecord) -> [UInt8] {
    let count = UInt32(record.bytes.count)
    let length = (0..<4).map { UInt8(truncatingIfNeeded: count >> (8 * UInt32($0))) }
    return record.id.bytes + record.chain.bytes + length + record.bytes
  }

  /// Reads records as long as each extends the chain.
  ///
  /// - Parameters:
  ///   - bytes: a file's content
  ///   - start: the head before the first record
  ///   - known: records whose signatures were checked before, by chain digest, which binds all of a record
  /// - Returns: the records, and how many bytes they take
  static func decode(
    _ bytes: [UInt8], after start: LogHead, known: [Digest: OrderedRecord]
  ) -> (records: [OrderedRecord], count: Int) {
    var (records, head, place): ([OrderedRecord], LogHead, Int) = ([], start, 0)
    while let record = record(bytes[place...], at: head.nextPosition), LogChain.accepts(record, after: head) {
      records.append(known[record.chain] ?? OrderedRecord(record))
      head = LogHead(length: head.length + 1, chain: record.chain)
      place += headCount + record.bytes.count
    }
    return (records, place)
  }

  private static func record(_ bytes: ArraySlice<UInt8>, at position: LogPosition) -> LogRecord? {
    guard bytes.count >= headCount else { return nil }
    let digests = bytes.prefix(2 * Digest.byteCount)
    let length = bytes.dropFirst(2 * Digest.byteCount).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    let content = bytes.dropFirst(headCount).prefix(length)
    guard content.count == length, let id = Digest(bytes: digests.prefix(Digest.byteCount)),
      let chain = Digest(bytes: digests.suffix(Digest.byteCount))
    else { return nil }
    return LogRecord(position: position, id: id, bytes: Array(content), chain: chain)
  }
}
