/// Header fields in the order in which they stand. Names are compared without regard to case.
public struct Headers: Sendable, Hashable {
  /// One field.
  public struct Field: Sendable, Hashable {
    /// The name, in lower case.
    public let name: String
    /// The value, without white space around it.
    public let value: String
  }

  /// The fields.
  public private(set) var fields: [Field] = []

  /// Creates no fields.
  public init() {}

  /// The first value of a name; nil if there is none.
  public subscript(name: String) -> String? {
    fields.first { $0.name == name.lowercased() }?.value
  }

  /// All values of a name.
  public func values(of name: String) -> [String] {
    fields.filter { $0.name == name.lowercased() }.map(\.value)
  }

  /// Whether a comma-separated list under a name has an element, in any case.
  public func lists(_ element: String, in name: String) -> Bool {
    values(of: name).flatMap { $0.split(separator: ",") }.contains {
      $0.trimmed.lowercased() == element.lowercased()
    }
  }

  /// Adds a field. Control characters, which would end the field, become spaces.
  public mutating func add(_ name: String, _ value: String) {
    let clean = value.utf8.map { $0 < 0x20 || $0 == 0x7F ? 0x20 : $0 }
    fields.append(Field(name: name.lowercased(), value: String(decoding: clean, as: UTF8.self)))
  }

  /// Puts a field in the place of any others of its name.
  public mutating func set(_ name: String, _ value: String) {
    fields.removeAll { $0.name == name.lowercased() }
    add(name, value)
  }
}

extension Headers: ExpressibleByDictionaryLiteral {
  /// Creates fields, such as `["content-type": "text/plain"]`.
  public init(dictionaryLiteral fields: (String, String)...) {
    for (name, value) in fields { add(name, value) }
  }
}

extension StringProtocol {
  /// The text without spaces and tabs around it, which is HTTP's optional white space.
  var trimmed: SubSequence {
    let isBlank = { (character: Character) in character == " " || character == "\t" }
    guard let first = firstIndex(where: { !isBlank($0) }), let last = lastIndex(where: { !isBlank($0) })
    else { return self[endIndex...] }
    return self[first...last]
  }
}
