import JSON5

/// The frames that requests and answers travel in: a magic, a length of four bytes, a message.
package enum TrainerFrame {
  /// Its first bytes: `TRBF`.
  static let magic = Array("TRBF".utf8)
  /// The bytes before the message.
  static let headBytes = 8
  /// The bytes that a message may have.
  static let messageBytes = 2...1_048_576

  /// A message in its frame.
  package static func encode(_ message: String) -> [UInt8] {
    let length = UInt32(message.utf8.count)
    return magic + (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(message.utf8)
  }
}

/// Cuts a stream of bytes into messages. It holds one frame at most, and what was read behind it.
package struct FrameReader {
  /// How many bytes that are no frame an error repeats.
  private static let shownBytes = 200

  private var bytes: [UInt8] = []

  /// Begins a stream.
  package init() {}

  /// Whether no part of a frame is waiting for the rest.
  var isEmpty: Bool { bytes.isEmpty }

  /// Takes the bytes that come next.
  package mutating func append(_ next: some Sequence<UInt8>) { bytes += next }

  /// The next message, and nil if it is not complete.
  ///
  /// - Throws: `TrainerFault.failed` once the bytes cannot become a frame.
  package mutating func next() throws(TrainerFault) -> [UInt8]? {
    guard bytes.starts(with: TrainerFrame.magic.prefix(bytes.count)) else {
      let stray = bytes.prefix(bytes.firstRange(of: TrainerFrame.magic)?.lowerBound ?? bytes.count)
      let found = String(decoding: stray.prefix(Self.shownBytes), as: UTF8.self)
      let lines = found.split(whereSeparator: \.isNewline).map { JSON5Text.printable(String($0), limit: 200) }
      throw .failed(
        "it wrote to standard output, which is for answers alone: \"\(lines.joined(separator: " "))\"; "
          + "print to standard error")
    }
    guard bytes.count >= TrainerFrame.headBytes else { return nil }
    let length = Int(bytes[4..<8].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
    guard TrainerFrame.messageBytes.contains(length) else {
      throw .failed(
        "it announced an answer of \(length) bytes; an answer has \(TrainerFrame.messageBytes.lowerBound) to "
          + "\(TrainerFrame.messageBytes.upperBound)")
    }
    let end = TrainerFrame.headBytes + length
    guard bytes.count >= end else { return nil }
    defer { bytes.removeFirst(end) }
    return Array(bytes[TrainerFrame.headBytes..<end])
  }
}
