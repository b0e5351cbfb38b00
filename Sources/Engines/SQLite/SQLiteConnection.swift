import CSQLite

/// One connection to a SQLite file. It has no lock of its own: whoever owns it uses it from one thread at a
/// time.
final class SQLiteConnection {
  let path: String
  private var handle: OpaquePointer?

  /// Opens the file, which is created if it is to be written and is not there.
  init(path: String, access: StoreAccess) throws(EngineError) {
    self.path = path
    let (name, flags) =
      switch access {
      case .readWrite: (path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE)
      // Without `immutable`, reading a WAL database would create files beside it.
      case .readOnly: (Self.immutableAddress(of: path), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI)
      }
    let status = sqlite3_open_v2(name, &handle, flags | SQLITE_OPEN_NOMUTEX, nil)
    guard status == SQLITE_OK else { throw failure(status, doing: "open the database") }
  }

  // Version 2 waits for statements that are still alive, in whatever order they are released.
  deinit { sqlite3_close_v2(handle) }

  /// Closes the file. No statement may be alive.
  func close() throws(EngineError) {
    let status = sqlite3_close(handle)
    guard status == SQLITE_OK else { throw failure(status, doing: "close the database") }
    handle = nil
  }

  /// Bounds the length of any value, so that a damaged length cannot claim memory.
  func limitValues(toBytes bytes: Int) {
    sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, CInt(clamping: bytes))
  }

  /// Runs statements that return nothing of interest.
  func execute(_ sql: String) throws(EngineError) {
    let status = sqlite3_exec(handle, sql, nil, nil, nil)
    guard status == SQLITE_OK else { throw failure(status, doing: "run `\(sql)`") }
  }

  /// Gives up a transaction after an error, which has ended it already in some cases.
  func rollBack() {
    if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
  }

  /// Compiles one statement.
  func prepare(_ sql: String) throws(EngineError) -> SQLiteStatement {
    var statement: OpaquePointer?
    let status = sqlite3_prepare_v2(handle, sql, -1, &statement, nil)
    guard status == SQLITE_OK, let statement else { throw failure(status, doing: "prepare `\(sql)`") }
    return SQLiteStatement(handle: statement, connection: self)
  }

  /// The first column of a statement's only row.
  func integer(_ sql: String) throws(EngineError) -> Int64 {
    let statement = try prepare(sql)
    return try statement.step() ? statement.integer(0) : 0
  }

  /// The first column of every row.
  func texts(_ sql: String) throws(EngineError) -> [String] {
    let statement = try prepare(sql)
    var result: [String] = []
    while try statement.step() { result.append(statement.text(0)) }
    return result
  }

  /// Says what a status of SQLite means.
  func failure(_ status: CInt, doing operation: String) -> EngineError {
    let message = sqlite3_errmsg(handle).map { String(cString: $0) } ?? "status \(status)"
    let problem = "cannot \(operation): \(message)"
    return switch status & 0xff {
    case SQLITE_BUSY, SQLITE_LOCKED:
      .inUse(path)
    case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_TOOBIG, SQLITE_ERROR, SQLITE_MISMATCH, SQLITE_FORMAT:
      EngineError(
        .damaged, at: path, problem: problem, remedy: "restore the file from a backup or from another node")
    case SQLITE_CANTOPEN:
      EngineError(.system, at: path, problem: problem, remedy: "check the path and the permissions")
    case SQLITE_FULL:
      EngineError(.system, at: path, problem: problem, remedy: "free space on the disk and try again")
    default:
      EngineError(.system, at: path, problem: problem, remedy: "check the disk and the permissions")
    }
  }

  private static func immutableAddress(of path: String) -> String {
    var address = path.hasPrefix("/") ? "file://" : "file:"
    for character in path.unicodeScalars {
      switch character {
      case "%": address += "%25"
      case "?": address += "%3f"
      case "#": address += "%23"
      default: address.unicodeScalars.append(character)
      }
    }
    return address + "?immutable=1"
  }
}
