/// Reads one JSON5 document (https://spec.json5.org), and says line and column where it is not one.
///
/// Two things are stricter than the specification: a field may not be repeated, since only one of its values
/// could count, and names without quotes are ASCII. Nesting is bounded, so no input exhausts the stack.
public struct JSON5Reader {
  /// How deep lists and objects may nest.
  public static let maximumDepth = 32

  /// A place and what is wrong there.
  public struct Fault: Error, Equatable, Sendable {
    /// Where.
    public let place: JSON5Value.Place
    /// What is wrong, as a clause without a full stop.
    public let reason: String
  }

  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  private var lineStart = 0

  /// Reads a whole document.
  ///
  /// - Throws: `Fault` at the first place that is wrong
  public static func read(_ bytes: [UInt8]) throws(Fault) -> JSON5Value {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw Fault(place: .init(line: 1, column: 1), reason: "the file is not UTF-8 text")
    }
    var reader = JSON5Reader(bytes: bytes)
    let value = try reader.value(depth: 0)
    try reader.skipSpace()
    guard reader.next == nil else {
      throw reader.fault("unexpected \(reader.found) after the end of the value")
    }
    return value
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private var found: String {
    guard let next else { return "end of the file" }
    return (0x21...0x7E).contains(next) ? "'\(Character(Unicode.Scalar(next)))'" : "character"
  }

  private var place: JSON5Value.Place { .init(line: line, column: position - lineStart + 1) }

  private func fault(_ reason: String) -> Fault { Fault(place: place, reason: reason) }

  private mutating func take(_ text: StaticString) -> Bool {
    let end = position + text.utf8CodeUnitCount
    guard end <= bytes.count, text.withUTF8Buffer({ $0.elementsEqual(bytes[position..<end]) }) else {
      return false
    }
    position = end
    return true
  }

  private mutating func endLine() {
    line += 1
    lineStart = position
  }

  // MARK: Space and comments

  /// Skips white space, line ends, a byte order mark and comments.
  private mutating func skipSpace() throws(Fault) {
    while let byte = next {
      switch byte {
      case 0x0A:
        position += 1
        endLine()
      case 0x20, 0x09, 0x0B, 0x0C, 0x0D: position += 1
      case UInt8(ascii: "/"): try skipComment()
      default:
        // No-break space, byte order mark, line separator, paragraph separator.
        guard take("\u{A0}") || take("\u{FEFF}") || take("\u{2028}") || take("\u{2029}") else { return }
      }
    }
  }

  private mutating func skipComment() throws(Fault) {
    if take("//") {
      while let byte = next, byte != 0x0A { position += 1 }
      return
    }
    let start = fault("the comment that begins here has no end")
    guard take("/*") else { throw fault("unexpected '/'; comments begin with // or /*") }
    while !take("*/") {
      guard let byte = next else { throw start }
      position += 1
      if byte == 0x0A { endLine() }
    }
  }

  // MARK: Values

  private mutating func value(depth: Int) throws(Fault) -> JSON5Value {
    try skipSpace()
    let place = self.place
    switch next {
    case UInt8(ascii: "{"): return JSON5Value(place: place, content: .object(try object(depth: depth)))
    case UInt8(ascii: "["): return JSON5Value(place: place, content: .list(try list(depth: depth)))
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return JSON5Value(place: place, content: .text(try text()))
    default: return JSON5Value(place: place, content: try scalar())
    }
  }

  private mutating func object(depth: Int) throws(Fault) -> [JSON5Value.Field] {
    try descend(depth)
    var fields: [JSON5Value.Field] = []
    var names: Set<String> = []
    try skipSpace()
    while !take("}") {
      let place = self.place
      let name = try fieldName()
      guard names.insert(name).inserted else {
        throw Fault(place: place, reason: "this field is given twice; keep one of the two")
      }
      try skipSpace()
      guard take(":") else { throw fault("unexpected \(found); expected ':' after a field's name") }
      fields.append(JSON5Value.Field(name: name, place: place, value: try value(depth: depth + 1)))
      try endElement(of: "an object", close: "}")
    }
    return fields
  }

  private mutating func list(depth: Int) throws(Fault) -> [JSON5Value] {
    try descend(depth)
    var values: [JSON5Value] = []
    try skipSpace()
    while !take("]") {
      values.append(try value(depth: depth + 1))
      try endElement(of: "a list", close: "]")
    }
    return values
  }

  private mutating func descend(_ depth: Int) throws(Fault) {
    guard depth < Self.maximumDepth else {
      throw fault("values nest deeper than \(Self.maximumDepth) levels")
    }
    position += 1
  }

  /// Goes on to the next element, or to the closing bracket.
  private mutating func endElement(of whole: String, close: Character) throws(Fault) {
    try skipSpace()
    if take(",") {
      try skipSpace()
    } else if next != close.asciiValue {
      throw fault("unexpected \(found) in \(whole); expected ',' or '\(close)'")
    }
  }

