/// Splits comma-separated bytes into records, as RFC 4180 says: quoted fields may hold commas, line ends and
/// doubled quotes; lines end in LF or CRLF; the last line end may be missing.
public struct CSVReader {
  private static let comma = UInt8(ascii: ",")
  private static let quote = UInt8(ascii: "\"")
  private static let lineFeed = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")

  /// The line on which the record last read begins, from 1.
  public private(set) var line = 0
  private let bytes: [UInt8]
  private var position = 0
  private var nextLine = 1

  /// A reader of a file's bytes.
  public init(_ bytes: [UInt8]) {
    self.bytes = bytes
    // A byte order mark, which spreadsheets write, is not part of the first field.
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  /// The next record's fields, or nil after the last record. Empty lines are passed over.
  ///
  /// - Throws: `LearningError.invalidCSV`, which names line and column
  public mutating func next() throws(LearningError) -> [String]? {
    while position < bytes.count, isAtLineEnd { skipLineEnd() }
    guard position < bytes.count else { return nil }
    line = nextLine
    var fields: [String] = []
    while true {
      let column = fields.count + 1
      guard column <= CSV.maximumColumns else {
        throw .invalidCSV(line: line, column: column, reason: "more than \(CSV.maximumColumns) columns")
      }
      fields.append(try field(column))
      if position == bytes.count { return fields }
      if isAtLineEnd {
        skipLineEnd()
        return fields
      }
      position += 1
    }
  }

  private var isAtLineEnd: Bool {
    if bytes[position] == Self.lineFeed { return true }
    return bytes[position] == Self.carriageReturn && position + 1 < bytes.count
      && bytes[position + 1] == Self.lineFeed
  }

  private mutating func skipLineEnd() {
    position += bytes[position] == Self.lineFeed ? 1 : 2
    nextLine += 1
  }

  /// Reads up to the comma, line end or end of data after a field.
  private mutating func field(_ column: Int) throws(LearningError) -> String {
    guard position < bytes.count, bytes[position] == Self.quote else {
      let start = position
      while position < bytes.count, bytes[position] != Self.comma, !isAtLineEnd { position += 1 }
      return try text(bytes[start..<position], column)
    }
    let content = try quotedContent(column)
    guard position == bytes.count || bytes[position] == Self.comma || isAtLineEnd else {
      throw .invalidCSV(
        line: line, column: column, reason: "text follows a closing quote; double the quote inside")
    }
    return try text(content[...], column)
  }

  private mutating func quotedContent(_ column: Int) throws(LearningError) -> [UInt8] {
    var content: [UInt8] = []
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == Self.lineFeed { nextLine += 1 }
      if byte == Self.quote {
        guard position < bytes.count, bytes[position] == Self.quote else { return content }
        position += 1
      }
      content.append(byte)
    }
    throw .invalidCSV(line: line, column: column, reason: "a quoted field is never closed")
  }

  private func text(_ field: ArraySlice<UInt8>, _ column: Int) throws(LearningError) -> String {
    guard let text = String(validating: field, as: UTF8.self) else {
      throw .invalidCSV(line: line, column: column, reason: "the field is not UTF-8")
    }
    return text
  }
}
