/// A piece of HTML or SVG. Text enters it only escaped, and elements only whole, so it is well formed.
struct Markup: Sendable {
  /// The piece as it stands in the page.
  let source: String

  private init(source: String) { self.source = source }

  /// Elements that are written without an end tag when they are empty.
  private static let selfClosing: Set<String> = ["meta", "path", "line", "rect", "circle"]

  /// Text, escaped for element content and for quoted attributes.
  static func text(_ text: String) -> Markup { Markup(source: escaped(text)) }

  /// An element. Attributes without a value are left out.
  static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], _ children: [Markup] = []
  ) -> Markup {
    var source = "<\(name)"
    for (key, value) in attributes where !value.isEmpty { source += " \(key)=\"\(escaped(value))\"" }
    if children.isEmpty, selfClosing.contains("\(name)") { return Markup(source: source + "/>") }
    source += ">"
    for child in children { source += child.source }
    return Markup(source: source + "</\(name)>")
  }

  /// An element that holds text only.
  static func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], _ content: String
  ) -> Markup {
    element(name, attributes, [text(content)])
  }

  /// An element without attributes that holds text only.
  static func element(_ name: StaticString, _ content: String) -> Markup { element(name, [:], content) }

  /// A style sheet of our own. It is fixed text, so that nothing from a record can enter it.
  static func style(_ sheet: StaticString) -> Markup { Markup(source: "<style>\n\(sheet)\n</style>") }

  /// Pieces one after the other, each on lines of its own.
  static func lines(_ pieces: [Markup]) -> Markup {
    Markup(source: pieces.map(\.source).joined(separator: "\n"))
  }

  /// A whole page.
  static func page(language: StaticString, head: [Markup], body: [Markup]) -> String {
    "<!DOCTYPE html>\n<html lang=\"\(language)\">\n<head>\n\(lines(head).source)\n</head>\n"
      + "<body>\n\(lines(body).source)\n</body>\n</html>\n"
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\n", "\t": escaped.unicodeScalars.append(scalar)
      // Neither HTML nor XML has control characters; marks that turn the direction of text could disguise it.
      case _ where scalar.properties.generalCategory == .control || isDirectionMark(scalar):
        escaped += "\u{FFFD}"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  private static func isDirectionMark(_ scalar: Unicode.Scalar) -> Bool {
    (0x202A...0x202E).contains(scalar.value) || (0x2066...0x2069).contains(scalar.value)
  }
}
