public import Wire

/// A log in memory, for simulation and as the oracle that other engines are compared with. Nothing is
/// durable.
public actor InMemoryLog: LogEngine {
  /// What the engine accepts at most.
  public nonisolated let limits: EngineLimits

  private static let name = "log in memory"
  private let signal: HeadSignal
  private var records: [LogRecord] = []
  private var positions: [Digest: LogPosition] = [:]
  private var tip: LogHead
  private var isClosed = false

  /// Creates an empty log of a network.
  public init(network: Digest, limits: EngineLimits = EngineLimits()) {
    self.limits = limits
    tip = LogHead(length: 0, chain: network)
    signal = HeadSignal(engine: Self.name, head: tip)
  }

  /// Creates a log that holds what another one held, as after a restart.
  ///
  /// - Throws: `EngineError` with code `damaged` if the records are not a chain of this network.
  public init(
    network: Digest, restoring records: [LogRecord], limits: EngineLimits = EngineLimits()
  ) throws(EngineError) {
    var head = LogHead(length: 0, chain: network)
    for record in records {
      guard LogChain.accepts(record, after: head), positions[record.id] == nil else {
        throw EngineError(
          .damaged, at: "\(Self.name), record \(head.length)",
          problem: "the record does not extend the chain",
          remedy: "take the records from another copy")
      }
      head = LogHead(length: head.length + 1, chain: record.chain)
      positions[record.id] = record.position
    }
    self.limits = limits
    self.records = records
    tip = head
    signal = HeadSignal(engine: Self.name, head: head)
  }

  /// Appends records, all or none, each id once.
  public func append(_ batch: [LogAppend]) throws(EngineError) -> [LogPosition] {
    try checkOpen()
    try limits.check(batch, at: Self.name)
    let result = batch.map(appendOne)
    signal.advance(to: tip)
    return result
  }

  /// The records from a position on.
  public func read(from position: LogPosition, limit: Int) throws(EngineError) -> [LogRecord] {
    try checkOpen()
    guard position < tip.nextPosition, limit > 0 else { return [] }
    var page: [LogRecord] = []
    var pageBytes = 0
    for record in records[Int(position.index)...].prefix(min(limit, limits.pageRecords)) {
      page.append(record)
      pageBytes += record.bytes.count
      if pageBytes >= limits.pageBytes { break }
    }
    return page
  }

  /// How long the log is, and its chain digest.
  public func head() throws(EngineError) -> LogHead {
    try checkOpen()
    return tip
  }

  /// Waits until the log holds more than `length` records.
  public nonisolated func waitForHead(beyond length: UInt64) async throws(EngineError) -> LogHead {
    try await signal.wait(beyond: length)
  }

  /// Ends all waits.
  public func close() {
    isClosed = true
    signal.close()
  }

  private func appendOne(_ append: LogAppend) -> LogPosition {
    if let position = positions[append.id] { return position }
    let (record, head) = LogChain.extend(tip, with: append)
    records.append(record)
    positions[record.id] = record.position
    tip = head
    return record.position
  }

  private func checkOpen() throws(EngineError) {
    guard !isClosed else { throw .closed(Self.name) }
  }
}
