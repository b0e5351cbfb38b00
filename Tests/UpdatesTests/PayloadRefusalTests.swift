import Numerics
import Testing

@testable import Updates

struct PayloadRefusalTests {
  /// Whether bytes are refused; fails if they are accepted and are not the encoding of what they decode to.
  private func isRefused(_ bytes: [UInt8], _ form: PacketForm, count: Int, _ place: String) -> Bool {
    guard let payload = try? Payload(validating: bytes, form: form, parameterCount: count) else {
      return true
    }
    let seed = payload.rotation?.seed ?? 0
    let only = ReferenceCodec.encode(exactly: payload.denseValues(), form: form, seed: seed)
    #expect(only == bytes, "\(form), \(place)")
    return false
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

  @Test(
    arguments: [
      PacketForm.sparse(keptPerChunk: 1_000), .sparse(keptPerChunk: 4_096), .dense8, .dense4,
      .rotated(signsPerChunk: 4_096),
    ])
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

  @Test(arguments: [PacketForm.dense8, .dense4])
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

  /// What a sparse payload of one chunk says. The coder is sound, and whatever else is wrong gets through it.
  private func sparse(
    count: Int = 0, low: Int = 20, spread: Int = 0, gaps: [Int], tags: [Int]
  ) -> [UInt8] {
    var coder = ReferenceCoder()
    coder.number(count, "count")
    if !gaps.isEmpty {
      coder.number(low, "low change")
      coder.number(spread, "spread")
    }
    var (gapClass, history) = (2, 0)
    for (gap, tag) in zip(gaps, tags) {
      coder.number(gap, "gap \(gapClass)")
      coder.tag(tag, "tag \(history)")
      gapClass = gap <= 2 ? 0 : gap <= 30 ? 1 : 2
      history = tag / 2 * 8 + history % 4 * 2 + tag % 2
    }
    return coder.finish()
  }

  @Test func sparseFaultsAreNamed() {
    // Two parameters, and room for both.
    let form = PacketForm.sparse(keptPerChunk: 4_096)
    #expect(fault(sparse(gaps: [0, 0], tags: [0, 1]), form, count: 2) == nil)
    #expect(fault(sparse(count: 2, gaps: [1], tags: [1]), form, count: 2) == nil)
    #expect(fault(sparse(count: 1, gaps: [], tags: []), form, count: 2) == nil)
    #expect(fault(sparse(count: 3, gaps: [], tags: []), form, count: 2) == .count)
    #expect(fault(sparse(low: 0, gaps: [0, 0], tags: [0, 1]), form, count: 2) == .magnitude)
    // The code -1, then one past the last.
    #expect(fault(sparse(low: 1, gaps: [0, 0], tags: [0, 1]), form, count: 2) == .magnitude)
    #expect(fault(sparse(low: 2 * 224, gaps: [0, 0], tags: [0, 1]), form, count: 2) == .magnitude)
    #expect(
      fault(sparse(low: 2 * 223, spread: 1, gaps: [0, 0], tags: [0, 2]), form, count: 2) == .magnitude)
    #expect(fault(sparse(low: 2 * 222, spread: 1, gaps: [0, 0], tags: [0, 2]), form, count: 2) == nil)
    #expect(fault(sparse(spread: 2, gaps: [0, 0], tags: [0, 1]), form, count: 2) == .unusedLevel)
    #expect(fault(sparse(spread: 2, gaps: [0, 0], tags: [2, 3]), form, count: 2) == .unusedLevel)
    #expect(fault(sparse(spread: 0, gaps: [0, 0], tags: [0, 2]), form, count: 2) == .unusedLevel)
    #expect(fault(sparse(spread: 2, gaps: [0, 0], tags: [3, 1]), form, count: 2) == nil)
    #expect(fault(sparse(gaps: [0, 1], tags: [0, 1]), form, count: 2) == .position)
    #expect(fault(sparse(gaps: [8_190, 0], tags: [0, 1]), form, count: 2) == .position)
    // What stands behind the last chunk belongs to nothing.
    #expect(fault(sparse(gaps: [0, 0, 0], tags: [0, 1, 0]), form, count: 2) == .state)
    #expect(fault([UInt8](repeating: 0, count: 16), form, count: 2) == .state)
    #expect(fault([UInt8](repeating: 0xFF, count: 16), form, count: 2) == .state)
    #expect(fault(sparse(gaps: [0, 0], tags: [0, 1]) + [0], form, count: 2) == .trailingBytes)
    #expect(fault(Array(sparse(gaps: [0, 0], tags: [0, 1]).dropLast()), form, count: 2) == .truncated)
    #expect(fault([], form, count: 2) == .truncated)
  }

  /// Bytes that were foreseen well could else cost any amount of memory: here all values are alike.
  @Test func aPayloadHasABitForEveryChunkAndValue() {
    let form = PacketForm.sparse(keptPerChunk: 4_096)
    let count = 8 * 4_096
    let bytes = Payload(encoding: [Int32](repeating: 80, count: count), form: form).bytes
    #expect(bytes.count == (8 + count + 7) / 8)
    #expect(bytes.last == 0)
    #expect(fault(bytes, form, count: count) == nil)
    #expect(fault(Array(bytes.dropLast()), form, count: count) == .truncated)
    #expect(fault(bytes + [0], form, count: count) == .trailingBytes)
    #expect(fault(bytes.dropLast() + [1], form, count: count) == .padding)
    let empty = Payload(encoding: [Int32](repeating: 0, count: 129 * 4_096), form: form).bytes
    #expect(empty.count < 40 && fault(empty, form, count: 129 * 4_096) == nil)
    #expect(fault(empty, form, count: UpdateLimits.parameterCountLimit) == .truncated)
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
