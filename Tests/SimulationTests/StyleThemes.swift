import Glibc

/// The custom colours of a style sheet, theme by theme: light, then dark.
struct StyleThemes {
  /// The colours of each `:root` block that defines any, by name.
  let themes: [[String: String]]

  init(_ sheet: String) {
    themes = sheet.split(separator: ":root {", omittingEmptySubsequences: false).dropFirst().map { block in
      let declarations = block.prefix { $0 != "}" }.split(separator: ";")
      let pairs = declarations.compactMap { declaration -> (String, String)? in
        let parts = declaration.split(separator: ":").map { String($0.filter { !$0.isWhitespace }) }
        return parts.count == 2 && parts[0].hasPrefix("--") ? (parts[0], parts[1]) : nil
      }
      return Dictionary(uniqueKeysWithValues: pairs)
    }
    .filter { !$0.isEmpty }
  }

  /// The contrast of two colours as WCAG 2.2 defines it, at least 1; nil if one is no colour.
  static func contrast(_ one: String, _ other: String) -> Double? {
    guard let one = luminance(one), let other = luminance(other) else { return nil }
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)
  }

  private static func luminance(_ colour: String) -> Double? {
    guard colour.hasPrefix("#"), let value = UInt32(colour.dropFirst(), radix: 16) else { return nil }
    let channels = [value >> 16, value >> 8 & 0xFF, value & 0xFF].map { channel in
      let share = Double(channel) / 255
      return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
  }
}
