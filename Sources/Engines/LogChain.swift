import Wire

/// The hash chain (`HashChain` of Wire) over a log's records, which binds each to all before it and to the
/// network.
public enum LogChain {
  /// The record that an append becomes at the end of a log, and the log's head after it.
  public static func extend(_ head: LogHead, with append: LogAppend) -> (record: LogRecord, head: LogHead) {
    let next = self.head(after: head, id: append.id, bytes: append.bytes)
    let record = LogRecord(
      position: head.nextPosition, id: append.id, bytes: append.bytes, chain: next.chain)
    return (record, next)
  }

  /// Whether a record is the one that may follow a head: at its position, with the chain digest it must have.
  public static func accepts(_ record: LogRecord, after head: LogHead) -> Bool {
    guard record.position == head.nextPosition else { return false }
    return record.chain == self.head(after: head, id: record.id, bytes: record.bytes).chain
  }

  private static func head(after head: LogHead, id: Digest, bytes: [UInt8]) -> LogHead {
    var chain = HashChain(length: head.length, digest: head.chain)
    chain.append(bytes, id: id)
    return LogHead(length: chain.length, chain: chain.digest)
  }
}
