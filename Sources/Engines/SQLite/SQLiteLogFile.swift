import Glibc
import Wire

/// A log in a SQLite file, without concurrency: `SQLiteLog` is the actor around it.
final class SQLiteLogFile {
  /// What to open.
  struct Options: Sendable {
    let path: String
    let network: Digest
    let access: StoreAccess
    let verification: LogVerification
    let limits: EngineLimits
  }

  private(set) var head: LogHead
  private let options: Options
  private let connection: SQLiteConnection
  private var statements: Statements?

  private struct Statements {
    let selectPosition: SQLiteStatement
    let insert: SQLiteStatement
    let selectChain: SQLiteStatement
    let selectPage: SQLiteStatement

    init(_ connection: SQLiteConnection) throws(EngineError) {
      selectPosition = try connection.prepare("SELECT position FROM record WHERE id = ?1")
      insert = try connection.prepare(
        "INSERT INTO record (position, id, bytes, chain) VALUES (?1, ?2, ?3, ?4)")
      selectChain = try connection.prepare("SELECT chain FROM record WHERE position = ?1")
      selectPage = try connection.prepare(
        "SELECT position, id, bytes, chain FROM record WHERE position >= ?1 ORDER BY position LIMIT ?2")
    }
  }

  /// The number of bytes that SQLite needs around a record's longest value.
  private static let rowOverheadBytes = 1 << 20

  init(_ options: Options) throws(EngineError) {
    self.options = options
    let path = options.path
    if options.access == .readOnly { try Self.checkAtRest(path) }
    connection = try SQLiteConnection(path: path, access: options.access)
    head = LogHead(length: 0, chain: options.network)
    connection.limitValues(toBytes: options.limits.recordBytes + Self.rowOverheadBytes)
    try prepareDatabase()
    try checkNetwork()
    statements = try Statements(connection)
    switch options.verification {
    case .full: try verifyAll()
    case .head: head = try lastHead()
    }
  }

  /// Appends records in one transaction, each id once.
  func append(_ records: [LogAppend]) throws(EngineError) -> [LogPosition] {
    guard options.access == .readWrite else { throw .readOnly(options.path) }
    try options.limits.check(records, at: options.path)
    let statements = try preparedStatements()
    do {
      try connection.execute("BEGIN IMMEDIATE")
      var tip = head
      var positions: [LogPosition] = []
      for record in records { positions.append(try insert(record, after: &tip, with: statements)) }
      try connection.execute("COMMIT")
      head = tip
      return positions
    } catch {
      connection.rollBack()
      throw error
    }
  }

  /// Where the records with these ids stand; nil for those that are not in the log.
  func positions(of ids: [Digest]) throws(EngineError) -> [LogPosition?] {
    let lookup = try preparedStatements().selectPosition
    var positions: [LogPosition?] = []
    for id in ids { positions.append(try position(of: id, lookup)) }
    return positions
  }

  /// The records from a position on. Each is checked against the chain digest of the one before it.
  func read(from position: LogPosition, limit: Int) throws(EngineError) -> [LogRecord] {
    guard position < head.nextPosition, limit > 0 else { return [] }
    var previous = LogHead(length: position.index, chain: try chain(before: position))
    let statement = try preparedStatements().selectPage
    defer { statement.reset() }
    try statement.bind(Int64(position.index), at: 1)
    try statement.bind(Int64(min(limit, options.limits.pageRecords)), at: 2)
    var page: [LogRecord] = []
    var pageBytes = 0
    while pageBytes < options.limits.pageBytes, try statement.step() {
      let record = try nextRecord(of: statement, after: &previous)
      page.append(record)
      pageBytes += record.bytes.count
    }
    guard !page.isEmpty else {
      throw damage(at: position.index, "the record is gone, though the log has \(head.length) records")
    }
    return page
  }

  /// Moves what the write-ahead log holds into the database and removes it, so that one file remains.
  func close() throws(EngineError) {
    statements = nil
    if options.access == .readWrite { try connection.execute("PRAGMA wal_checkpoint(TRUNCATE)") }
    try connection.close()
    if options.access == .readWrite { try Directory.sync(Directory.parent(of: options.path)) }
  }

  private func preparedStatements() throws(EngineError) -> Statements {
    guard let statements else { throw .closed(options.path) }
    return statements
  }

  private func insert(
    _ append: LogAppend, after tip: inout LogHead, with statements: Statements
  ) throws(EngineError) -> LogPosition {
    if let known = try position(of: append.id, statements.selectPosition) { return known }
    let (record, head) = LogChain.extend(tip, with: append)
    let insert = statements.insert
    defer { insert.reset() }
    try insert.bind(Int64(record.position.index), at: 1)
    try insert.bind(record.id.bytes, at: 2)
    try insert.bind(record.bytes, at: 3)
    try insert.bind(record.chain.bytes, at: 4)
    _ = try insert.step()
    tip = head
    return record.position
  }

