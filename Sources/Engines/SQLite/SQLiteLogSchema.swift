/// The tables of a log's database, and the marks by which a file is known as one.
enum SQLiteLogSchema {
  /// "TRIB" in the file's header, so that `file` and this program can tell a log from other databases.
  static let applicationID: Int64 = 0x5452_4942
  /// The version of the tables.
  static let version: Int64 = 1

  static let statements = [
    "CREATE TABLE network (digest BLOB NOT NULL) STRICT",
    """
    CREATE TABLE record (position INTEGER PRIMARY KEY, id BLOB NOT NULL, bytes BLOB NOT NULL, \
    chain BLOB NOT NULL) STRICT
    """,
    "CREATE UNIQUE INDEX record_by_id ON record (id)",
  ]

  /// Whether the file holds a log, or nothing yet.
  ///
  /// - Throws: `EngineError` with code `unknownFormat` if it holds anything else.
  static func isPresent(in connection: SQLiteConnection) throws(EngineError) -> Bool {
    let foundID = try connection.integer("PRAGMA application_id")
    let foundVersion = try connection.integer("PRAGMA user_version")
    let found = try connection.texts("SELECT ifnull(sql, name) FROM sqlite_schema ORDER BY rowid")
    if foundID == 0, foundVersion == 0, found.isEmpty { return false }
    guard foundID == applicationID else {
      throw EngineError(
        .unknownFormat, at: connection.path, problem: "the file is a database, but not a log",
        remedy: "check the path")
    }
    guard foundVersion == version else {
      throw EngineError(
        .unknownFormat, at: connection.path,
        problem: "the log has format \(foundVersion), and this program knows format \(version)",
        remedy: "use the program that wrote it, or a newer one")
    }
    guard found == statements else {
      throw EngineError(
        .damaged, at: connection.path, problem: "its tables are not those of a log",
        remedy: "restore the file from a backup or from another node")
    }
    return true
  }

  /// Makes the tables in one transaction, so that a crash leaves either none or all.
  static func create(in connection: SQLiteConnection, network: [UInt8]) throws(EngineError) {
    do {
      try connection.execute("BEGIN IMMEDIATE")
      try connection.execute("PRAGMA application_id = \(applicationID)")
      try connection.execute("PRAGMA user_version = \(version)")
      for statement in statements { try connection.execute(statement) }
      let insertion = try connection.prepare("INSERT INTO network (digest) VALUES (?1)")
      try insertion.bind(network, at: 1)
      _ = try insertion.step()
      insertion.reset()
      try connection.execute("COMMIT")
    } catch {
      connection.rollBack()
      throw error
    }
  }
}
