import Testing

@testable import Services

@Suite struct EventTests {
  @Test func anEventIsOneLineOfSortedJSON() {
    let event = ServiceEvent(.warning, "orderDelayed", ["reason": "a \"quote\"\nand a line", "attempt": "2"])
    #expect(
      event.json
        == #"{"attempt":"2","event":"orderDelayed","level":"warning","reason":"a \"quote\"\nand a line"}"#)
  }
}
