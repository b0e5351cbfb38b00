import Wire

/// A node's own copy of a log that others store: the records in `log.sqlite`, and in `anchor` up to where the
/// stream was read.
///
/// The anchor is written now and then, so that after a crash the copy may be ahead of it. What is read again
/// then has to be what the copy holds.
struct LogMirror: Sendable {
  /// The copy.
  let log: SQLiteLog
  /// Up to where the stream was read and compared.
  private(set) var anchor: LogAnchor

  private let anchorPath: String
  private let place: String
  private let limits: EngineLimits
  /// The head of the copy.
  private(set) var head: LogHead
  private var writtenAnchor: LogAnchor

  /// The number of messages that are read again after a crash at most.
  private static let messagesBetweenAnchors: UInt64 = 1_024

  /// Opens the copy in a folder, which is created if it is not there.
  ///
  /// - Parameters:
  ///   - verification: `full` compares the whole stream with the copy again.
  ///   - place: the servers and the stream, for errors.
  /// - Throws: as `SQLiteLog.open`, or `malformed`.
  init(
    folder: String, network: Digest, verification: LogVerification, limits: EngineLimits, place: String
  ) async throws(EngineError) {
    try Directory.create(folder)
    anchorPath = folder + "/anchor"
    self.place = place
    self.limits = limits
    // Whole pages of the stream are appended at once; they are bounded where they are read.
    var copyLimits = limits
    copyLimits.batchRecords = .max
    copyLimits.batchBytes = .max
    log = try await SQLiteLog.open(
      folder + "/log.sqlite", network: network, verification: verification, limits: copyLimits)
    do throws(EngineError) {
      head = try await log.head()
      writtenAnchor = try LogAnchor.read(anchorPath)
      anchor = verification == .full ? LogAnchor() : writtenAnchor
      anchor.created = writtenAnchor.created
      guard anchor.length <= head.length else {
        throw EngineError(
          .damaged, at: anchorPath, problem: "it counts \(anchor.length) records, the copy \(head.length)",
          remedy: "remove the file, so that the stream is compared from its start")
      }
    } catch {
      try? await log.close()
      throw error
    }
  }

  /// Whether the copy holds records that the stream has not shown again yet.
  var isBehindCopy: Bool { anchor.length < head.length }

  /// Notes which stream is read, the first time.
  mutating func bind(to created: String) {
    if anchor.created.isEmpty { anchor.created = created }
  }

  /// Takes over the messages after the anchor.
  ///
  /// - Returns: the copy's head after them.
  /// - Throws: `EngineError` with code `historyChanged` if they are not what was read before, or that of the
  ///   copy.
  mutating func take(_ messages: ArraySlice<[UInt8]>) async throws(EngineError) -> LogHead {
    var fresh: [LogAppend] = []
    for message in messages {
      let records = LogBatch.records(of: message, limits: limits)
      if isBehindCopy {
        for record in records { try await compare(record) }
      } else {
        fresh += records
      }
    }
    if !fresh.isEmpty { _ = try await log.append(fresh) }
    head = try await log.head()
    if !fresh.isEmpty { anchor.length = head.length }
    anchor.sequence += UInt64(messages.count)
    if let last = messages.last { anchor.message = LogAnchor.digest(of: last) }
    if anchor.sequence - writtenAnchor.sequence >= Self.messagesBetweenAnchors { try writeAnchor() }
    return head
  }

  /// Writes down up to where the stream was read. While it is being compared again, what was written before
  /// stays.
  mutating func writeAnchor() throws(EngineError) {
    guard anchor != writtenAnchor, anchor.sequence >= writtenAnchor.sequence else { return }
    try anchor.write(to: anchorPath)
    writtenAnchor = anchor
  }

  /// Brings the copy to rest.
  mutating func close() async throws(EngineError) {
    let written = Result { () throws(EngineError) in try writeAnchor() }
    try await log.close()
    try written.get()
  }

  // A record that the copy may hold: the next one, an earlier one again, or one that is new after its last.
  private mutating func compare(_ record: LogAppend) async throws(EngineError) {
    let position = try await log.positions(of: [record.id])[0]
    switch position {
    case let position? where position.index < anchor.length:
      return
    case let position? where position.index == anchor.length:
      guard try await log.read(from: position, limit: 1).first?.bytes == record.bytes else { break }
      anchor.length += 1
      return
    case nil where anchor.length == head.length:
      _ = try await log.append([record])
      head = try await log.head()
      anchor.length += 1
      return
    default:
      break
    }
    throw EngineError(
      .historyChanged, at: place,
      problem: "record \(anchor.length), after message \(anchor.sequence), is not the one in \(log.path)",
      remedy: "find out who changed the stream; restore it, or found a new network from this node's copy")
  }
}
