import Synchronization
public import Wire

/// How much of a log is checked when it is opened. Every read checks what it returns in any case.
public enum LogVerification: Sendable, Hashable {
  /// Every record against the chain, and the database's own consistency. It takes time in proportion to the
  /// log.
  case full
  /// Only that there is a last record to go on from.
  case head
}

/// A log in one SQLite file, for one process: WAL, full synchronisation, exclusive locking.
///
/// ```swift
/// let log = try await SQLiteLog.open("network/log.sqlite", network: network)
/// ```
///
/// While the log is open there is a second file beside it, `log.sqlite-wal`; `close` removes it. After a
/// crash the next `open` for writing recovers it. What `append` returned survives a crash of the process and
/// of the machine, as far as the disk keeps what `fsync` promised. Appends that come while others are being
/// written share the next transaction.
public actor SQLiteLog: LogEngine {
  /// What the engine accepts at most.
  public nonisolated let limits: EngineLimits
  /// The executor, on which blocking calls may block.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// The file.
  nonisolated var path: String { options.path }

  private let options: SQLiteLogFile.Options
  private let executor = BlockingExecutor(label: "tributary.log")
  private let signal: HeadSignal
  private let waiting = Mutex(AppendQueue<[LogPosition]>())
  private var file: SQLiteLogFile?

  private init(_ options: SQLiteLogFile.Options) {
    self.options = options
    limits = options.limits
    signal = HeadSignal(engine: options.path, head: LogHead(length: 0, chain: options.network))
  }

  /// Opens a network's log.
  ///
  /// - Parameters:
  ///   - path: the file. Its folder must exist.
  ///   - network: the network's digest, which the chain starts from.
  ///   - access: what to open it for. For writing, the file is created if it is not there.
  ///   - verification: how much to check at once.
  ///   - limits: what to accept at most.
  /// - Throws: `EngineError` with code `inUse`, `damaged`, `unknownFormat`, `otherNetwork`, `notAtRest`,
  ///   `missing` or `system`.
  public static func open(
    _ path: String, network: Digest, access: StoreAccess = .readWrite,
    verification: LogVerification = .full, limits: EngineLimits = EngineLimits()
  ) async throws(EngineError) -> SQLiteLog {
    let log = SQLiteLog(
      SQLiteLogFile.Options(
        path: path, network: network, access: access, verification: verification, limits: limits))
    try await log.start()
    return log
  }

  /// Appends records in one transaction, each id once; they are on disk when this returns.
  public nonisolated func append(_ records: [LogAppend]) async throws(EngineError) -> [LogPosition] {
    try limits.check(records, at: path)
    let result = await withCheckedContinuation {
      (continuation: CheckedContinuation<Result<[LogPosition], EngineError>, Never>) in
      let isFirst = waiting.withLock { waiting in
        defer { waiting.append(.init(records: records, continuation: continuation)) }
        return waiting.isEmpty
      }
      if isFirst { Task { await self.write() } }
    }
    return try result.get()
  }

  /// Writes appends that wait, a group after the other; reads have their turn in between.
  private func write() {
    guard writeGroup() else { return }
    Task { write() }
  }

  /// Writes as many waiting appends as fit one transaction; false if none waits. Whoever finds the queue
  /// empty sees to the next call.
  private func writeGroup() -> Bool {
    let group = waiting.withLock { $0.takeGroup(within: limits) }
    if group.isEmpty { return false }
    do throws(EngineError) {
      let file = try openFile()
      var positions = try file.append(group.flatMap(\.records))[...]
      signal.advance(to: file.head)
      for append in group {
        append.continuation.resume(returning: .success(Array(positions.prefix(append.records.count))))
        positions = positions.dropFirst(append.records.count)
      }
    } catch {
      for append in group { append.continuation.resume(returning: .failure(error)) }
    }
    return true
  }

  /// The records from a position on, each checked against the chain.
  public func read(from position: LogPosition, limit: Int) throws(EngineError) -> [LogRecord] {
    try openFile().read(from: position, limit: limit)
  }

  /// Where the records with these ids stand; nil for those that are not in the log.
  func positions(of ids: [Digest]) throws(EngineError) -> [LogPosition?] {
    try openFile().positions(of: ids)
  }

  /// How long the log is, and its chain digest.
  public func head() throws(EngineError) -> LogHead {
    try openFile().head
  }

  /// Waits until the log holds more than `length` records.
  public nonisolated func waitForHead(beyond length: UInt64) async throws(EngineError) -> LogHead {
    try await signal.wait(beyond: length)
  }

  /// Writes the appends that came before, ends all waits, and leaves one file at rest.
  public func close() throws(EngineError) {
    while writeGroup() {}
    signal.close()
    guard let file else { return }
    self.file = nil
    try file.close()
  }

  private func start() throws(EngineError) {
    let opened = try SQLiteLogFile(options)
    signal.advance(to: opened.head)
    file = opened
  }

  private func openFile() throws(EngineError) -> SQLiteLogFile {
    guard let file else { throw .closed(options.path) }
    return file
  }
}