  private func position(of id: Digest, _ lookup: SQLiteStatement) throws(EngineError) -> LogPosition? {
    defer { lookup.reset() }
    try lookup.bind(id.bytes, at: 1)
    return try lookup.step() ? LogPosition(UInt64(clamping: lookup.integer(0))) : nil
  }

  private func chain(before position: LogPosition) throws(EngineError) -> Digest {
    guard position > .start else { return options.network }
    let statement = try preparedStatements().selectChain
    defer { statement.reset() }
    try statement.bind(Int64(position.index - 1), at: 1)
    guard try statement.step(), let chain = Digest(bytes: statement.bytes(0)) else {
      throw damage(at: position.index - 1, "the record has no chain digest")
    }
    return chain
  }

  private func nextRecord(
    of statement: SQLiteStatement, after previous: inout LogHead
  ) throws(EngineError) -> LogRecord {
    let expected = previous.length
    guard statement.integer(0) == Int64(clamping: expected) else {
      throw damage(at: expected, "the record is gone: the next one has position \(statement.integer(0))")
    }
    guard let id = Digest(bytes: statement.bytes(1)), let chain = Digest(bytes: statement.bytes(3)) else {
      throw damage(at: expected, "its id or its chain digest does not have \(Digest.byteCount) bytes")
    }
    let record = LogRecord(
      position: previous.nextPosition, id: id, bytes: statement.bytes(2), chain: chain)
    guard LogChain.accepts(record, after: previous) else {
      throw damage(at: expected, "its bytes do not match the chain of digests")
    }
    previous = LogHead(length: expected + 1, chain: chain)
    return record
  }

  private func damage(at position: UInt64, _ problem: String) -> EngineError {
    EngineError(
      .damaged, at: "\(options.path), record \(position)", problem: problem,
      remedy: "restore the file from a backup or from another node")
  }
}

// Opening.
extension SQLiteLogFile {
  private static func checkAtRest(_ path: String) throws(EngineError) {
    guard try Directory.kind(of: path) != nil else { throw .system("open", path: path, number: ENOENT) }
    for suffix in ["-wal", "-journal"] where try Directory.kind(of: path + suffix) != nil {
      throw EngineError(
        .notAtRest, at: path + suffix, problem: "the log was not closed: this file holds a part of it",
        remedy: "stop the process that uses it, or open the log for writing once, which recovers it")
    }
  }

  private func prepareDatabase() throws(EngineError) {
    try connection.execute("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0")
    guard options.access == .readWrite else {
      guard try SQLiteLogSchema.isPresent(in: connection) else {
        throw EngineError(
          .unknownFormat, at: options.path, problem: "the file is empty", remedy: "check the path")
      }
      return
    }
    // Nothing may be written, not even the switch to WAL, before the file is known as a log or as empty.
    try connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    let isPresent = try SQLiteLogSchema.isPresent(in: connection)
    guard try connection.texts("PRAGMA journal_mode = WAL") == ["wal"] else {
      throw EngineError(
        .system, at: options.path, problem: "the file system does not allow a write-ahead log",
        remedy: "keep the log on a local disk")
    }
    try connection.execute("PRAGMA synchronous = FULL; BEGIN EXCLUSIVE; COMMIT")
    if !isPresent {
      try SQLiteLogSchema.create(in: connection, network: options.network.bytes)
      try Directory.sync(Directory.parent(of: options.path))
    }
  }

  private func checkNetwork() throws(EngineError) {
    let statement = try connection.prepare("SELECT digest FROM network")
    guard try statement.step(), statement.bytes(0) == options.network.bytes, try !statement.step() else {
      throw EngineError(
        .otherNetwork, at: options.path, problem: "the log belongs to another network",
        remedy: "check the path, and which network was meant")
    }
  }

  private func lastHead() throws(EngineError) -> LogHead {
    let statement = try connection.prepare(
      "SELECT position, chain FROM record ORDER BY position DESC LIMIT 1")
    guard try statement.step() else { return LogHead(length: 0, chain: options.network) }
    let position = statement.integer(0)
    guard position >= 0, position < Int64.max, let chain = Digest(bytes: statement.bytes(1)) else {
      throw damage(at: UInt64(clamping: position), "the last record has no valid position and chain digest")
    }
    return LogHead(length: UInt64(position) + 1, chain: chain)
  }

  private func verifyAll() throws(EngineError) {
    let statement = try connection.prepare(
      "SELECT position, id, bytes, chain FROM record ORDER BY position")
    var tip = LogHead(length: 0, chain: options.network)
    while try statement.step() { _ = try nextRecord(of: statement, after: &tip) }
    head = tip
    // The chain says nothing about the index of ids, on which deduplication rests.
    let findings = try connection.texts("PRAGMA integrity_check(1)")
    guard findings == ["ok"] else {
      throw EngineError(
        .damaged, at: options.path, problem: findings.joined(separator: "; "),
        remedy: "restore the file from a backup or from another node")
    }
  }
}
