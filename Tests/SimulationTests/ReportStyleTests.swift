import Glibc
import Testing

@testable import Simulation

@Suite("Style of the report") struct ReportStyleTests {
  /// The custom colours of each `:root` block that defines a paper: light, then dark.
  private var themes: [[String: String]] {
    "\(ReportStyle.sheet)".split(separator: ":root {", omittingEmptySubsequences: false).dropFirst().map {
      block in
      let declarations = block.prefix { $0 != "}" }.split(separator: ";")
      let pairs = declarations.compactMap { declaration -> (String, String)? in
        let parts = declaration.split(separator: ":").map { String($0.filter { !$0.isWhitespace }) }
        return parts.count == 2 && parts[0].hasPrefix("--") ? (parts[0], parts[1]) : nil
      }
      return Dictionary(uniqueKeysWithValues: pairs)
    }
    .filter { $0["--paper"] != nil }
  }

  /// Relative luminance as WCAG 2.2 defines it.
  private func luminance(_ colour: String) -> Double? {
    guard colour.hasPrefix("#"), let value = UInt32(colour.dropFirst(), radix: 16) else { return nil }
    let channels = [value >> 16, value >> 8 & 0xFF, value & 0xFF].map { channel in
      let share = Double(channel) / 255
      return share <= 0.04045 ? share / 12.92 : pow((share + 0.055) / 1.055, 2.4)
    }
    return 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
  }

  @Test("text has a contrast of 4.5 at least, in light and in dark")
  func contrast() throws {
    try #require(themes.count == 2)
    for theme in themes {
      let paper = try #require(luminance(theme["--paper"] ?? ""))
      for (name, colour) in theme where !["--paper", "--rule", "--axis", "--mark"].contains(name) {
        let text = try #require(luminance(colour), "\(name)")
        #expect((max(text, paper) + 0.05) / (min(text, paper) + 0.05) >= 4.5, "\(name) \(colour)")
      }
      let mark = try #require(luminance(theme["--mark"] ?? ""))
      let cell = try #require(luminance(theme["--hostile"] ?? ""))
      #expect((max(mark, cell) + 0.05) / (min(mark, cell) + 0.05) >= 4.5)
    }
  }

  @Test("every colour that is used is defined")
  func colours() {
    let sheet = "\(ReportStyle.sheet)"
    let used = Set(sheet.split(separator: "var(").dropFirst().map { String($0.prefix { $0 != ")" }) })
    #expect(!used.isEmpty)
    for theme in themes {
      #expect(used.subtracting(theme.keys).isEmpty && Set(theme.keys).subtracting(used).isEmpty)
    }
  }
}
