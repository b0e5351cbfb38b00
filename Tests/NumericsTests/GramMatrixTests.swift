import Numerics
import Testing

@Suite("Combinations by Gram matrix") struct GramMatrixCombinationTests {
  private static let seeds: [UInt64] = [1, 2, 3, 4, 5]

  private func batch(_ count: Int, _ dimension: Int, offset: Float, seed: UInt64) throws -> VectorBatch {
    var random = SeededRandom(seed: seed)
    return try VectorBatch(
      rows: (0..<count).map { _ in
        random.gaussianVector(count: dimension, deviation: 1).map { ($0 * 256).rounded() / 256 + offset }
      })
  }

  @Test("distances to a weighted sum are those of the vectors", arguments: seeds)
  func distances(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for offset: Float in [0, 100] {
      let batch = try batch(13, 40, offset: offset, seed: seed)
      let gram = Kernels.gram(of: batch, threads: 1)
      var weights = (0..<13).map { _ in random.uniform() - 0.3 }
      let sum = weights.reduce(0, +)
      for scale in [1 / sum, 1, 0] {
        weights = weights.map { $0 * scale }
        let point = Reference.weightedSum(of: batch, weights: weights)
        let found = gram.squaredDistances(toSumWeighted: weights)
        for index in 0..<13 {
          let expected = Reference.squaredDistance(batch.row(index), point)
          #expect(abs(found[index] - expected) < 1e-4 * expected, "seed \(seed), offset \(offset), \(scale)")
        }
      }
    }
  }

  @Test("the Gram matrix of mixtures is that of the mixed vectors", arguments: seeds)
  func mixtures(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for offset: Float in [0, 100] {
      let batch = try batch(9, 40, offset: offset, seed: seed)
      let coefficients = (0..<(4 * 9)).map { _ in random.uniform() < 0.4 ? 0 : random.uniform() - 0.2 }
      let expected = Kernels.gram(
        of: Kernels.mix(batch, coefficients: coefficients, rows: 4, threads: 1), threads: 1)
      let found = Kernels.gram(of: batch, threads: 1).mixed(by: coefficients, rows: 4)
      for i in 0..<4 {
        for j in 0..<4 {
          let scale = (expected[i, i] * expected[j, j]).squareRoot()
          #expect(abs(found[i, j] - expected[i, j]) < 1e-4 * scale, "seed \(seed), offset \(offset)")
          let (near, exact) = (found.squaredDistance(i, j), expected.squaredDistance(i, j))
          #expect(abs(near - exact) <= 1e-4 * exact, "seed \(seed), offset \(offset)")
        }
      }
    }
  }

  @Test("rows are combined, and none give zeros")
  func rows() {
    #expect(Kernels.combineRows([2, 0, -1], of: [1, 2, .nan, .nan, 3, 4], columns: 2) == [-1, 0])
    #expect(Kernels.combineRows([], of: [], columns: 3) == [0, 0, 0])
    #expect(Kernels.dot([Double](repeating: 2, count: 19), [Double](repeating: 3, count: 19)) == 114)
    #expect(Kernels.dot([Double](), []) == 0)
  }
}
