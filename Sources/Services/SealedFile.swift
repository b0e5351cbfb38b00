import Engines
import Wire

/// A file that begins with the digest of the rest, so that a torn or damaged one is told apart. It is
/// replaced as a whole, and only its owner reads it.
enum SealedFile {
  private static let domain = HashDomain("trib.sealed-file")

  /// Writes a message; it is on the disk when this returns.
  ///
  /// - Throws: `EngineError` with code `missing` or `system`.
  static func write(_ message: some WireMessage, to path: String) throws(EngineError) {
    let bytes = message.wireBytes
    try AtomicFile.write(Digest(of: bytes, in: domain).bytes + bytes, to: path, permissions: 0o600)
  }

  /// Reads a message.
  ///
  /// - Parameter limit: the greatest length of the message in bytes
  /// - Throws: `EngineError` with code `damaged`, or as `FileReader.read` does.
  static func read<Message: WireMessage>(_ path: String, limit: Int) throws(EngineError) -> Message {
    let bytes = try FileReader.read(path, limitBytes: limit + Digest.byteCount)
    let content = Array(bytes.dropFirst(Digest.byteCount))
    guard Digest(bytes: bytes.prefix(Digest.byteCount)) == Digest(of: content, in: domain) else {
      throw damaged(path, "the file is torn or damaged")
    }
    do {
      return try Message(wireBytes: content, limit: limit)
    } catch {
      throw damaged(path, error.description)
    }
  }

  private static func damaged(_ path: String, _ problem: String) -> EngineError {
    EngineError(.damaged, at: path, problem: problem, remedy: "remove the file")
  }
}
