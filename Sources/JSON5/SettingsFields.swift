import Wire

/// The fields of one object of a settings file while it is read.
///
/// ```swift
/// let port = try SettingsFields.read(bytes, name: "gateway.json5") { fields in
///   var port: UInt16 = 8_443
///   fields.whole("port", &port, in: 0...65_535)
///   return port
/// }
/// ```
///
/// It remembers which names it was asked for, so the names that a file knows are written down once: where
/// they are read. Mistakes are gathered, so that whoever wrote the file sees all of them at once; a target
/// whose field is wrong keeps its value.
public struct SettingsFields {
  /// What was found so far, shared by all objects of a file.
  private final class Mistakes {
    var list: [SettingsError.Mistake] = []
  }

  /// The longest file that is read, unless more is allowed.
  public static let fileBytesLimit = 1 << 16

  private let object: JSON5Value
  private let path: String
  private let mistakes: Mistakes
  private var knownNames: [String] = []

  private init?(_ value: JSON5Value, path: String, _ mistakes: Mistakes) {
    object = value
    self.path = path
    self.mistakes = mistakes
    guard case .object = value.content else {
      report("", at: value, .wrongType(expected: "an object", found: value.kind))
      return nil
    }
  }

  /// Reads a file whose document is one object.
  ///
  /// - Parameters:
  ///   - bytes: the file's
  ///   - name: the file's name, for errors
  ///   - limitBytes: of the file
  ///   - body: reads the fields; those that it does not ask for are refused
  /// - Throws: `SettingsError` with every mistake
  public static func read<Value>(
    _ bytes: [UInt8], name: String, limitBytes: Int = fileBytesLimit, _ body: (inout SettingsFields) -> Value
  ) throws(SettingsError) -> Value {
    try draft(bytes, name: name, limitBytes: limitBytes, body).checked()
  }

  /// Reads a file as `read` does, and hands over what it says beside its mistakes.
  ///
  /// - Throws: `SettingsError` for a file that is not one JSON5 object
  public static func draft<Value>(
    _ bytes: [UInt8], name: String, limitBytes: Int = fileBytesLimit, _ body: (inout SettingsFields) -> Value
  ) throws(SettingsError) -> SettingsDraft<Value> {
    func refusal(_ place: JSON5Value.Place?, _ problem: SettingsError.Problem) -> SettingsError {
      SettingsError(file: name, mistakes: [.init(place: place, path: "", problem: problem)])
    }
    guard bytes.count <= limitBytes else {
      throw refusal(nil, .tooLong(bytes: bytes.count, limit: limitBytes))
    }
    let document: JSON5Value
    do {
      document = try JSON5Reader.read(bytes)
    } catch {
      throw refusal(error.place, .notJSON5(reason: error.reason))
    }
    let mistakes = Mistakes()
    guard var fields = SettingsFields(document, path: "", mistakes) else {
      throw SettingsError(file: name, mistakes: mistakes.list)
    }
    let value = body(&fields)
    fields.end()
    return SettingsDraft(value, file: name, document: document, mistakes.list)
  }

  /// Whether nothing was found wrong in the file so far, so that fields can be held against each other.
  public var isFaultless: Bool { mistakes.list.isEmpty }

  /// Whether nothing was found wrong so far in a field of this object, nor below it.
  public func isSound(_ name: String) -> Bool {
    let whole = path(of: name)
    return !mistakes.list.contains { $0.concerns(whole) }
  }

  /// Whether there is a field at a path from this object on, such as `contributors.devices`.
  public func has(_ path: String) -> Bool { object.has(path.split(separator: ".")) }

  /// The value of a field, if the object has it.
  public mutating func value(_ name: String) -> JSON5Value? {
    knownNames.append(name)
    return object.fields.first { $0.name == name }?.value
  }

  /// Notes a mistake at a field of this object.
  public func report(_ name: String, at value: JSON5Value, _ problem: SettingsError.Problem) {
    mistakes.list.append(.init(place: value.place, path: path(of: name), problem: problem))
  }

  /// Notes a mistake at a path from this object on, whether the field is there or a default.
  public func report(_ name: String, _ problem: SettingsError.Problem) {
    let place = object.place(at: name.split(separator: "."))
    mistakes.list.append(.init(place: place, path: path(of: name), problem: problem))
  }

  private func path(of name: String) -> String {
    path.isEmpty ? name : name.isEmpty ? path : "\(path).\(name)"
  }

  /// Reads the object in a field, if it is there. Fields that `body` does not ask for are refused.
  public mutating func object(_ name: String, _ body: (inout SettingsFields) -> Void) {
    guard let value = value(name) else { return }
    object(value, name, body)
  }

  /// Reads a value of this object that is an object itself.
  public func object(_ value: JSON5Value, _ name: String, _ body: (inout SettingsFields) -> Void) {
    guard var inner = SettingsFields(value, path: path(of: name), mistakes) else { return }
    body(&inner)
    inner.end()
  }

  /// Refuses fields that nobody asked for.
  private func end() {
    for field in object.fields where !knownNames.contains(field.name) {
      let suggestion = Spelling.nearest(to: field.name, among: knownNames)
      mistakes.list.append(
        .init(
          place: field.place, path: path(of: JSON5Text.printable(field.name)),
          problem: .unknownField(suggestion: path(of: suggestion))))
    }
  }
}
