public import JSON5
public import Learning

extension DatasetSource {
  /// Reads the field `source`, if it is there.
  public mutating func read(_ fields: inout SettingsFields) {
    guard let value = fields.value("source"), let found = DatasetSource(value, "source", in: fields) else {
      return
    }
    self = found
  }

  private init?(_ value: JSON5Value, _ name: String, in fields: SettingsFields) {
    if value.content == .text("digits") {
      self = .digits
      return
    }
    guard value.fields.count == 1 else {
      let expected =
        "\"digits\", { idx: { images: path, labels: path } } or { csv: { path: path, label: column } }"
      fields.report(name, at: value, .unusable(reason: "it must be \(expected)"))
      return nil
    }
    var found: DatasetSource?
    fields.object(value, name) { inner in
      inner.object("idx") { idx in
        found = .idx(images: idx.requiredText("images"), labels: idx.requiredText("labels"))
      }
      inner.object("csv") { csv in
        found = .csv(path: csv.requiredText("path"), label: Self.column(&csv))
      }
    }
    guard let found else { return nil }
    self = found
  }

  private static func column(_ fields: inout SettingsFields) -> CSV.LabelColumn {
    let none = CSV.LabelColumn.index(0)
    guard let value = fields.value("label") else {
      fields.report("label", .missing)
      return none
    }
    if case .text(let name) = value.content { return .named(name) }
    return fields.whole(value, "label", in: SettingsLimits.csvColumn).map { .index($0) } ?? none
  }

  /// The source as a file writes it.
  public var documented: String {
    switch self {
    case .digits: "\"digits\""
    case .idx(let images, let labels):
      "{ idx: { images: \(JSON5Text.quoted(images)), labels: \(JSON5Text.quoted(labels)) } }"
    case .csv(let path, .named(let name)):
      "{ csv: { path: \(JSON5Text.quoted(path)), label: \(JSON5Text.quoted(name)) } }"
    case .csv(let path, .index(let index)): "{ csv: { path: \(JSON5Text.quoted(path)), label: \(index) } }"
    }
  }

  /// The source in words.
  public var title: String {
    switch self {
    case .digits: "UCI optical digits"
    case .idx(let images, _): images
    case .csv(let path, _): path
    }
  }
}
