/// How names and strings are spelled, in a file and in errors about it.
public enum JSON5Text {
  /// The longest piece of a file that an error repeats, in characters.
  public static let maximumShownCharacters = 64

  /// A piece of a file as a terminal may show it: shortened, without control characters.
  public static func printable(_ text: String, limit: Int = maximumShownCharacters) -> String {
    let shown = text.prefix(limit).map { character in
      let isControl = character.unicodeScalars.contains { scalar in
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned: true
        default: false
        }
      }
      return isControl ? "\u{FFFD}" : character
    }
    return String(shown) + (text.count > limit ? "…" : "")
  }

  /// A JSON5 string with its quotes.
  public static func quoted(_ text: String) -> String {
    var literal = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": literal += "\\\""
      case "\\": literal += "\\\\"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F || (0x2028...0x2029).contains(scalar.value):
        let digits = String(scalar.value, radix: 16)
        literal += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: literal.unicodeScalars.append(scalar)
      }
    }
    return literal + "\""
  }
}
