import JSON5
import Learning
import Settings
import Testing

@Suite struct DataSettingsTests {
  private func read(_ text: String) throws(SettingsError) -> DataSettings {
    try SettingsFields.read(Array(text.utf8), name: "node.json5") { fields in
      var settings = DataSettings()
      fields.object("data") { settings.read(&$0) }
      return settings
    }
  }

  @Test func sharesOfOnePlanHaveNothingInCommonAndAreTheSameOnEveryNode() throws {
    let plan = "deal: { seed: 3, validators: 2, contributors: 5, testExamples: 100 }"
    var parts: [Dataset] = []
    for share in ["'test'"] + (0..<2).map({ "{ validator: \($0) }" })
      + (0..<5).map({ "{ contributor: \($0) }" })
    {
      let settings = try read("{ data: { share: \(share), \(plan) } }")
      let part = try DatasetLoader.load(settings)
      #expect(try DatasetLoader.load(settings) == part)
      parts.append(part)
    }
    #expect(parts[0].count == 100 && parts[1].count == 60)
    // With every class's surplus over six in a reference set dealt out too, no example is lost.
    #expect(parts.map(\.count).reduce(0, +) == Digits.count)
    #expect(try DatasetLoader.load(try read("{}")).count == Digits.count)
  }

  @Test(arguments: [
    ("{ data: { share: 'tset' } }", "node.json5:1:18: data.share: it must be \"test\", { validator"),
    ("{ data: { share: { validator: 4 } } }", "data.share: there is no share 4 among those of 4 validators"),
    ("{ data: { share: { contributer: 4 } } }", "did you mean 'data.share.contributor'?"),
    ("{ data: { deal: { contributors: 0 } } }", "data.deal.contributors is 0; it must be a whole number"),
    ("{ data: { source: { idx: {} } } }", "data.source.idx.images is missing"),
  ])
  func mistakesAreNamed(text: String, expected: String) {
    let error = #expect(throws: SettingsError.self) { try read(text) }
    #expect(error?.description.contains(expected) == true, "\(error?.description ?? "")")
  }

  @Test func whatIsDocumentedIsTheDefault() throws {
    let text = DataSettings.documented(purpose: "What the node trains on.", share: "\"test\"")
    let settings = try read("{\n\(text)\n}")
    #expect(settings.share == .test && settings.plan == DealingPlan() && settings.source == .digits)
  }
}
