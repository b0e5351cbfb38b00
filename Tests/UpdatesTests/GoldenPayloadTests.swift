import Testing

@testable import Updates

/// The examples of `docs/PACKET.md`, worked out by hand: if one fails the format has changed, and old packets
/// are lost.
struct GoldenPayloadTests {
  @Test func sparse() throws {
    let payload = Payload(encoding: [0, 100, 0, 0, -40, 0, 0, 0], form: .sparse(keptPerChunk: 1_024))
    #expect(payload.bytes == [0x8D, 0x0B, 0xE4, 0x80])
    #expect(payload.denseValues() == [0, 96, 0, 0, -40, 0, 0, 0])
  }

  @Test func nothingKept() {
    let payload = Payload(encoding: [0, 0, 0, 0, 0, 0, 0, 0], form: .sparse(keptPerChunk: 1_024))
    #expect(payload.bytes == [0b0110_0000])
  }

  @Test func dense8() {
    let payload = Payload(encoding: [254, -127, 0], form: .dense8)
    #expect(payload.bytes == [0x02, 0x7F, 0xC0, 0x00])
    #expect(payload.denseValues() == [254, -128, 0])
    #expect(Payload(encoding: [12, 24], form: .dense8).bytes == [0x0C, 0x01, 0x02])
  }

  @Test func dense4() {
    let payload = Payload(encoding: [14, -6, 3], form: .dense4)
    #expect(payload.bytes == [0x02, 0x7D, 0x20])
    #expect(payload.denseValues() == [14, -6, 4])
  }
}
