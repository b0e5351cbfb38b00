import Testing
import Wire
import WireSamples

/// Whatever happens to an encoding, decoding ends without a crash, and what is accepted has that encoding
/// only.
@Suite struct MutationTests {
  static let mutationsPerSample = 1_500
  static let seed: UInt64 = 0x7472_6962

  private struct Outcome {
    var accepted = 0
    var refused = 0
    var second: [UInt8]?
  }

  private func hunt(_ sample: WireSample, seed: UInt64, donors: [[UInt8]]) -> Outcome {
    var mutator = Mutator(seed: seed, donors: donors)
    var outcome = Outcome()
    for _ in 0..<Self.mutationsPerSample {
      let input = mutator.mutate(sample.bytes)
      switch sample.isSecondEncoding(input) {
      case nil: outcome.refused += 1
      case .some(false): outcome.accepted += 1
      case .some(true): outcome.second = input
      }
    }
    return outcome
  }

  @Test(arguments: WireSamples.all.indices) func noSecondEncodingIsAccepted(index: Int) {
    let sample = WireSamples.all[index]
    let seed = Self.seed &+ UInt64(index)
    let outcome = hunt(sample, seed: seed, donors: WireSamples.all.map(\.bytes))
    let second = outcome.second.map(Hex.encode)
    #expect(second == nil, "\(sample.name), seed \(seed)")
    #expect(outcome.accepted > 0 && outcome.refused > 0, "\(sample.name), seed \(seed): \(outcome)")
  }

  @Test func samplesAreTheirOwnEncodings() throws {
    for sample in WireSamples.all {
      #expect(try sample.reencode(sample.bytes) == sample.bytes, "\(sample.name)")
    }
    #expect(Set(WireSamples.all.map(\.name)).count == WireSamples.all.count)
  }

  /// A hunt that finds nothing shows something only if it finds what is there.
  @Test func theHuntFindsPlantedFaults() {
    for planted in [
      WireSample(ForgetfulMessage(value: 5), "planted"), WireSample(NarrowMessage(value: 5), "planted"),
      WireSample(LenientMessage(value: 5_005), "planted"),
    ] {
      #expect(hunt(planted, seed: Self.seed, donors: [planted.bytes]).second != nil, "\(planted.name)")
    }
  }
}

/// Takes any number of the field, and keeps the last.
private struct ForgetfulMessage: WireMessage {
  static let wireName = "ForgetfulMessage"
  let value: UInt64

  init(value: UInt64) { self.value = value }

  init(from reader: inout WireReader) throws(WireError) {
    var last: UInt64 = 0
    var next = try reader.uint64(1)
    while next != 0 {
      last = next
      next = try reader.uint64(1)
    }
    value = last
  }

  func encode(to writer: inout WireWriter) { writer.uint64(value, field: 1) }
}

/// Keeps the low seven bits of what it reads.
private struct NarrowMessage: WireMessage {
  static let wireName = "NarrowMessage"
  let value: UInt64

  init(value: UInt64) { self.value = value }
  init(from reader: inout WireReader) throws(WireError) { value = try reader.uint64(1) & 0x7F }
  func encode(to writer: inout WireWriter) { writer.uint64(value, field: 1) }
}

/// Takes a number as text, and reads any spelling of it.
private struct LenientMessage: WireMessage {
  static let wireName = "LenientMessage"
  let value: UInt64

  init(value: UInt64) { self.value = value }

  init(from reader: inout WireReader) throws(WireError) {
    let text = try reader.string(1, maximumByteCount: 20)
    guard let value = UInt64(text) else { throw reader.fault(.invalidValue, field: 1, "not a number") }
    self.value = value
  }

  func encode(to writer: inout WireWriter) { writer.string("\(value)", field: 1) }
}
