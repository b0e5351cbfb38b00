import JSON5
import Testing

@Suite struct SettingsFieldsTests {
  /// One field of each kind.
  private struct Sample: Equatable {
    var count = 3
    var share = 0.5
    var scaled: UInt32 = 1 << 16
    var name = "x"
    var note: String?
    var isOn = false
    var list: [Int] = []
    var color = 0
    var inner = 7
    var key = ""
    var size = 0
  }

  private static let needed = "key: 'k', size: 2"

  private func read(_ text: String, limitBytes: Int = 1_000) throws(SettingsError) -> Sample {
    try SettingsFields.read(Array(text.utf8), name: "s", limitBytes: limitBytes) { fields in
      var sample = Sample()
      fields.whole("count", &sample.count, in: 1...9)
      fields.number("share", &sample.share, in: 0...1)
      fields.scaled("scaled", &sample.scaled, scale: 65_536, in: 0...4)
      fields.text("name", &sample.name)
      fields.text("note", &sample.note)
      fields.flag("isOn", &sample.isOn)
      sample.list = fields.list("list", count: 1...3) { $2.whole($0, $1, in: 0...5) } ?? []
      if let value = fields.value("color") {
        sample.color = fields.choice(value, "color", of: [("red", 1), ("green", 2)]) ?? 0
      }
      fields.object("outer") { outer in
        outer.object("inner") { $0.whole("depth", &sample.inner, in: 0...9) }
      }
      sample.key = fields.requiredText("key")
      sample.size = fields.requiredWhole("size", in: 1...4)
      return sample
    }
  }

  private func mistakes(_ text: String) -> [String] {
    do {
      _ = try read(text)
      return []
    } catch {
      return error.description.split(separator: "\n").map(String.init)
    }
  }

  @Test func everyFieldIsRead() throws {
    let sample = try read(
      """
      { count: 9, share: 1, scaled: 0.5, name: 'y', note: "", isOn: true, list: [0, 5], color: 'green',
        outer: { inner: { depth: 0 } }, key: 'k', size: 4 }
      """)
    #expect(
      sample
        == Sample(
          count: 9, share: 1, scaled: 1 << 15, name: "y", note: "", isOn: true, list: [0, 5], color: 2,
          inner: 0, key: "k", size: 4))
    #expect(try read("{ \(Self.needed) }") == Sample(key: "k", size: 2))
  }

  @Test(arguments: [
    ("count: 0", "s:1:3: count is 0; it must be a whole number from 1 to 9"),
    ("count: 1.5", "count is 1.5"), ("count: -1", "count is -1.0"), ("count: 'x'", "count is a string"),
    ("share: 1.01", "share is 1.01; it must be a number from 0.0 to 1.0"), ("share: NaN", "share is nan"),
    ("scaled: 5", "scaled is 5.0"), ("name: 3", "name is a number; it must be a string"),
    ("note: null", "note is null; it must be a string"), ("isOn: 1", "isOn is a number; it must be true or"),
    ("list: []", "list is 0 values; it must be a list of 1 to 3"), ("list: [1, 6]", "list[1] is 6"),
    ("list: 3", "list is a number; it must be a list"), ("color: 3", "color is a number"),
    ("color: 'gren'", "color: there is no 'gren'; did you mean 'green'? There are red, green"),
    ("outer: 3", "outer is a number; it must be an object"),
    ("outer: { iner: {} }", "did you mean 'outer.inner'"),
    (
      "outer: { inner: { depht: 1 } }", "unknown field 'outer.inner.depht'; did you mean 'outer.inner.depth'?"
    ),
    ("counts: 3", "unknown field 'counts'; did you mean 'count'?"),
  ])
  func aMistakeIsNamed(field: String, expected: String) {
    let found = mistakes("{ \(field), \(Self.needed) }")
    #expect(found.count == 1 && found[0].contains(expected.replacing("s:1:3", with: "s:1:10")), "\(found)")
  }

  @Test func whatMustBeThereIsMissedAndMustSaySomething() {
    #expect(
      mistakes("{}") == [
        "s:1:1: key is missing; it has no default", "s:1:1: size is missing; it has no default",
      ])
    #expect(mistakes("{ key: '', size: 1 }") == ["s:1:8: key: it is empty"])
    #expect(mistakes("{ key: 1, size: 5 }").count == 2)
  }

  @Test func mistakesComeInTheOrderOfTheFileAndNotWithoutEnd() {
    #expect(
      mistakes("{\n size: 9,\n zzz: 1,\n count: 0,\n key: 'k' }").map { String($0.prefix(4)) } == [
        "s:2:", "s:3:", "s:4:",
      ])
    let many = (0..<40).map { "field\($0): \($0)" }.joined(separator: ", ")
    let found = mistakes("{ \(Self.needed), \(many) }")
    #expect(found.count == 17 && found.last == "s: 24 more mistakes")
  }

  @Test func otherDocumentsAreRefused() {
    #expect(mistakes("[]") == ["s:1:1: the file is a list; it must be an object"])
    #expect(mistakes("{") == ["s:1:2: unexpected end of the file; expected a field's name or '}'"])
    let error = #expect(throws: SettingsError.self) { try read("{ \(Self.needed) }", limitBytes: 5) }
    #expect(error?.mistakes.first?.problem == .tooLong(bytes: 21, limit: 5))
  }
}
