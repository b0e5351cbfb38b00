import Testing
import Wire

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

  @Test func rotated() {
    let payload = Payload(
      encoding: [100, -20, 3, 0, 50, -60, 7, 80, -9], form: .rotated(signsPerChunk: 4_096),
      rotation: Rotation(seed: 0x0123_4567_89AB_CDEF))
    #expect(payload.bytes == [0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF, 0x14, 0xED])
    #expect(payload.denseValues() == [96, 0, -96, 0, 0, -96, 0, 96, -96])
  }

  /// Numpy's digest of the header's fields: `rotation_seed` in `Tests/Interop/payloads.py`.
  @Test func aRotationsSeed() throws {
    let task = try #require(Digest(bytes: (0..<32).map { UInt8($0) }))
    let contributor = try #require(PublicKey(bytes: (32..<64).map { UInt8($0) }))
    #expect(Rotation(task: task, contributor: contributor, baseVersion: 300).seed == 0xBFCA_A647_D488_7195)
  }
}
