import Numerics
import Testing

@Suite("The top eigenpair") struct TopEigenpairTests {
  private func pair(of matrix: [[Double]], near guess: [Double]? = nil) -> TopEigenpair {
    let values = Array(matrix.joined())
    return TopEigenpair(order: matrix.count, near: guess) {
      Kernels.combineRows($0, of: values, columns: matrix.count)
    }
  }

  /// |A v - value v|.
  private func residual(_ pair: TopEigenpair, _ matrix: [[Double]]) -> Double {
    let image = matrix.map { Kernels.dot($0, pair.vector) }
    return zip(image, pair.vector).reduce(0) { $0 + ($1.0 - pair.value * $1.1) * ($1.0 - pair.value * $1.1) }
      .squareRoot()
  }

  private func diagonal(_ values: [Double]) -> [[Double]] {
    values.indices.map { row in values.indices.map { $0 == row ? values[row] : 0 } }
  }

  // numpy.linalg.eigvalsh of 1 / (i + j + 1).
  @Test("of the Hilbert matrix is numpy's")
  func hilbert() {
    let known = [(2, 1.267_591_879_243_998_2), (5, 1.567_050_691_098_230_6), (10, 1.751_919_670_265_177_6)]
    for (order, value) in known {
      let matrix = (0..<order).map { row in (0..<order).map { 1 / Double(row + $0 + 1) } }
      let top = pair(of: matrix)
      #expect(abs(top.value - value) < 1e-12 * value)
      #expect(residual(top, matrix) < 1e-10)
    }
  }

  @Test("of random matrices satisfies the equation and is the largest", arguments: [1, 2, 3] as [UInt64])
  func random(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    for order in [1, 2, 3, 24, 25, 70] {
      let factor = (0..<order).map { _ in (0..<order).map { _ in random.gaussian() } }
      let matrix = factor.map { left in factor.map { Kernels.dot(left, $0) } }
      let top = pair(of: matrix)
      #expect(abs(Kernels.dot(top.vector, top.vector) - 1) < 1e-12)
      #expect(residual(top, matrix) < 1e-9 * top.value, "seed \(seed), order \(order)")
      let trace = (0..<order).reduce(0) { $0 + matrix[$1][$1] }
      #expect(top.value <= trace * (1 + 1e-12) && top.value >= trace / Double(order))
      for _ in 0..<20 {
        let vector = (0..<order).map { _ in random.gaussian() }
        let image = matrix.map { Kernels.dot($0, vector) }
        #expect(Kernels.dot(vector, image) <= top.value * Kernels.dot(vector, vector) * (1 + 1e-9))
      }
    }
  }

  @Test("is found where others are equal, near, or zero")
  func degenerate() {
    for values in [[3], [0], [0, 0, 0], [2, 2, 2], [5, 5, 1, 0], [0, 0, 7, 0], [1, 1 - 1e-9, 0.5]]
      as [[Double]]
    {
      let top = pair(of: diagonal(values))
      #expect(abs(top.value - (values.max() ?? 0)) <= 1e-9, "\(values)")
      #expect(residual(top, diagonal(values)) <= 1e-8, "\(values)")
    }
    let crowded = diagonal((0..<100).map { 1 - Double($0) * 1e-4 })
    #expect(abs(pair(of: crowded).value - 1) < 1e-9)
    let tiny = pair(of: diagonal([3e-100, 1e-100]))
    #expect(abs(tiny.value / 3e-100 - 1) < 1e-9)
  }

  @Test("is found from a guess that is orthogonal to it")
  func guess() {
    let matrix = diagonal([1, 2, 4, 3])
    for guess in [[1, 0, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]] as [[Double]] {
      let top = pair(of: matrix, near: guess)
      #expect(abs(top.value - 4) < 1e-9 && abs(abs(top.vector[2]) - 1) < 1e-9)
    }
  }
}
