import CSQLite

/// A compiled statement of a connection.
final class SQLiteStatement {
  private let handle: OpaquePointer
  private let connection: SQLiteConnection

  init(handle: OpaquePointer, connection: SQLiteConnection) {
    self.handle = handle
    self.connection = connection
  }

  deinit { sqlite3_finalize(handle) }

  func bind(_ value: Int64, at index: CInt) throws(EngineError) {
    try check(sqlite3_bind_int64(handle, index, value), doing: "bind a number")
  }

  func bind(_ bytes: [UInt8], at index: CInt) throws(EngineError) {
    guard !bytes.isEmpty else {
      return try check(sqlite3_bind_zeroblob(handle, index, 0), doing: "bind bytes")
    }
    // SQLITE_TRANSIENT, a macro that Swift cannot import: the bytes are copied before the call returns, since
    // the array's storage is only valid during the call.
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    let status = bytes.withUnsafeBytes {
      sqlite3_bind_blob64(handle, index, $0.baseAddress, UInt64($0.count), transient)
    }
    try check(status, doing: "bind bytes")
  }

  /// Moves on to the next row; false at the end.
  func step() throws(EngineError) -> Bool {
    let status = sqlite3_step(handle)
    switch status {
    case SQLITE_ROW: return true
    case SQLITE_DONE: return false
    default: throw connection.failure(status, doing: "run a statement")
    }
  }

  /// Makes the statement ready to run again. What a failed run had to say was thrown by `step`.
  func reset() {
    sqlite3_reset(handle)
    sqlite3_clear_bindings(handle)
  }

  func integer(_ column: CInt) -> Int64 { sqlite3_column_int64(handle, column) }

  func bytes(_ column: CInt) -> [UInt8] {
    // The order matters: asking for the blob may convert the value, which changes its length.
    guard let start = sqlite3_column_blob(handle, column) else { return [] }
    let count = Int(sqlite3_column_bytes(handle, column))
    return Array(UnsafeRawBufferPointer(start: start, count: count))
  }

  func text(_ column: CInt) -> String {
    sqlite3_column_text(handle, column).map { String(cString: $0) } ?? ""
  }

  private func check(_ status: CInt, doing operation: String) throws(EngineError) {
    guard status == SQLITE_OK else { throw connection.failure(status, doing: operation) }
  }
}
