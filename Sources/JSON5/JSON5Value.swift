/// A value of a JSON5 document, and where it begins.
public struct JSON5Value: Equatable, Sendable {
  /// A place in a document.
  public struct Place: Equatable, Sendable {
    /// The line, from 1.
    public let line: Int
    /// The column in UTF-8 bytes, from 1.
    public let column: Int
  }

  /// What a value can be. Whole numbers are kept apart, because a seed does not fit a `Double`.
  public enum Content: Equatable, Sendable {
    /// Nothing.
    case null
    /// A truth value.
    case boolean(Bool)
    /// A whole number without a minus sign.
    case whole(UInt64)
    /// Any other number, infinities and NaN included.
    case number(Double)
    /// A string.
    case text(String)
    /// Values in their order.
    case list([JSON5Value])
    /// Fields in their order.
    case object([Field])
  }

  /// One field of an object. Names are unique within it.
  public struct Field: Equatable, Sendable {
    /// The name, without quotes.
    public let name: String
    /// Where the name begins.
    public let place: Place
    /// The value.
    public let value: JSON5Value
  }

  /// Where the value begins.
  public let place: Place
  /// The value.
  public let content: Content

  /// The value's type in words, with its article.
  public var kind: String {
    switch content {
    case .null: "null"
    case .boolean: "a boolean"
    case .whole, .number: "a number"
    case .text: "a string"
    case .list: "a list"
    case .object: "an object"
    }
  }

  /// The fields of an object, in their order; none of anything else.
  public var fields: [Field] {
    if case .object(let fields) = content { return fields }
    return []
  }

  /// Whether there is a field at a path of names.
  public func has(_ path: some Collection<Substring>) -> Bool {
    guard let name = path.first else { return true }
    return fields.first { $0.name == name }?.value.has(path.dropFirst()) ?? false
  }

  /// The place of what is at a path of names, and of numbers for elements of lists; of the deepest value on
  /// its way if it is not there.
  public func place(at path: some Collection<Substring>) -> Place {
    guard let name = path.first else { return place }
    if case .list(let list) = content {
      guard let index = Int(name), list.indices.contains(index) else { return place }
      return list[index].place(at: path.dropFirst())
    }
    guard let field = fields.first(where: { $0.name == name }) else { return place }
    return field.value.place(at: path.dropFirst())
  }
}
