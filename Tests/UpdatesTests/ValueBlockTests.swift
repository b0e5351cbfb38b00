import Numerics
import Testing

@testable import Updates

struct ValueBlockTests {
  @Test(arguments: TestVector.forms, [1, 4_096, 9_001, 40_000])
  func blocksJoinToTheWhole(_ form: PacketForm, _ count: Int) {
    var block = ValueBlock(chunkCount: 6)
    for vector in TestVector.all(count: count, seed: UInt64(count) + 5) {
      let payload = Payload(encoding: vector.values, form: form)
      let whole = payload.sparseValues()
      for chunksAtOnce in [1, 3, 4, 6] {
        var (indices, values) = ([UInt32](), [Int32]())
        for first in stride(from: 0, to: payload.grid.chunkCount, by: chunksAtOnce) {
          let chunks = first..<min(first + chunksAtOnce, payload.grid.chunkCount)
          payload.unpack(chunks: chunks, into: &block)
          let start = UInt32(first * UpdateLimits.chunkParameterCount)
          indices += block.indices.prefix(block.count).map { start + $0 }
          values += block.values.prefix(block.count)
        }
        #expect(indices == whole.indices, "\(vector), \(form), \(chunksAtOnce) chunks at once")
        #expect(values == whole.values, "\(vector), \(form), \(chunksAtOnce) chunks at once")
      }
    }
  }

  @Test(arguments: TestVector.forms)
  func dotProductsAreThoseOfTheUnpackedVectors(_ form: PacketForm) {
    let vectors = TestVector.all(count: 21_000, seed: 40)
    let payloads = vectors.map { Payload(encoding: $0.values, form: form) }
    let other = PacketForm.sparse(keptPerChunk: 1_000)
    for (vector, payload) in zip(vectors, payloads) {
      let right = Payload(encoding: vectors[0].values.reversed(), form: other)
      let products = zip(payload.denseValues(), right.denseValues()).map { Int128($0) * Int128($1) }
      let expected = Double(products.reduce(0, +))
      let size = products.reduce(0.0) { $0 + Double($1.magnitude) }
      #expect(abs(payload.dot(right) - expected) <= 1e-12 * size, "\(vector), \(form)")
      #expect(abs(right.dot(payload) - expected) <= 1e-12 * size, "\(vector), \(form)")
    }
  }

  /// Thousands of packets are held while a window is judged, so what stands beside their bits matters.
  @Test func aPayloadTakesThreeTimesItsBytes() throws {
    #expect(MemoryLayout<SparseChunk>.stride == 8)
    #expect(MemoryLayout<SparseValue>.stride == 2)
    var random = SeededRandom(seed: 6)
    let values = (0..<100_000).map { _ in Int32(random.gaussian() * 1_000) }
    let payload = Payload(encoding: values, form: .sparse(keptPerChunk: 64))
    guard case .sparse(let sparse) = payload.content else {
      Issue.record("a sparse form has sparse content")
      return
    }
    let held = sparse.bytes.count + 2 * sparse.values.capacity + 8 * sparse.chunks.capacity
    #expect(Double(held) < 3 * Double(payload.bytes.count))
  }
}
