import Testing

@testable import Simulation

@Suite("Report of a tournament") struct TournamentReportTests {
  private func check(_ record: TournamentRecord, _ note: String = "") -> MarkupChecker {
    let html = TournamentReport.html(record)
    let page = MarkupChecker(html)
    #expect(page.faults.isEmpty, "\(note): \(page.faults.prefix(5))")
    #expect(html == TournamentReport.html(record), "\(note): one record gives one page")
    #expect(!page.texts.contains { $0.contains("nan") || $0.contains("inf ") }, "\(note): not finite")
    return page
  }

  private func record(
    _ results: [TournamentRecord.Result], peers: [PeerResults] = []
  ) -> TournamentRecord { TournamentRecord(SampleTournament.grid, results: results, peers: peers) }

  private func cells(_ page: MarkupChecker, worst: Bool = false) -> [MarkupChecker.Element] {
    page.elements.filter { element in
      element.name == "td" && (!worst || element.attributes["class"]?.contains("worst") == true)
    }
  }

  @Test(
    "the page is whole, needs nothing from elsewhere, and has a number in every cell",
    arguments: [1, 2] as [UInt64])
  func wellFormed(seed: UInt64) throws {
    let results = SampleTournament.results(seed: seed)
    let page = check(record(results), "seed \(seed)")
    let forbidden: Set<String> = ["script", "link", "img", "iframe", "object"]
    #expect(page.elements.allSatisfy { !forbidden.contains($0.name) })
    // Two rules: a table of worst cases (2 skews + 2 panels), and in each of two panels one table of four
    // columns and four of three.
    #expect(cells(page).count == 2 * 4 + 2 * (2 * 4 + 4 * 2 * 3))
    #expect(cells(page, worst: true).count == 2 * 2)
    for rule in ["trust", "mean"] { #expect(page.texts.filter { $0 == rule }.count == 1 + 2 * 5) }
  }

  @Test("accuracies are shown as they are, and shaded by what was lost")
  func shades() throws {
    let results = [
      SampleTournament.result("trust", nil, 0.9), SampleTournament.result("trust", "noise", 0.895),
      SampleTournament.result("trust", "sign-flip", 0.885), SampleTournament.result("mean", nil, 0.86),
      SampleTournament.result("mean", "noise", 0.78), SampleTournament.result("mean", "sign-flip", 0.1),
    ]
    let page = check(record(results))
    func level(of tip: String) -> String? {
      cells(page).first { $0.attributes["title"]?.hasPrefix(tip) == true }?.attributes["class"]
    }
    #expect(level(of: "trust, no attack: 90.0%") == "number level-0")
    #expect(level(of: "trust, noise: 89.5%") == "number level-0")
    #expect(level(of: "trust, sign-flip: 88.5%") == "number level-1 worst")
    #expect(level(of: "mean, no attack: 86.0%") == "number level-2")
    #expect(level(of: "mean, noise: 78.0%") == "number level-4")
    #expect(level(of: "mean, sign-flip: 10.0%") == "number level-5 worst")
    for text in ["90.0", "88.5", "10.0"] { #expect(page.texts.contains(text), "\(text)") }
  }

  @Test("a figure that no run measured has no table")
  func missingFigures() {
    var results = SampleTournament.results(seed: 7)
    let title = "Triggered examples that fall to the backdoor, in percent"
    #expect(check(record(results)).texts.contains(title))
    for index in results.indices { results[index].figures.backdoorSuccess = nil }
    #expect(!check(record(results)).texts.contains(title))
  }

  @Test("text keeps its contrast on every shade, in light and in dark")
  func contrast() throws {
    let inks = StyleThemes("\(ReportStyle.sheet)")
    let shades = StyleThemes("\(HeatStyle.sheet)")
    try #require(inks.themes.count == 2 && shades.themes.count == 2)
    for (ink, shade) in zip(inks.themes, shades.themes) {
      #expect(shade.count == HeatTable.worstLevel)
      for (name, colour) in shade {
        let contrast = try #require(StyleThemes.contrast(ink["--ink"] ?? "", colour))
        #expect(contrast >= 4.5, "\(name)")
      }
    }
  }

  @Test("odd grids stay pages")
  func degenerate() throws {
    let empty = check(record([]), "nothing")
    #expect(empty.texts.contains("No cell was run."))
    _ = check(record([SampleTournament.result("trust", nil, 0.5)]), "attack-free only")
    _ = check(record([SampleTournament.result("trust", "noise", 0.5)]), "no attack-free run")
    _ = check(
      record([
        SampleTournament.result("trust", "noise", 0.5),
        SampleTournament.result("mean", "sign-flip", skew: 1, 0.4),
      ]), "holes")
    let peerOnly = try SampleTournament.read(
      SampleTournament.peer([("krum", "noise", 0.7), ("x", nil, 0.2)]))
    _ = check(record([], peers: [peerOnly]), "peer only")
    let empties = try SampleTournament.read("{\"peer\": \"none\", \"cells\": []}")
    _ = check(record(SampleTournament.results(seed: 3), peers: [empties, peerOnly]), "a peer without cells")
  }

  @Test("numbers at their worst")
  func badNumbers() {
    for bad in [Double.nan, .infinity, -.infinity, 1e300, -0.0] {
      var results = SampleTournament.results(seed: 4)
      for index in results.indices where index % 2 == 0 {
        results[index].figures.accuracy = bad
        results[index].figures.honestRejected = bad
        results[index].figures.payRatio = bad
        results[index].figures.bitsPerParameter = bad
        results[index].figures.wallSeconds = bad
      }
      _ = check(record(results), "\(bad)")
    }
  }

  @Test("hostile strings are shown, not obeyed")
  func hostileStrings() throws {
    let text = "\\\"><img src=x onerror=alert(1)>'&"
    let peer = try SampleTournament.read(
      SampleTournament.peer([(text, "noise", 0.7)]).replacing("other 1.0", with: text))
    var results = SampleTournament.results(seed: 5)
    results[0].figures.failure = text
    let page = check(record(results, peers: [peer]))
    #expect(page.elements.allSatisfy { $0.name != "img" })
  }

  @Test("a peer's rules and the difference to its best one are rows of the table")
  func peers() throws {
    let own = [SampleTournament.result("trust", nil, 0.9), SampleTournament.result("trust", "noise", 0.8)]
    let peer = try SampleTournament.read(
      SampleTournament.peer([("krum", nil, 0.95), ("krum", "noise", 0.7), ("median", "noise", 0.75)]))
    let page = check(record(own, peers: [peer]))
    for text in ["other 1.0: krum", "other 1.0: median", "trust less the best of other 1.0", "+5.0", "−5.0"] {
      #expect(page.texts.contains(text), "\(text)")
    }
  }

  @Test("the record is read back from its JSON, whatever its numbers")
  func json() throws {
    var results = SampleTournament.results(seed: 6)
    results[0].figures.accuracy = .nan
    results[1].figures.loss = .infinity
    let bytes = try record(results).json()
    #expect(try record(results).json() == bytes)
    let text = String(decoding: bytes, as: UTF8.self)
    #expect(text.contains("\"NaN\"") && text.contains("\"Infinity\""))
  }
}
