/// A value of a JSON5 document, and the line that it begins on.
struct JSON5Value: Equatable, Sendable {
  /// What a value can be. Whole numbers are kept apart, because a seed does not fit a `Double`.
  enum Content: Equatable, Sendable {
    case null
    case boolean(Bool)
    case whole(UInt64)
    case number(Double)
    case text(String)
    case list([JSON5Value])
    case object([Field])
  }

  /// One field of an object. Names are unique within it.
  struct Field: Equatable, Sendable {
    let name: String
    let value: JSON5Value
  }

  let line: Int
  let content: Content

  /// The value's type in words, with its article.
  var kind: String {
    switch content {
    case .null: "null"
    case .boolean: "a boolean"
    case .whole, .number: "a number"
    case .text: "a string"
    case .list: "a list"
    case .object: "an object"
    }
  }

  /// Whether there is a field at a path of names.
  func has(_ path: some Collection<Substring>) -> Bool {
    guard let name = path.first else { return true }
    guard case .object(let fields) = content else { return false }
    return fields.first { $0.name == name }?.value.has(path.dropFirst()) ?? false
  }

  /// The line of the field at a path of names; of the deepest object on its way if it is not there.
  func line(at path: some Collection<Substring>) -> Int {
    guard let name = path.first, case .object(let fields) = content,
      let field = fields.first(where: { $0.name == name })
    else { return line }
    return field.value.line(at: path.dropFirst())
  }
}
