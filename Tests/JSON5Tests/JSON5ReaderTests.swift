import JSON5
import Testing

@Suite("JSON5") struct JSON5ReaderTests {
  private func read(_ text: String) throws(JSON5Reader.Fault) -> JSON5Value.Content {
    try JSON5Reader.read(Array(text.utf8)).content
  }

  private func fields(_ text: String) throws -> [String: JSON5Value.Content] {
    guard case .object(let fields) = try read(text) else { return [:] }
    return Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.value.content) })
  }

  @Test("the example of the specification's first page is read")
  func specificationExample() throws {
    let found = try fields(
      """
      {
        // comments
        unquoted: 'and you can quote me on that',
        singleQuotes: 'I can use "double quotes" here',
        lineBreaks: "Look, Mom! \\
      No \\\\n's!",
        hexadecimal: 0xdecaf,
        leadingDecimalPoint: .8675309, andTrailing: 8675309.,
        positiveSign: +1,
        trailingComma: 'in objects', andIn: ['arrays',],
        "backwardsCompatible": "with JSON",
      }
      """)
    #expect(found["unquoted"] == .text("and you can quote me on that"))
    #expect(found["singleQuotes"] == .text("I can use \"double quotes\" here"))
    #expect(found["lineBreaks"] == .text("Look, Mom! No \\n's!"))
    #expect(found["hexadecimal"] == .whole(0xdecaf))
    #expect(found["leadingDecimalPoint"] == .number(0.8675309))
    #expect(found["andTrailing"] == .number(8_675_309))
    #expect(found["positiveSign"] == .whole(1))
    #expect(found["backwardsCompatible"] == .text("with JSON"))
    #expect(found.count == 9 + 1)
  }

  @Test(
    "numbers are read exactly",
    arguments: [
      ("0", JSON5Value.Content.whole(0)), ("18446744073709551615", .whole(.max)), ("-3", .number(-3)),
      ("18446744073709551616", .number(18_446_744_073_709_551_616)), ("1e3", .number(1_000)),
      ("1E+3", .number(1_000)), ("5.e-1", .number(0.5)), ("-.25", .number(-0.25)), ("0.1", .number(0.1)),
      ("Infinity", .number(.infinity)), ("-Infinity", .number(-.infinity)), ("0XfF", .whole(255)),
    ])
  func numbers(text: String, expected: JSON5Value.Content) throws {
    #expect(try read(text) == expected)
  }

  @Test("escapes stand for what they say")
  func escapes() throws {
    #expect(try read(#""\x41\u00e9\ud83d\ude00\n\0\q\'""#) == .text("A\u{E9}\u{1F600}\n\0q'"))
  }

  @Test(
    "what is not JSON5 is refused where it goes wrong",
    arguments: [
      ("", 1, 1), ("{", 1, 2), ("{a 1}", 1, 4), ("{a: 1 b: 2}", 1, 7), ("{a:\n  ?}", 2, 3), ("{a: 01}", 1, 5),
      ("{a: 1}\n x", 2, 2), ("'abc", 1, 1), ("'a\nb'", 1, 1), ("{a: 1,\n a: 2}", 2, 2), ("/* x", 1, 1),
      ("[1,,2]", 1, 4), ("{1a: 2}", 1, 4), ("0x", 1, 1), ("1e", 1, 1), ("1e999", 1, 1), (".", 1, 1),
      ("--1", 1, 2),
      ("nul", 1, 1), ("+true", 1, 1), ("'\\ud83d'", 1, 3), ("'\\x4'", 1, 5), ("'\\01'", 1, 3), ("/", 1, 1),
    ])
  func faults(text: String, line: Int, column: Int) {
    let fault = #expect(throws: JSON5Reader.Fault.self) { try JSON5Reader.read(Array(text.utf8)) }
    #expect(
      fault?.place.line == line && fault?.place.column == column,
      "\(text.debugDescription): \(String(describing: fault))"
    )
  }

  @Test("nesting is bounded, whatever the length")
  func depth() throws {
    let deepest = JSON5Reader.maximumDepth
    func nested(_ depth: Int) -> String {
      String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    }
    _ = try read(nested(deepest))
    #expect(throws: JSON5Reader.Fault.self) { try read(nested(deepest + 1)) }
    #expect(throws: JSON5Reader.Fault.self) { try read(String(repeating: "{a:", count: 20_000)) }
  }

  @Test("bytes that are not UTF-8 are refused")
  func encoding() {
    #expect(throws: JSON5Reader.Fault.self) { try JSON5Reader.read([0x22, 0xFF, 0x22]) }
    #expect(throws: JSON5Reader.Fault.self) { try JSON5Reader.read([0x22, 0xC0, 0x80, 0x22]) }
  }
}
