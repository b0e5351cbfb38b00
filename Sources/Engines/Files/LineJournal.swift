import Glibc

/// A text file that grows by whole lines, each of which is on the disk when `append` returns.
///
/// A crash can tear only the last line; opening the journal cuts it off. One process at a time has a journal
/// open.
///
/// ```swift
/// let (journal, found) = try await LineJournal.open("cells.jsonl")
/// try await journal.append(Array("{}".utf8))
/// ```
public actor LineJournal {
  /// The greatest length of a journal in bytes.
  public static let fileBytesLimit = 256 << 20

  /// What a journal held when it was opened.
  public struct Contents: Sendable, Hashable {
    /// Its whole lines, without their ends.
    public let lines: [[UInt8]]
    /// The length of the torn last line that was cut off, in bytes; 0 if there was none.
    public let tornBytes: Int
  }

  /// The executor, on which blocking calls may block.
  public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private let executor = BlockingExecutor(label: "tributary.journal")
  private let path: String
  private var file: OpenFile?
  private var sizeBytes = 0

  private init(path: String) { self.path = path }

  /// Opens a journal, and creates it if it is not there; its folder must exist.
  ///
  /// - Throws: `EngineError` with code `inUse`, `missing`, `limitExceeded`, `unexpectedFile` or `system`.
  public static func open(_ path: String) async throws(EngineError) -> (LineJournal, Contents) {
    let journal = LineJournal(path: path)
    return (journal, try await journal.start())
  }

  /// Adds a line; it is on the disk when this returns.
  ///
  /// - Parameter line: the line without its end, and without a line feed inside.
  /// - Throws: `EngineError` with code `malformed`, `closed`, `limitExceeded` or `system`.
  public func append(_ line: [UInt8]) throws(EngineError) {
    guard !line.contains(Self.lineFeed) else {
      throw EngineError(
        .malformed, at: path, problem: "a line for it holds a line feed",
        remedy: "append its lines one by one")
    }
    guard sizeBytes + line.count < Self.fileBytesLimit else {
      throw .tooLarge(
        "the journal", at: path, bytes: sizeBytes + line.count + 1, limitBytes: Self.fileBytesLimit)
    }
    guard file != nil else { throw .closed(path) }
    try file?.write(line + [Self.lineFeed])
    try file?.sync()
    sizeBytes += line.count + 1
  }

  /// Closes the journal, so that others may open it.
  public func close() { file = nil }

  private static let lineFeed = UInt8(ascii: "\n")

  private func start() throws(EngineError) -> Contents {
    let isNew = try Directory.kind(of: path) == nil
    // O_NONBLOCK, so that a pipe under this name is refused and not waited for.
    let file = try OpenFile(path, flags: O_RDWR | O_CREAT | O_APPEND | O_NONBLOCK, permissions: 0o644)
    guard try file.status().st_mode & S_IFMT == S_IFREG else {
      throw EngineError(
        .unexpectedFile, at: path, problem: "it is not a regular file",
        remedy: "move it away or check the path")
    }
    try file.lock(exclusively: true)
    let bytes = try FileReader.contents(of: file, limitBytes: Self.fileBytesLimit)
    sizeBytes = bytes.lastIndex(of: Self.lineFeed).map { $0 + 1 } ?? 0
    if sizeBytes < bytes.count {
      try file.truncate(to: sizeBytes)
      try file.sync()
    }
    if isNew { try Directory.sync(Directory.parent(of: path)) }
    self.file = consume file
    let lines = bytes[..<sizeBytes].split(separator: Self.lineFeed, omittingEmptySubsequences: false)
    return Contents(lines: lines.dropLast().map(Array.init), tornBytes: bytes.count - sizeBytes)
  }
}
