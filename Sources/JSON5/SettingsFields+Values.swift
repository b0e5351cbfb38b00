import Wire

// What the fields of a settings file may hold.
extension SettingsFields {
  // MARK: Numbers

  /// Reads a whole number, if it is there.
  public mutating func whole<Number: FixedWidthInteger>(
    _ name: String, _ target: inout Number, in allowed: ClosedRange<Number>
  ) {
    guard let value = value(name), let number = whole(value, name, in: allowed) else { return }
    target = number
  }

  /// Reads a whole number that must be there; the least where the file is refused.
  public mutating func requiredWhole<Number: FixedWidthInteger>(
    _ name: String, in allowed: ClosedRange<Number>
  ) -> Number {
    guard let value = value(name) else {
      report(name, .missing)
      return allowed.lowerBound
    }
    return whole(value, name, in: allowed) ?? allowed.lowerBound
  }

  /// A field's value as a whole number; nil if it is none of the range.
  public func whole<Number: FixedWidthInteger>(
    _ value: JSON5Value, _ name: String, in allowed: ClosedRange<Number>
  ) -> Number? {
    let range = "a whole number from \(allowed.lowerBound) to \(allowed.upperBound)"
    let (number, text): (Number?, String)
    switch value.content {
    case .whole(let magnitude): (number, text) = (Number(exactly: magnitude), "\(magnitude)")
    case .number(let real): (number, text) = (Number(exactly: real), "\(real)")
    default:
      report(name, at: value, .wrongType(expected: range, found: value.kind))
      return nil
    }
    guard let number, allowed.contains(number) else {
      report(name, at: value, .outOfRange(value: text, allowed: range))
      return nil
    }
    return number
  }

  /// Reads a number, if it is there.
  public mutating func number(_ name: String, _ target: inout Double, in allowed: ClosedRange<Double>) {
    guard let value = value(name), let number = number(value, name, in: allowed) else { return }
    target = number
  }

  /// Reads a number that must be there; the least where the file is refused.
  public mutating func requiredNumber(_ name: String, in allowed: ClosedRange<Double>) -> Double {
    guard let value = value(name) else {
      report(name, .missing)
      return allowed.lowerBound
    }
    return number(value, name, in: allowed) ?? allowed.lowerBound
  }

  /// A field's value as a number; nil if it is none of the range.
  public func number(_ value: JSON5Value, _ name: String, in allowed: ClosedRange<Double>) -> Double? {
    let range = "a number from \(allowed.lowerBound) to \(allowed.upperBound)"
    let number: Double
    switch value.content {
    case .whole(let magnitude): number = Double(magnitude)
    case .number(let real): number = real
    default:
      report(name, at: value, .wrongType(expected: range, found: value.kind))
      return nil
    }
    guard allowed.contains(number) else {
      report(name, at: value, .outOfRange(value: "\(number)", allowed: range))
      return nil
    }
    return number
  }

  /// Reads a number that is kept as a multiple of 1/`scale`, if it is there.
  public mutating func scaled(
    _ name: String, _ target: inout UInt32, scale: Double, in allowed: ClosedRange<Double>
  ) {
    var number = Double(target) / scale
    self.number(name, &number, in: allowed)
    target = UInt32((number * scale).rounded())
  }

  // MARK: Texts, truth values and lists

  /// Reads a string, if it is there.
  public mutating func text(_ name: String, _ target: inout String) {
    guard let value = value(name), let text = text(value, name) else { return }
    target = text
  }

  /// Reads a string that may be left out.
  public mutating func text(_ name: String, _ target: inout String?) {
    guard let value = value(name), let text = text(value, name) else { return }
    target = text
  }

  /// Reads a string that must be there and say something; empty where the file is refused.
  public mutating func requiredText(_ name: String) -> String {
    guard let value = value(name) else {
      report(name, .missing)
      return ""
    }
    guard let text = text(value, name) else { return "" }
    if text.isEmpty { report(name, at: value, .unusable(reason: "it is empty")) }
    return text
  }

  /// A field's value as a string; nil if it is none.
  public func text(_ value: JSON5Value, _ name: String) -> String? {
    guard case .text(let text) = value.content else {
      report(name, at: value, .wrongType(expected: "a string", found: value.kind))
      return nil
    }
    return text
  }

  /// Reads `true` or `false`, if it is there.
  public mutating func flag(_ name: String, _ target: inout Bool) {
    guard let value = value(name) else { return }
    guard case .boolean(let flag) = value.content else {
      return report(name, at: value, .wrongType(expected: "true or false", found: value.kind))
    }
    target = flag
  }

  /// The elements of a list, each read by `element`, which is given the element's name; nil if the field is
  /// not there, no list, or of another length than is allowed.
  public mutating func list<Value>(
    _ name: String, count allowed: ClosedRange<Int>,
    _ element: (_ value: JSON5Value, _ name: String, _ fields: SettingsFields) -> Value?
  ) -> [Value]? {
    guard let value = value(name) else { return nil }
    guard case .list(let list) = value.content else {
      report(name, at: value, .wrongType(expected: "a list", found: value.kind))
      return nil
    }
    guard allowed.contains(list.count) else {
      let range = "a list of \(allowed.lowerBound) to \(allowed.upperBound)"
      report(name, at: value, .outOfRange(value: "\(list.count) values", allowed: range))
      return nil
    }
    return list.enumerated().compactMap { element($1, "\(name)[\($0)]", self) }
  }

  /// Reads a list of strings, if it is there.
  public mutating func texts(_ name: String, _ target: inout [String], count allowed: ClosedRange<Int>) {
    let found: [String]? = list(name, count: allowed) { value, name, fields in fields.text(value, name) }
    if let found { target = found }
  }

  /// A value that is one of several names; nil if it is none.
  public func choice<Value>(
    _ value: JSON5Value, _ name: String, of choices: [(name: String, value: Value)]
  ) -> Value? {
    guard let text = text(value, name) else { return nil }
    if let choice = choices.first(where: { $0.name == text }) { return choice.value }
    let names = choices.map(\.name)
    let shown = JSON5Text.printable(text)
    let reason =
      "there is no '\(shown)'; did you mean '\(Spelling.nearest(to: text, among: names))'? "
      + "There are \(names.joined(separator: ", "))"
    report(name, at: value, .unusable(reason: reason))
    return nil
  }
}
