import Wire

/// The fields of one object of a scenario while it is read.
///
/// It remembers which names it was asked for, so the names that a scenario knows are written down once: where
/// they are read.
struct ScenarioFields {
  let file: String
  let path: String
  private let fields: [JSON5Value.Field]
  private var knownNames: [String] = []

  init(_ value: JSON5Value, file: String, path: String) throws(ScenarioError) {
    guard case .object(let fields) = value.content else {
      throw ScenarioError(
        file: file, line: value.line, path: path, .wrongType(expected: "an object", found: value.kind))
    }
    self.file = file
    self.path = path
    self.fields = fields
  }

  /// The value of a field, if the object has it.
  mutating func value(_ name: String) -> JSON5Value? {
    knownNames.append(name)
    return fields.first { $0.name == name }?.value
  }

  /// The path of a field of this object.
  func path(of name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

  /// An error at a field of this object.
  func error(_ name: String, _ value: JSON5Value, _ problem: ScenarioError.Problem) -> ScenarioError {
    ScenarioError(file: file, line: value.line, path: path(of: name), problem)
  }

  /// Reads a whole number, if it is there.
  mutating func whole<Number: FixedWidthInteger>(
    _ name: String, _ target: inout Number, in allowed: ClosedRange<Number>
  ) throws(ScenarioError) {
    guard let value = value(name) else { return }
    target = try whole(value, name, in: allowed)
  }

  /// A field's value as a whole number.
  func whole<Number: FixedWidthInteger>(
    _ value: JSON5Value, _ name: String, in allowed: ClosedRange<Number>
  ) throws(ScenarioError) -> Number {
    let range = "a whole number from \(allowed.lowerBound) to \(allowed.upperBound)"
    switch value.content {
    case .whole(let magnitude):
      guard let number = Number(exactly: magnitude), allowed.contains(number) else {
        throw error(name, value, .outOfRange(value: "\(magnitude)", allowed: range))
      }
      return number
    case .number(let real):
      guard let number = Number(exactly: real), allowed.contains(number) else {
        throw error(name, value, .outOfRange(value: "\(real)", allowed: range))
      }
      return number
    default: throw error(name, value, .wrongType(expected: range, found: value.kind))
    }
  }

  /// Reads a number, if it is there.
  mutating func number(
    _ name: String, _ target: inout Double, in allowed: ClosedRange<Double>
  ) throws(ScenarioError) {
    guard let value = value(name) else { return }
    target = try number(value, name, in: allowed)
  }

  /// A field's value as a number.
  func number(
    _ value: JSON5Value, _ name: String, in allowed: ClosedRange<Double>
  ) throws(ScenarioError) -> Double {
    let range = "a number from \(allowed.lowerBound) to \(allowed.upperBound)"
    let number: Double
    switch value.content {
    case .whole(let magnitude): number = Double(magnitude)
    case .number(let real): number = real
    default: throw error(name, value, .wrongType(expected: range, found: value.kind))
    }
    guard allowed.contains(number) else {
      throw error(name, value, .outOfRange(value: "\(number)", allowed: range))
    }
    return number
  }

  /// Reads a number that is kept as a multiple of 1/`scale`, if it is there.
  mutating func scaled(
    _ name: String, _ target: inout UInt32, scale: Double, in allowed: ClosedRange<Double>
  ) throws(ScenarioError) {
    var number = Double(target) / scale
    try self.number(name, &number, in: allowed)
    target = UInt32((number * scale).rounded())
  }

  /// A field's value as a string.
  func text(_ value: JSON5Value, _ name: String) throws(ScenarioError) -> String {
    guard case .text(let text) = value.content else {
      throw error(name, value, .wrongType(expected: "a string", found: value.kind))
    }
    return text
  }

  /// The object in a field, if it is there.
  mutating func object(_ name: String) throws(ScenarioError) -> ScenarioFields? {
    guard let value = value(name) else { return nil }
    return try ScenarioFields(value, file: file, path: path(of: name))
  }

  /// Refuses fields that nobody asked for.
  func end() throws(ScenarioError) {
    for field in fields where !knownNames.contains(field.name) {
      let suggestion = Spelling.nearest(to: field.name, among: knownNames)
      throw ScenarioError(
        file: file, line: field.value.line, path: path(of: ScenarioText.printable(field.name)),
        .unknownField(suggestion: path(of: suggestion)))
    }
  }
}
