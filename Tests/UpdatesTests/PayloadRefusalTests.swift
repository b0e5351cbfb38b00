import Numerics
import Testing

@testable import Updates

struct PayloadRefusalTests {
  /// Whether bytes are refused; fails if they are accepted and are not the encoding of what they decode to.
  private func isRefused(_ bytes: [UInt8], _ form: PacketForm, count: Int, _ place: String) -> Bool {
    guard let payload = try? Payload(validating: bytes, form: form, parameterCount: count) else {
      return true
    }
    #expect(ReferenceCodec.encode(exactly: payload.denseValues(), form: form) == bytes, "\(form), \(place)")
    return false
  }

  private func fault(_ bits: String, _ form: PacketForm, count: Int) -> PayloadFault? {
    fault(ReferenceCodec.bytes(bits), form, count: count)
  }

  private func fault(_ bytes: [UInt8], _ form: PacketForm, count: Int) -> PayloadFault? {
    do {
      _ = try Payload(validating: bytes, form: form, parameterCount: count)
      return nil
    } catch UpdateError.malformedPayload(_, let fault) {
      return fault
    } catch {
      return nil
    }
  }

  @Test(arguments: [PacketForm.sparse(keptPerChunk: 1_000), .sparse(keptPerChunk: 4_096), .dense8, .dense4])
  func noChangedByteGivesASecondEncoding(_ form: PacketForm) {
    for vector in TestVector.all(count: 13, seed: 3) {
      let bytes = Payload(encoding: vector.values, form: form).bytes
      for index in bytes.indices {
        for flip in UInt8(1)...255 {
          var mutated = bytes
          mutated[index] ^= flip
          _ = isRefused(mutated, form, count: 13, "\(vector), byte \(index) ^ \(flip)")
        }
      }
      for length in bytes.indices {
        #expect(isRefused(Array(bytes[..<length]), form, count: 13, "\(vector), cut at \(length)"))
      }
      #expect(isRefused(bytes + [0], form, count: 13, "\(vector), one more byte"))
    }
  }

  @Test(arguments: [PacketForm.sparse(keptPerChunk: 16), .sparse(keptPerChunk: 1_500), .dense8, .dense4])
  func noRandomBytesGiveASecondEncoding(_ form: PacketForm) {
    var accepted = 0
    for seed in UInt64(1)...2_000 {
      var random = SeededRandom(seed: seed)
      let count = 1 + random.integer(below: 24)
      let bytes = (0..<random.integer(below: 6)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      if !isRefused(bytes, form, count: count, "seed \(seed)") { accepted += 1 }
    }
    #expect(accepted > 0, "no random payload was valid, so the test has shown nothing")
  }

  @Test func mutationsOfALongPayloadDecodeCanonicallyOrNotAtAll() {
    let form = PacketForm.sparse(keptPerChunk: 64)
    let seed: UInt64 = 44
    var random = SeededRandom(seed: seed)
    let values = (0..<9_000).map { _ in Int32(random.gaussian() * 3_000) }
    let bytes = Payload(encoding: values, form: form).bytes
    for round in 0..<150 {
      var mutated = bytes
      mutated[random.integer(below: bytes.count)] ^= 1 << UInt8(random.integer(below: 8))
      _ = isRefused(mutated, form, count: 9_000, "seed \(seed), round \(round)")
    }
  }

  @Test func sparseFaultsAreNamed() {
    let form = PacketForm.sparse(keptPerChunk: 4_096)
    // Two parameters, quota 2: shortage 0 or 1; modulus 1 for two kept values and for one.
    #expect(fault("1" + "00001010" + "1" + "10" + "11", form, count: 2) == nil)
    #expect(fault("00100", form, count: 2) == .count)
    #expect(fault("1" + "00000000" + "1" + "10" + "11", form, count: 2) == .magnitude)
    #expect(fault("1" + "11100000" + "1" + "10" + "11", form, count: 2) == .magnitude)
    #expect(fault("1" + "11011111" + "010" + "100" + "111", form, count: 2) == .magnitude)
    #expect(fault("1" + "00001010" + "010" + "100" + "101", form, count: 2) == .unusedLevel)
    #expect(fault("1" + "00001010" + "010" + "110" + "111", form, count: 2) == .unusedLevel)
    #expect(fault("1" + "00001010" + "010" + "110" + "101", form, count: 2) == nil)
    #expect(fault("1" + "00001010" + "1" + "10" + "0011", form, count: 2) == .position)
    #expect(fault("1" + "00001010" + "1" + "10" + "11" + "1", form, count: 2) == .padding)
    #expect(
      fault("1" + "00001010" + "1" + "10" + "11" + "000" + "00000000", form, count: 2) == .trailingBytes)
    #expect(fault("1" + "0000101", form, count: 2) == .truncated)
    #expect(fault("", form, count: 2) == .truncated)
  }

  @Test func denseFaultsAreNamed() {
    #expect(fault([0], .dense8, count: 2) == nil)
    #expect(fault([0, 0], .dense8, count: 2) == .trailingBytes)
    #expect(fault([1, 0, 0], .dense8, count: 2) == .unusedScale)
    #expect(fault([1, 1, 0], .dense8, count: 2) == nil)
    #expect(fault([1, 2, 0], .dense8, count: 2) == .scale)
    #expect(fault([1, 2, 3], .dense8, count: 2) == nil)
    #expect(fault([1, 22, 33], .dense8, count: 2) == .scale)
    #expect(fault([1, 0x80, 1], .dense8, count: 2) == .code)
    #expect(fault([223, 127, 1], .dense8, count: 2) == .scale)
    #expect(fault([224, 1, 1], .dense8, count: 2) == .magnitude)
    #expect(fault([1, 1], .dense8, count: 2) == .truncated)
    #expect(fault([1, 0x80], .dense4, count: 2) == .code)
    #expect(fault([1, 0x11], .dense4, count: 1) == .padding)
    #expect(fault([1, 0xF0], .dense4, count: 1) == nil)
  }

  @Test func countsAndFormsOutOfRangeAreRefused() {
    #expect(throws: UpdateError.parameterCountOutOfRange(0)) {
      try Payload(validating: [], form: .dense8, parameterCount: 0)
    }
    #expect(throws: UpdateError.parameterCountOutOfRange(1 << 30 + 1)) {
      try Payload(validating: [], form: .dense8, parameterCount: 1 << 30 + 1)
    }
    #expect(throws: UpdateError.unknownForm("sparse:0")) {
      try Payload(validating: [0], form: .sparse(keptPerChunk: 0), parameterCount: 1)
    }
    #expect(throws: UpdateError.malformedPayload(chunk: 1, .truncated)) {
      try Payload(validating: [0], form: .dense4, parameterCount: 1 << 30)
    }
  }
}
