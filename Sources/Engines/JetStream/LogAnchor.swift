import Wire

/// Up to where a node has read a stream, and what it read there. The stream has to hold the same message at
/// the same place ever after.
struct LogAnchor: Sendable, Hashable {
  /// When the stream was created, as the server spells it; empty before anything was read.
  var created = ""
  /// The sequence of the last message that was read; 0 if none was.
  var sequence: UInt64 = 0
  /// The digest of that message.
  var message = Digest.zero
  /// The number of records in the log after that message.
  var length: UInt64 = 0

  private static let label = "tributary-log-anchor-1"
  private static let messageDomain = HashDomain("trib.log.message")
  private static let lengthBytesLimit = 512

  static func digest(of message: [UInt8]) -> Digest { Digest(of: message, in: messageDomain) }

  /// Whether a message is the one that was read.
  func holds(_ message: [UInt8]) -> Bool { Self.digest(of: message) == self.message }

  /// Reads the file that `write` wrote; the start of a stream if there is none.
  ///
  /// - Throws: `EngineError` with code `malformed`, `unexpectedFile` or `system`.
  static func read(_ path: String) throws(EngineError) -> LogAnchor {
    guard try Directory.kind(of: path) != nil else { return LogAnchor() }
    let text = String(decoding: try FileReader.read(path, limitBytes: lengthBytesLimit), as: UTF8.self)
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 5, let sequence = UInt64(words[2]), let message = Digest(hex: String(words[3])),
      let length = UInt64(words[4].dropLast())
    else { throw malformed(path) }
    let anchor = LogAnchor(
      created: String(words[1]), sequence: sequence, message: message, length: length)
    // Writing the line again and comparing refuses every other spelling of it.
    guard anchor.line == text else { throw malformed(path) }
    return anchor
  }

  /// Writes the anchor to a file, whole or not at all.
  ///
  /// - Throws: `EngineError` with code `missing` or `system`.
  func write(to path: String) throws(EngineError) {
    try AtomicFile.write(Array(line.utf8), to: path)
  }

  private var line: String { "\(Self.label) \(created) \(sequence) \(message.hex) \(length)\n" }

  private static func malformed(_ path: String) -> EngineError {
    EngineError(
      .malformed, at: path, problem: "it does not say up to where the stream was read",
      remedy: "remove the file, so that the stream is compared from its start")
  }
}
