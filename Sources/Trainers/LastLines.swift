import JSON5

/// The last lines of what a trainer wrote, in bounded memory and fit for a terminal.
struct LastLines: Equatable, Sendable, CustomStringConvertible {
  /// How many lines are kept.
  static let countLimit = 20
  /// How many characters of a line are kept.
  static let lineCharactersLimit = 400

  private var lines: [String] = []
  /// A line whose end has not come yet, cut off at as many bytes as its characters may take.
  private var open: [UInt8] = []

  /// Takes what was written next. A carriage return ends a line as well, since progress bars end theirs so.
  mutating func append(_ bytes: some Sequence<UInt8>) {
    for byte in bytes {
      if byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") {
        close()
      } else if open.count < 4 * Self.lineCharactersLimit {
        open.append(byte)
      }
    }
  }

  /// The lines, the last one perhaps without its end.
  var texts: [String] {
    var copy = self
    copy.close()
    return copy.lines
  }

  /// The lines, or that there are none.
  var description: String {
    let texts = texts
    guard !texts.isEmpty else { return "it wrote nothing to standard error" }
    return "the last lines that it wrote to standard error:\n"
      + texts.map { "  | \($0)" }.joined(separator: "\n")
  }

  private mutating func close() {
    let text = String(decoding: open, as: UTF8.self).split(separator: "\t").joined(separator: " ")
    open.removeAll(keepingCapacity: true)
    guard text.contains(where: { !$0.isWhitespace }) else { return }
    if lines.count == Self.countLimit { lines.removeFirst() }
    lines.append(JSON5Text.printable(text, limit: Self.lineCharactersLimit))
  }
}
