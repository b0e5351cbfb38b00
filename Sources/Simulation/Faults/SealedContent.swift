import Wire

/// A file's content behind its digest, as `SealedFile` of the daemons has it: a torn or damaged one is told
/// apart.
enum SealedContent {
  static func encode(_ message: some WireMessage) -> [UInt8] {
    let bytes = message.wireBytes
    return Digest(of: bytes, in: .blob).bytes + bytes
  }

  /// The message; nil if the file is not whole.
  static func decode<Message: WireMessage>(_ bytes: [UInt8], as type: Message.Type) -> Message? {
    let content = Array(bytes.dropFirst(Digest.byteCount))
    guard Digest(bytes: bytes.prefix(Digest.byteCount)) == Digest(of: content, in: .blob) else { return nil }
    return try? Message(wireBytes: content, limit: content.count)
  }
}
