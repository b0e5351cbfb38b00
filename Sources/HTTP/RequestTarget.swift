/// What a request asks for: a path and a query, decoded (RFC 3986).
public struct RequestTarget: Sendable, Hashable {
  /// The path's segments; none for `/`.
  public let segments: [String]
  /// The query's names and values in their order.
  public let query: [(name: String, value: String)]

  /// Reads a target in origin form; nil if it is in another form or not well encoded.
  public init?(_ text: String) {
    guard text.hasPrefix("/") else { return nil }
    let parts = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    var segments: [String] = []
    for part in parts[0].dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let segment = Self.decoded(part) else { return nil }
      segments.append(segment)
    }
    self.segments = segments == [""] ? [] : segments
    var query: [(name: String, value: String)] = []
    for pair in parts.dropFirst().first?.split(separator: "&") ?? [] {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Self.decoded(sides[0]), let value = Self.decoded(sides.dropFirst().first ?? "") else {
        return nil
      }
      query.append((name, value))
    }
    self.query = query
  }

  /// The first value of a name in the query.
  public func value(of name: String) -> String? { query.first { $0.name == name }?.value }

  // Zero bytes are in no name of ours, and end C strings early.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let high = rest.popFirst().flatMap(Self.digit), let low = rest.popFirst().flatMap(Self.digit),
        high << 4 | low != 0
      else { return nil }
      bytes.append(high << 4 | low)
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    Character(UnicodeScalar(byte)).hexDigitValue.map { UInt8($0) }
  }

  /// Whether both have equal segments and queries.
  public static func == (left: RequestTarget, right: RequestTarget) -> Bool {
    left.segments == right.segments && left.query.elementsEqual(right.query, by: ==)
  }

  /// Hashes the segments.
  public func hash(into hasher: inout Hasher) { hasher.combine(segments) }
}
