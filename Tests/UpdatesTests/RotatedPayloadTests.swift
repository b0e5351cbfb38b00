import Numerics
import Testing
import Wire

@testable import Updates

/// The form `rotated:K`: what its errors are on average, and whose signs a packet may use.
struct RotatedPayloadTests {
  private static let task = Digest(of: [1], in: HashDomain("test.updates"))

  private func vector(count: Int, seed: UInt64) -> [Int32] {
    var random = SeededRandom(seed: seed)
    // As trained updates do, a few values are much greater than the others.
    return (0..<count).map { _ in
      let value = random.gaussian()
      return Int32(value * value * value * 20_000)
    }
  }

  private func fault(_ bytes: [UInt8], signs: Int, count: Int) -> PayloadFault? {
    do {
      _ = try Payload(validating: bytes, form: .rotated(signsPerChunk: signs), parameterCount: count)
      return nil
    } catch UpdateError.malformedPayload(_, let fault) {
      return fault
    } catch {
      return nil
    }
  }

  /// A mean over n rotations errs by a root of n less than one of them, if there is no bias. Of one, the
  /// error's square is that of EDEN with one bit, pi/2 - 1, where all is sent, and pi/2 d/m - 1 where m of d
  /// is.
  @Test(arguments: [4_096, 512, 64])
  func errorsAreThoseOfTheTheoryAndCancel(_ signs: Int) {
    let (count, rotations) = (4_096, 200)
    let values = vector(count: count, seed: 21)
    let square = values.reduce(0) { $0 + Double($1) * Double($1) }
    var sums = [Int64](repeating: 0, count: count)
    var error = 0.0
    for seed in 0..<UInt64(rotations) {
      let payload = Payload(
        encoding: values, form: .rotated(signsPerChunk: signs), rotation: Rotation(seed: seed << 40 + 9))
      payload.accumulate(into: &sums, weight: 1)
      error += zip(payload.denseValues(), values).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
    }
    let expected = Double.pi / 2 * Double(count) / Double(signs) - 1
    #expect(abs(error / Double(rotations) / square / expected - 1) < 0.1)
    let bias = zip(sums, values).reduce(0) { total, pair in
      let error = Double(pair.0) / Double(rotations) - Double(pair.1)
      return total + error * error
    }
    // Scales are rounded to an eighth of a power of two, the same way again and again.
    #expect(bias / square < 1.3 * expected / Double(rotations) + 1.0 / 256)
  }

  @Test func contributorsAndVersionsHaveRotationsOfTheirOwn() throws {
    let keys = try (0..<3).map { number in
      try #require(PublicKey(bytes: [UInt8](repeating: number, count: 32)))
    }
    let other = Digest(of: [2], in: HashDomain("test.updates"))
    var seeds: Set<UInt64> = []
    for task in [Self.task, other] {
      for key in keys {
        for version in 0..<5 as Range<UInt64> {
          seeds.insert(Rotation(task: task, contributor: key, baseVersion: version).seed)
        }
      }
    }
    #expect(seeds.count == 30)
  }

  @Test func aPacketHasTheRotationOfItsHeader() throws {
    let key = try #require(PublicKey(bytes: (0..<32).map { UInt8($0) }))
    let values = vector(count: 5_000, seed: 4)
    func packet(rotation: Rotation) -> Packet {
      let payload = Payload(encoding: values, form: .rotated(signsPerChunk: 512), rotation: rotation)
      return Packet(task: Self.task, baseVersion: 7, contributor: key, sequence: 3, payload: payload)
    }
    let own = Rotation(task: Self.task, contributor: key, baseVersion: 7)
    let sent = packet(rotation: own)
    #expect(try Packet(wireBytes: sent.wireBytes, limit: UpdateLimits.messageBytesLimit) == sent)
    for rotation in [
      Rotation(seed: own.seed ^ 1), Rotation(task: Self.task, contributor: key, baseVersion: 8),
      Rotation(seed: 0),
    ] {
      #expect(throws: WireError.self) {
        try Packet(wireBytes: packet(rotation: rotation).wireBytes, limit: UpdateLimits.messageBytesLimit)
      }
    }
  }

  @Test func stepsAreNotRotated() {
    let payload = Payload(encoding: [1, 2, 3], form: .rotated(signsPerChunk: 64))
    let step = Step(task: Self.task, version: 1, payload: payload)
    #expect(throws: WireError.self) { try Step(wireBytes: step.wireBytes, limit: 1_000) }
  }

  @Test func faultsAreNamed() {
    let seed = [UInt8](repeating: 7, count: 8)
    // Five values have four signs at a bit each, and 4,096 of 4,096 have 512 bytes.
    #expect(fault(seed + [9, 0x0F], signs: 4_096, count: 5) == nil)
    #expect(fault(seed + [0], signs: 4_096, count: 5) == nil)
    #expect(fault(seed + [9, 0x10], signs: 4_096, count: 5) == .padding)
    #expect(fault(seed + [9], signs: 4_096, count: 5) == .truncated)
    #expect(fault(seed, signs: 4_096, count: 5) == .truncated)
    #expect(fault(Array(seed.dropLast()), signs: 4_096, count: 5) == .truncated)
    #expect(fault(seed + [0, 0], signs: 4_096, count: 5) == .trailingBytes)
    #expect(fault(seed + [9, 0x0F, 0], signs: 4_096, count: 5) == .trailingBytes)
    #expect(fault(seed + [224, 0x0F], signs: 4_096, count: 5) == .magnitude)
    let signs = [UInt8](repeating: 0, count: 512)
    // 15 * 2^14 * 4,096 quanta are in range, and 8 * 2^15 * 4,096 would not be.
    #expect(fault(seed + [15 * 8 + 7] + signs, signs: 4_096, count: 4_096) == nil)
    #expect(fault(seed + [16 * 8] + signs, signs: 4_096, count: 4_096) == .scale)
    #expect(fault(seed + [9] + signs.dropLast(), signs: 4_096, count: 4_096) == .truncated)
  }
}
