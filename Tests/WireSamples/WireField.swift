import Wire

/// A field as it stands in an encoding, read without a schema, for tests that change, double or move one.
public struct WireField: Sendable, Hashable {
  /// The field's number.
  public var number: UInt64
  /// The wire type: 0 or 2.
  public var type: UInt64
  /// A varint's bytes, or what the length counts.
  public var content: [UInt8]

  /// Creates a field.
  public init(number: UInt64, type: UInt64, content: [UInt8]) {
    self.number = number
    self.type = type
    self.content = content
  }

  /// The encoding, with the length that the content has.
  public var bytes: [UInt8] {
    let tag = Self.varint(number << 3 | type)
    return type == 2 ? tag + Self.varint(UInt64(content.count)) + content : tag + content
  }

  /// Splits an encoding into its fields; nil if it is none.
  public static func split(_ bytes: [UInt8]) -> [WireField]? {
    var fields: [WireField] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let tag = takeVarint(&rest).map(value), tag & 7 == 0 || tag & 7 == 2 else { return nil }
      guard let varint = takeVarint(&rest) else { return nil }
      if tag & 7 == 0 {
        fields.append(WireField(number: tag >> 3, type: 0, content: Array(varint)))
      } else {
        let count = value(varint)
        guard count <= UInt64(rest.count) else { return nil }
        fields.append(WireField(number: tag >> 3, type: 2, content: Array(rest.prefix(Int(count)))))
        rest = rest.dropFirst(Int(count))
      }
    }
    return fields
  }

  /// A number's least varint.
  public static func varint(_ value: UInt64) -> [UInt8] {
    guard value > 0 else { return [0] }
    var writer = WireWriter()
    writer.uint64(value, field: 1)
    return Array(writer.bytes.dropFirst())
  }

  private static func takeVarint(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let last = rest.firstIndex(where: { $0 < 0x80 }) else { return nil }
    defer { rest = rest[(last + 1)...] }
    return rest[...last]
  }

  private static func value(_ varint: ArraySlice<UInt8>) -> UInt64 {
    varint.reversed().reduce(0) { $0 << 7 | UInt64($1 & 0x7F) }
  }
}
