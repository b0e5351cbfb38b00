/// What a settings file says, as far as it could be read, and what is wrong in it.
///
/// Some mistakes show only when what the fields name is looked at. A draft gathers them beside those of the
/// fields, so that whoever wrote the file sees all of them at once.
public struct SettingsDraft<Value> {
  /// What was read; a field that is wrong has its default.
  public let value: Value
  private let file: String
  private let document: JSON5Value
  private var mistakes: [SettingsError.Mistake]

  init(_ value: Value, file: String, document: JSON5Value, _ mistakes: [SettingsError.Mistake]) {
    self.value = value
    self.file = file
    self.document = document
    self.mistakes = mistakes
  }

  /// Whether nothing is wrong at a path such as `trainer.command`, below it, or in an object around it.
  public func isSound(at path: String) -> Bool {
    !mistakes.contains { $0.concerns(path) }
  }

  /// Notes a mistake at a path such as `trainer.files[2]`, whether the field is there or a default.
  public mutating func report(_ path: String, _ problem: SettingsError.Problem) {
    let place = document.place(at: path.split { $0 == "." || $0 == "[" || $0 == "]" })
    mistakes.append(.init(place: place, path: path, problem: problem))
  }

  /// Whether nothing is wrong.
  public var isFaultless: Bool { mistakes.isEmpty }

  /// What is wrong: every mistake, in the order of their places.
  public var error: SettingsError { SettingsError(file: file, mistakes: mistakes) }

  /// What was read.
  ///
  /// - Throws: `SettingsError` if anything is wrong
  public func checked() throws(SettingsError) -> Value {
    guard isFaultless else { throw error }
    return value
  }
}