  private mutating func fieldName() throws(Fault) -> String {
    if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") { return try text() }
    let name = word()
    guard let first = name.first, !first.isNumber else {
      throw fault("unexpected \(found); expected a field's name or '}'")
    }
    return name
  }

  private mutating func word() -> String {
    let start = position
    while let byte = next, Self.isWord(byte) { position += 1 }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"):
      true
    default: false
    }
  }
}

extension JSON5Reader {
  // MARK: Words and numbers

  private mutating func scalar() throws(Fault) -> JSON5Value.Content {
    let start = place
    let unsigned = next
    let isNegative = take("-")
    if !isNegative { _ = take("+") }
    let isSigned = unsigned == UInt8(ascii: "-") || unsigned == UInt8(ascii: "+")
    let token = numberToken()
    switch token {
    case "null" where !isSigned: return .null
    case "true" where !isSigned: return .boolean(true)
    case "false" where !isSigned: return .boolean(false)
    case "Infinity": return .number(isNegative ? -.infinity : .infinity)
    case "NaN": return .number(.nan)
    case "": throw fault("unexpected \(found); expected a value")
    default: break
    }
    guard let content = Self.number(token, isNegative: isNegative) else {
      let shown = JSON5Text.printable(token)
      throw Fault(place: start, reason: "'\(shown)' is not a value; strings need quotes")
    }
    return content
  }

  private mutating func numberToken() -> String {
    let start = position
    while let byte = next {
      let isSign = byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
      let follows = position > start ? bytes[position - 1] | 0x20 : 0
      guard Self.isWord(byte) || byte == UInt8(ascii: ".") || isSign && follows == UInt8(ascii: "e") else {
        break
      }
      position += 1
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private static func number(_ token: String, isNegative: Bool) -> JSON5Value.Content? {
    if token.hasPrefix("0x") || token.hasPrefix("0X") {
      guard let first = token.dropFirst(2).first, first.isHexDigit else { return nil }
      return UInt64(token.dropFirst(2), radix: 16).map { signed($0, isNegative) }
    }
    guard let first = token.utf8.first, isDigit(first) || first == UInt8(ascii: "."),
      token.utf8.contains(where: isDigit)
    else { return nil }
    if token.utf8.allSatisfy(isDigit) {
      guard token == "0" || first != UInt8(ascii: "0") else { return nil }
      if let whole = UInt64(token) { return signed(whole, isNegative) }
    }
    // `Double` reads ".5" and "5." only with a digit on either side.
    let parts = token.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    var spelled = token
    if parts.count == 2 {
      let fraction = parts[1].first.map { $0.isNumber ? "" : "0" } ?? "0"
      spelled = "\(parts[0].isEmpty ? "0" : parts[0]).\(fraction)\(parts[1])"
    }
    guard let value = Double(spelled), value.isFinite else { return nil }
    return .number(isNegative ? -value : value)
  }

  private static func signed(_ magnitude: UInt64, _ isNegative: Bool) -> JSON5Value.Content {
    isNegative ? .number(-Double(magnitude)) : .whole(magnitude)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  // MARK: Strings

  private mutating func text() throws(Fault) -> String {
    let start = fault("the string that begins here has no end")
    let quote = next
    position += 1
    var content: [UInt8] = []
    while let byte = next {
      if byte == 0x0A || byte == 0x0D { throw start }
      position += 1
      if byte == quote { return String(decoding: content, as: UTF8.self) }
      if byte == UInt8(ascii: "\\") {
        content += try escape()
      } else {
        content.append(byte)
      }
    }
    throw start
  }

  /// What an escape stands for, as UTF-8. The backslash has been read.
  private mutating func escape() throws(Fault) -> [UInt8] {
    let start = fault("unknown escape in a string")
    guard let byte = next else { throw start }
    position += 1
    switch byte {
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "v"): return [0x0B]
    case UInt8(ascii: "x"): return Array(String(Unicode.Scalar(UInt8(try hexadecimal(2)))).utf8)
    case UInt8(ascii: "u"): return try unicodeEscape(start)
    case UInt8(ascii: "0")...UInt8(ascii: "9"):
      guard byte == UInt8(ascii: "0"), next.map(Self.isDigit) != true else { throw start }
      return [0]
    case 0x0D:
      _ = take("\n")
      endLine()
      return []
    case 0x0A:
      endLine()
      return []
    default: return [byte]
    }
  }

  private mutating func unicodeEscape(_ start: Fault) throws(Fault) -> [UInt8] {
    let first = try hexadecimal(4)
    if let scalar = Unicode.Scalar(first) { return Array(String(scalar).utf8) }
    // Only half of a surrogate pair is no scalar; a low half must follow a high one.
    guard first < 0xDC00, take("\\u") else { throw start }
    let second = try hexadecimal(4)
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
    else { throw start }
    return Array(String(scalar).utf8)
  }

  private mutating func hexadecimal(_ count: Int) throws(Fault) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<count {
      guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw fault("unexpected \(found); expected a hexadecimal digit")
      }
      position += 1
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}
