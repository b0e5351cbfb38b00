public import JSON5
public import Learning

extension ModelSpecification {
  /// Reads the name of a native model, if it is there; a name that makes none is refused.
  public static func read(_ name: String, _ target: inout String, _ fields: inout SettingsFields) {
    guard let value = fields.value(name), let text = fields.text(value, name) else { return }
    do {
      target = try ModelSpecification(parsing: text).description
    } catch {
      fields.report(
        name, at: value, .unusable(reason: JSON5Text.printable(error.description, limit: 400)))
    }
  }
}
