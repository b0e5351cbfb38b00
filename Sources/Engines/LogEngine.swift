public import Wire

/// The plane that orders a network's transactions: an append-only, hash-chained, deduplicated sequence of
/// records.
///
/// ```swift
/// let log = try await SQLiteLog.open("network/log.sqlite", network: network)
/// let positions = try await log.append([LogAppend(id: envelope.id, bytes: envelope.wireBytes)])
/// for try await record in log.records(from: .start) { replica.apply(record.bytes) }
/// try await log.close()
/// ```
///
/// An engine orders and stores; it does not judge. Who may append, and what a record means, is decided above
/// it. An engine on other machines may throw `unreachable` and `notPermitted` too, and once it has thrown
/// `historyChanged` it throws that from every call.
public protocol LogEngine: Sendable {
  /// What the engine accepts at most.
  var limits: EngineLimits { get }

  /// Appends records, all or none, and returns where each one stands.
  ///
  /// The records are durable when this returns. A record whose id is already in the log, or earlier in the
  /// batch, is not appended again: its position is that of the first, whose bytes stay. So a client that got
  /// no answer may send the same batch again.
  ///
  /// - Throws: `EngineError` with code `limitExceeded`, `readOnly`, `closed` or `system`. After `system` and
  ///   `unreachable` the records may or may not have been appended; sending them again settles it.
  func append(_ records: [LogAppend]) async throws(EngineError) -> [LogPosition]

  /// The records from a position on, in order: at most `limit`, at most the limits' page, and at least one if
  /// there is one. Empty at the end of the log, beyond it, or if `limit` is not positive.
  ///
  /// - Throws: `EngineError` with code `damaged`, `closed` or `system`.
  func read(from position: LogPosition, limit: Int) async throws(EngineError) -> [LogRecord]

  /// How long the log is, and the chain digest that its last record ends in.
  ///
  /// - Throws: `EngineError` with code `closed`.
  func head() async throws(EngineError) -> LogHead

  /// Waits until the log holds more than `length` records, and returns its head then.
  ///
  /// - Throws: `EngineError` with code `cancelled` when the waiting task is cancelled, `closed` when the log
  ///   is closed.
  func waitForHead(beyond length: UInt64) async throws(EngineError) -> LogHead

  /// Ends all waits, brings the store to rest, and lets go of it. Closing again does nothing.
  ///
  /// - Throws: `EngineError` with code `system`.
  func close() async throws(EngineError)
}

/// A record's place in a log: 0 for the first.
public struct LogPosition: Sendable, Hashable, Comparable {
  /// How many records stand before this one.
  public let index: UInt64

  /// The first record's position.
  public static let start = LogPosition(0)

  /// Creates a position from the number of records before it.
  public init(_ index: UInt64) {
    self.index = index
  }

  /// The position after this one.
  public var next: LogPosition { LogPosition(index + 1) }

  /// Orders positions as records are ordered.
  public static func < (left: LogPosition, right: LogPosition) -> Bool { left.index < right.index }
}

/// A record to append.
public struct LogAppend: Sendable, Hashable {
  /// The digest of what was signed: the name under which the log keeps the record once.
  public let id: Digest
  /// The record, which the log does not look into.
  public let bytes: [UInt8]

  /// Creates a record to append.
  public init(id: Digest, bytes: [UInt8]) {
    self.id = id
    self.bytes = bytes
  }
}

/// A record in the log.
public struct LogRecord: Sendable, Hashable {
  /// Where it stands.
  public let position: LogPosition
  /// The digest of what was signed.
  public let id: Digest
  /// The record.
  public let bytes: [UInt8]
  /// The chain digest after this record, which binds it and all before it.
  public let chain: Digest

  /// Creates a record.
  public init(position: LogPosition, id: Digest, bytes: [UInt8], chain: Digest) {
    self.position = position
    self.id = id
    self.bytes = bytes
    self.chain = chain
  }
}

/// The end of a log.
public struct LogHead: Sendable, Hashable {
  /// How many records the log holds.
  public let length: UInt64
  /// The chain digest after the last record; the network's digest if there is none.
  public let chain: Digest

  /// Creates a head.
  public init(length: UInt64, chain: Digest) {
    self.length = length
    self.chain = chain
  }

  /// Where the next record will stand.
  public var nextPosition: LogPosition { LogPosition(length) }
}
