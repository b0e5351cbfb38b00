/// Just enough of Swift's grammar to tell code from comments and literals.
enum SwiftText {
  /// The text with comments and the contents of string literals as spaces; line breaks and interpolated code
  /// stay.
  static func codeOnly(_ text: String) -> String {
    var scanner = Scanner(bytes: Array(text.utf8))
    scanner.code(until: nil)
    return String(decoding: scanner.output, as: UTF8.self)
  }

  private struct Scanner {
    let bytes: [UInt8]
    var position = 0
    var output: [UInt8] = []

    init(bytes: [UInt8]) {
      self.bytes = bytes
      output.reserveCapacity(bytes.count)
    }

    mutating func code(until closing: UInt8?) {
      var depth = 0
      while position < bytes.count {
        switch bytes[position] {
        case UInt8(ascii: "/") where starts("//"): blankLine()
        case UInt8(ascii: "/") where starts("/*"): blankComment()
        case UInt8(ascii: "\""): literal(hashes: 0)
        case UInt8(ascii: "#") where hashesBeforeQuote() > 0: literal(hashes: hashesBeforeQuote())
        case UInt8(ascii: "(") where closing != nil:
          depth += 1
          keep(1)
        case closing where depth == 0: return
        case closing:
          depth -= 1
          keep(1)
        default: keep(1)
        }
      }
    }

    private mutating func blankLine() {
      while position < bytes.count, bytes[position] != UInt8(ascii: "\n") { blank(1) }
    }

    private mutating func blankComment() {
      var depth = 0
      repeat {
        if starts("/*") {
          depth += 1
          blank(2)
        } else if starts("*/") {
          depth -= 1
          blank(2)
        } else {
          blank(1)
        }
      } while depth > 0 && position < bytes.count
    }

    // The number of # before an opening quote; zero if no literal starts here.
    private func hashesBeforeQuote() -> Int {
      var end = position
      while end < bytes.count, bytes[end] == UInt8(ascii: "#") { end += 1 }
      return end < bytes.count && bytes[end] == UInt8(ascii: "\"") ? end - position : 0
    }

    private mutating func literal(hashes: Int) {
      let marks = String(repeating: "#", count: hashes)
      keep(hashes)
      let quotes = starts("\"\"\"") ? "\"\"\"" : "\""
      keep(quotes.utf8.count)
      while position < bytes.count {
        if starts(quotes + marks) { return keep(quotes.utf8.count + hashes) }
        if starts("\\" + marks + "(") {
          blank(1 + hashes)
          keep(1)
          code(until: UInt8(ascii: ")"))
          keep(1)
        } else if starts("\\" + marks) {
          blank(min(2 + hashes, bytes.count - position))
        } else {
          blank(1)
        }
      }
    }

    private func starts(_ text: String) -> Bool {
      bytes[position...].starts(with: text.utf8)
    }

    private mutating func keep(_ count: Int) {
      output += bytes[position..<min(bytes.count, position + count)]
      position += count
    }

    private mutating func blank(_ count: Int) {
      for byte in bytes[position..<min(bytes.count, position + count)] {
        output.append(byte == UInt8(ascii: "\n") ? byte : UInt8(ascii: " "))
      }
      position += count
    }
  }
}
