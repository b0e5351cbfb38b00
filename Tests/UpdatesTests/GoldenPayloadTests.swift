import Testing

@testable import Updates

/// The examples of `docs/PACKET.md`: if one fails the format has changed, and old packets are lost. The
/// sparse ones come from `Tests/Interop/payloads.py`, the others were worked out by hand.
struct GoldenPayloadTests {
  @Test func sparse() throws {
    let payload = Payload(encoding: [0, 100, 0, 0, -40, 0, 0, 0], form: .sparse(keptPerChunk: 1_024))
    let numbers: [UInt8] = [0x0B, 0x54, 0xD0, 0xBF, 0xC1, 0xEA, 0x02, 0xA8]
    #expect(payload.bytes == numbers + [0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0xC0, 0x00])
    #expect(payload.denseValues() == [0, 96, 0, 0, -40, 0, 0, 0])
  }

  @Test func nothingKept() {
    let payload = Payload(encoding: [0, 0, 0, 0, 0, 0, 0, 0], form: .sparse(keptPerChunk: 1_024))
    let numbers: [UInt8] = [0x00, 0x00, 0x00, 0x0C, 0xFF, 0x7E, 0x0A, 0x3C]
    #expect(payload.bytes == numbers + [0x00, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00])
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
