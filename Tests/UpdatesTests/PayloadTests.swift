import Numerics
import Testing

@testable import Updates

struct PayloadTests {
  @Test(arguments: TestVector.forms, [1, 2, 63, 4_095, 4_096, 4_097, 9_001])
  func payloadsComeBackAndAreTheOnlyEncoding(_ form: PacketForm, _ count: Int) throws {
    for vector in TestVector.all(count: count, seed: UInt64(count)) {
      let payload = Payload(encoding: vector.values, form: form)
      let received = try Payload(validating: payload.bytes, form: form, parameterCount: count)
      let values = received.denseValues()
      #expect(ReferenceCodec.encode(exactly: values, form: form) == payload.bytes, "\(form), \(vector)")
      #expect(received == payload)
    }
  }

  @Test(arguments: [PacketForm.sparse(keptPerChunk: 64), .dense8, .dense4])
  func aLongVectorComesBack(_ form: PacketForm) throws {
    var random = SeededRandom(seed: 100)
    let values = (0..<100_000).map { _ in Int32(random.integer(below: 200_001) - 100_000) }
    let payload = Payload(encoding: values, form: form)
    let received = try Payload(validating: payload.bytes, form: form, parameterCount: values.count)
    #expect(ReferenceCodec.encode(exactly: received.denseValues(), form: form) == payload.bytes)
  }

  @Test(arguments: [1, 64, 1_000, 4_096], [4_096, 5_000])
  func sparseKeepsTheLargestWithTheirSigns(_ kept: Int, _ count: Int) {
    for vector in TestVector.all(count: count, seed: UInt64(kept)) {
      let decoded = Payload(encoding: vector.values, form: .sparse(keptPerChunk: kept)).denseValues()
      for start in stride(from: 0, to: count, by: 4_096) {
        let chunk = start..<min(start + 4_096, count)
        let quota = ChunkGrid.quota(keptPerChunk: kept, parameterCount: chunk.count)
        let order = chunk.filter { vector.values[$0] != 0 }
          .sorted { (vector.values[$1].magnitude, $0) < (vector.values[$0].magnitude, $1) }
        let expected = Set(order.prefix(quota))
        #expect(Set(chunk.filter { decoded[$0] != 0 }) == expected, "\(vector)")
        #expect(expected.allSatisfy { decoded[$0].signum() == vector.values[$0].signum() }, "\(vector)")
      }
    }
  }

  @Test(arguments: [PacketForm.dense8, .dense4])
  func denseErrorsAreAtMostHalfAScale(_ form: PacketForm) {
    let steps: Int64 = form == .dense8 ? 127 : 7
    for vector in TestVector.all(count: 4_096, seed: 8) {
      let decoded = Payload(encoding: vector.values, form: form).denseValues()
      let greatest = Int64(vector.values.map(\.magnitude).max() ?? 0)
      // A scale is at most 9/8 of what it needs to be, or one quantum more; clamping at the range loses up to
      // a scale.
      let scale = (greatest / steps + 1) * 9 / 8 + 1
      let bound = greatest + scale > Int64(FixedPoint.maximum) ? scale : scale / 2 + 1
      let worst = zip(vector.values, decoded).map { (Int64($0) - Int64($1)).magnitude }.max() ?? 0
      #expect(worst <= bound, "\(form), \(vector)")
    }
  }

  @Test func valuesBeyondTheRangeSaturate() {
    for form in TestVector.forms {
      let decoded = Payload(encoding: [.max, .min, -.max], form: form).denseValues()
      #expect(decoded.allSatisfy { $0.magnitude <= FixedPoint.maximum }, "\(form)")
    }
  }

  @Test(arguments: TestVector.forms)
  func everyReaderSeesTheSameValues(_ form: PacketForm) {
    for vector in TestVector.all(count: 9_001, seed: 77) {
      let payload = Payload(encoding: vector.values, form: form)
      let dense = payload.denseValues()
      let sparse = payload.sparseValues()
      #expect(sparse.indices == dense.indices.filter { dense[$0] != 0 }.map(UInt32.init), "\(vector)")
      #expect(sparse.values == dense.filter { $0 != 0 }, "\(vector)")
      #expect(sparse.parameterCount == dense.count)
      var sums = [Int64](repeating: 5, count: dense.count)
      payload.accumulate(into: &sums, weight: 65_535)
      #expect(sums == dense.map { 5 + 65_535 * Int64($0) }, "\(vector)")
      var weights = dense.indices.map { Float($0) / 7 }
      payload.add(to: &weights)
      #expect(weights == dense.indices.map { Float($0) / 7 + Float(dense[$0]) * 0x1p-26 }, "\(vector)")
    }
  }

}
