import Testing

@testable import Numerics

/// Numbers of vectors around whole blocks and their powers of two.
private let counts =
  Array(1...40) + [
    47, 48, 49, 63, 64, 65, 79, 80, 81, 95, 96, 112, 127, 128, 129, 160, 200, 255, 256, 257, 300,
  ]

@Suite(.timeLimit(.minutes(5))) struct SelectionKernelTests {
  @Test("order statistics are those of sorted columns", arguments: counts)
  func agreement(count: Int) throws {
    let seed = UInt64(count)
    var random = SeededRandom(seed: seed)
    for dimension in [1, 15, 16, 37] {
      // Few different values, so that there are ties.
      let values = (0..<(count * dimension)).map { _ in Float(Int(random.uniform() * 50) - 25) / 8 }
      let batch = try VectorBatch(count: count, dimension: dimension, values: values)
      let median = Kernels.coordinateMedian(of: batch, threads: 1)
      #expect(median == Reference.coordinateMedian(of: batch), "seed \(seed), d \(dimension)")
      #expect(Kernels.coordinateMedian(of: batch, threads: 3) == median)
      for trimmed in Set([0, 1, count / 5, count / 4, (count - 1) / 2]) where 2 * trimmed < count {
        let mean = Kernels.trimmedMean(of: batch, trimmingEachSide: trimmed, threads: 2)
        let expected = Reference.trimmedMean(of: batch, trimmingEachSide: trimmed)
        #expect(greatestDifference(mean, expected) < 1e-5, "seed \(seed), d \(dimension), f \(trimmed)")
      }
      for kept in Set([1, (count + 1) / 2, count]) {
        let mean = Kernels.meanAroundMedian(of: batch, keeping: kept, threads: 2)
        let expected = Reference.meanAroundMedian(of: batch, keeping: kept)
        #expect(greatestDifference(mean, expected) < 1e-5, "seed \(seed), d \(dimension), kept \(kept)")
      }
    }
  }

  @Test("more columns than a tile has are the same on any number of threads", arguments: [3, 64, 250])
  func tiles(count: Int) throws {
    let batch = try randomBatch(count: count, dimension: 5_003, seed: 9)
    let median = Kernels.coordinateMedian(of: batch, threads: 1)
    #expect(greatestDifference(median, Reference.coordinateMedian(of: batch)) < 1e-6, "seed 9")
    #expect(Kernels.coordinateMedian(of: batch, threads: 4) == median, "seed 9")
  }

  @Test("the largest values have a median, and their signs are told apart")
  func extremes() throws {
    let large = Float.greatestFiniteMagnitude
    let batch = try VectorBatch(rows: [
      [large, -large, 0], [large, -large, -0.0], [large, large, .leastNonzeroMagnitude],
      [large, large, -.leastNonzeroMagnitude],
    ])
    #expect(Kernels.coordinateMedian(of: batch, threads: 1) == [large, 0, 0])
  }

  @Test("a value that is not finite spoils its own coordinate and no other", arguments: [5, 16, 17, 64])
  func poison(count: Int) throws {
    for bad in [Float.nan, .infinity, -.infinity] {
      for row in [0, count / 2, count - 1] {
        var rows = [[Float]](repeating: [Float](repeating: 1, count: 40), count: count)
        rows[row][21] = bad
        let batch = try VectorBatch(rows: rows)
        for result in [
          Kernels.coordinateMedian(of: batch, threads: 1),
          Kernels.trimmedMean(of: batch, trimmingEachSide: 2, threads: 1),
          Kernels.meanAroundMedian(of: batch, keeping: 2, threads: 1),
        ] {
          #expect(
            result.indices.allSatisfy { $0 == 21 ? result[$0].isNaN : result[$0] == 1 }, "\(bad), \(row)")
        }
      }
    }
  }

  /// By the zero-one principle a network that sorts all zeros and ones sorts everything.
  @Test("all 65536 columns of zeros and ones are sorted in registers")
  func zeroOne() throws {
    let dimension = 1 << 16
    let values = (0..<16).flatMap { row in (0..<dimension).map { Float($0 >> row & 1) } }
    let batch = try VectorBatch(count: 16, dimension: dimension, values: values)
    let median = Kernels.coordinateMedian(of: batch, threads: 1)
    #expect((0..<dimension).allSatisfy { median[$0] == [0, 0.5, 1][($0.nonzeroBitCount - 8).signum() + 1] })
    for trimmed in 0..<8 {
      let mean = Kernels.trimmedMean(of: batch, trimmingEachSide: trimmed, threads: 1)
      let kept = 16 - 2 * trimmed
      #expect(
        (0..<dimension).allSatisfy { column in
          let ones = min(kept, max(0, column.nonzeroBitCount - trimmed))
          return mean[column] == Float(ones) / Float(kept)
        })
    }
    for kept in [1, 3, 15] {
      let mean = Kernels.meanAroundMedian(of: batch, keeping: kept, threads: 1)
      #expect(greatestDifference(mean, Reference.meanAroundMedian(of: batch, keeping: kept)) < 1e-6)
    }
  }

  @Test("steps that no rank depends on are left out")
  func pruning() {
    func steps(_ uses: [SelectionNetwork.Use]) -> Int { SelectionNetwork(uses: uses).steps.count }
    let all = steps([SelectionNetwork.Use](repeating: .ranked, count: 256))
    var median = [SelectionNetwork.Use](repeating: .unused, count: 256)
    (median[127], median[128]) = (.ranked, .ranked)
    #expect(steps(median) < all)
    #expect(steps([SelectionNetwork.Use](repeating: .summed, count: 256)) == 0)
  }
}
