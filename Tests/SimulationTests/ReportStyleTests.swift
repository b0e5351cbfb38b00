import Testing

@testable import Simulation

@Suite("Style of the report") struct ReportStyleTests {
  private var themes: [[String: String]] { StyleThemes("\(ReportStyle.sheet)").themes }

  @Test("text has a contrast of 4.5 at least, in light and in dark")
  func contrast() throws {
    try #require(themes.count == 2)
    for theme in themes {
      for (name, colour) in theme where !["--paper", "--rule", "--axis", "--mark"].contains(name) {
        let contrast = try #require(StyleThemes.contrast(colour, theme["--paper"] ?? ""), "\(name)")
        #expect(contrast >= 4.5, "\(name) \(colour)")
      }
      let mark = try #require(StyleThemes.contrast(theme["--mark"] ?? "", theme["--hostile"] ?? ""))
      #expect(mark >= 4.5)
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
