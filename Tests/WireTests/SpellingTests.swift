import Testing

@testable import Wire

@Suite("Spelling") struct SpellingTests {
  @Test("slips are counted as Damerau did")
  func slips() {
    func slips(_ left: String, _ right: String) -> Int { Spelling.slips(Array(left), Array(right)) }
    #expect(slips("", "") == 0)
    #expect(slips("", "abc") == 3)
    #expect(slips("widnows", "windows") == 1)
    #expect(slips("kitten", "sitting") == 3)
    #expect(slips("ca", "abc") == 3)
    #expect(slips("abcdef", "abcdef") == 0)
  }
}
