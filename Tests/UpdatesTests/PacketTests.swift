import Numerics
import Testing
import Wire

@testable import Updates

struct PacketTests {
  private static let task = Digest(of: [1], in: HashDomain("test.updates"))

  private func packet(count: Int, form: PacketForm, seed: UInt64) throws -> Packet {
    var random = SeededRandom(seed: seed)
    let values = (0..<count).map { _ in Int32(random.integer(below: 1 << 20) - 1 << 19) }
    let contributor = try #require(PublicKey(bytes: (0..<32).map { UInt8($0) }))
    let rotation = Rotation(task: Self.task, contributor: contributor, baseVersion: 7)
    let payload = Payload(encoding: values, form: form, rotation: rotation)
    return Packet(task: Self.task, baseVersion: 7, contributor: contributor, sequence: 3, payload: payload)
  }

  @Test(arguments: TestVector.forms)
  func packetsAndStepsComeBack(_ form: PacketForm) throws {
    let packet = try packet(count: 5_000, form: form, seed: 1)
    let received = try Packet(wireBytes: packet.wireBytes, limit: UpdateLimits.messageBytesLimit)
    #expect(received == packet)
    #expect(received.digest == Packet.digest(of: packet.wireBytes))
    guard form.takesFeedback else { return }
    let step = Step(task: Self.task, version: 8, payload: packet.payload)
    #expect(try Step(wireBytes: step.wireBytes, limit: UpdateLimits.messageBytesLimit) == step)
    #expect(step.digest != packet.digest)
  }

  @Test func noChangedByteGivesASecondEncoding() throws {
    let packet = try packet(count: 20, form: .sparse(keptPerChunk: 1_000), seed: 2)
    let step = Step(task: Self.task, version: 8, payload: packet.payload)
    func check<Message: WireMessage>(_ message: Message) {
      let bytes = message.wireBytes
      for index in bytes.indices {
        #expect(throws: WireError.self) { try Message(wireBytes: Array(bytes[..<index]), limit: 10_000) }
        for bit in 0..<8 {
          var mutated = bytes
          mutated[index] ^= 1 << UInt8(bit)
          guard let accepted = try? Message(wireBytes: mutated, limit: 10_000) else { continue }
          #expect(accepted.wireBytes == mutated, "byte \(index), bit \(bit)")
        }
      }
      #expect(throws: WireError.self) { try Message(wireBytes: bytes + [0], limit: 10_000) }
    }
    check(packet)
    check(step)
  }

  @Test func digestsNameTheWholePacket() throws {
    let packet = try packet(count: 100, form: .dense8, seed: 3)
    let other = Packet(
      task: packet.header.task, baseVersion: 7, contributor: packet.header.contributor, sequence: 4,
      payload: packet.payload)
    #expect(packet.digest != other.digest)
    #expect(packet.digest != Digest(of: packet.wireBytes, in: HashDomain("test.updates")))
  }

  @Test func stepsToVersionZeroAreRefused() throws {
    var writer = WireWriter()
    writer.digest(Self.task, field: 1)
    writer.string("dense8", field: 3)
    writer.uint64(1, field: 4)
    writer.bytes([0], field: 5)
    let bytes = writer.bytes
    #expect(throws: WireError.self) { try Step(wireBytes: bytes, limit: 1_000) }
  }

  /// 64 of 4,096 uniformly placed values of two magnitudes: at most 0.155 bit a parameter with 260 bytes for
  /// the packet's header, the envelope and its signature.
  @Test func packetsOfAMillionParametersMeetTheBudget() throws {
    let count = 1_000_000
    let seed: UInt64 = 9
    var random = SeededRandom(seed: seed)
    var values = [Int32](repeating: 0, count: count)
    for index in values.indices {
      // A triangular density: cheap to draw in a debug build, and spread over both levels.
      let word = random.next()
      values[index] = Int32(word & 0xFFFF) - Int32(word >> 16 & 0xFFFF)
    }
    let contributor = try #require(PublicKey(bytes: (0..<32).map { UInt8($0) }))
    let payload = Payload(encoding: values, form: .sparse(keptPerChunk: 64))
    let packet = Packet(
      task: Self.task, baseVersion: 1 << 20, contributor: contributor, sequence: 1 << 20, payload: payload)
    let envelopeBytes = 150
    let bits = Double((packet.wireBytes.count + envelopeBytes) * 8) / Double(count)
    #expect(packet.wireBytes.count - payload.bytes.count + envelopeBytes <= 260)
    #expect(bits <= 0.155, "\(bits) bit/parameter, seed \(seed)")
    #expect(payload.codedValueCount == 244 * 64 + 9)
  }
}
