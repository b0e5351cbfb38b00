import Numerics
import Testing

/// Batches around the edges of blocks, tiles and panels.
let awkwardShapes: [(count: Int, dimension: Int)] = [
  (1, 1), (2, 5), (3, 16), (4, 17), (5, 31), (7, 33), (8, 511), (9, 512), (17, 513), (31, 64), (64, 100),
  (65, 1_025), (3, 9_000),
]

func randomBatch(count: Int, dimension: Int, seed: UInt64, offset: Float = 0) throws -> VectorBatch {
  var random = SeededRandom(seed: seed)
  let values = random.gaussianVector(count: count * dimension, deviation: 1).map { $0 + offset }
  return try VectorBatch(count: count, dimension: dimension, values: values)
}

/// The greatest difference between two lists.
func greatestDifference(_ x: [Float], _ y: [Float]) -> Float {
  x.count == y.count ? zip(x, y).map { abs($0 - $1) }.max() ?? 0 : .infinity
}

@Suite(.timeLimit(.minutes(10))) struct VectorBatchTests {
  @Test func rowsAreKept() throws {
    let batch = try VectorBatch(rows: [[1, 2, 3], [4, 5, 6]])
    #expect(batch.count == 2 && batch.dimension == 3 && batch.row(1) == [4, 5, 6])
    #expect(try batch == VectorBatch(count: 2, dimension: 3, values: [1, 2, 3, 4, 5, 6]))
  }

  @Test func shapesThatDoNotFitAreRefused() {
    #expect(throws: NumericsError.emptyBatch(count: 0, dimension: 0)) { try VectorBatch(rows: []) }
    #expect(throws: NumericsError.emptyBatch(count: 1, dimension: 0)) { try VectorBatch(rows: [[]]) }
    #expect(throws: NumericsError.unequalVectors(vector: 1, count: 1, expected: 2)) {
      try VectorBatch(rows: [[1, 2], [3]])
    }
    #expect(throws: NumericsError.wrongValueCount(count: 2, dimension: 2, values: 3)) {
      try VectorBatch(count: 2, dimension: 2, values: [1, 2, 3])
    }
    #expect(throws: NumericsError.wrongValueCount(count: 2, dimension: .max, values: 0)) {
      try VectorBatch(count: 2, dimension: .max, values: [])
    }
    let limit = VectorBatch.maximumCount
    #expect(throws: NumericsError.tooManyVectors(count: limit + 1, limit: limit)) {
      try VectorBatch(rows: [[Float]](repeating: [1], count: limit + 1))
    }
  }
}

@Suite(.timeLimit(.minutes(10))) struct BatchSumTests {
  @Test(arguments: awkwardShapes)
  func sumsAgreeWithTheReference(count: Int, dimension: Int) throws {
    let seed = UInt64(count * dimension)
    let batch = try randomBatch(count: count, dimension: dimension, seed: seed)
    var random = SeededRandom(seed: seed + 1)
    let weights = (0..<count).map { _ in random.uniform() < 0.3 ? 0 : random.uniform() * 2 - 1 }
    let sum = Kernels.weightedSum(of: batch, weights: weights, threads: 1)
    let tolerance = 1e-6 * Float(count + 1)
    #expect(
      greatestDifference(sum, Reference.weightedSum(of: batch, weights: weights)) < tolerance, "seed \(seed)")
    #expect(Kernels.weightedSum(of: batch, weights: weights, threads: 3) == sum, "seed \(seed)")

    for centre in [nil, random.gaussianVector(count: dimension, deviation: 1)] {
      let norms = Kernels.squaredNorms(of: batch, centre: centre, threads: 1)
      for (norm, expected) in zip(norms, Reference.squaredNorms(of: batch, centre: centre)) {
        #expect(abs(norm - expected) <= 1e-5 * expected, "seed \(seed)")
      }
      #expect(norms.count == count)
      #expect(Kernels.squaredNorms(of: batch, centre: centre, threads: 3) == norms, "seed \(seed)")
    }
  }

  @Test func weightsOfZeroHideTheirVectors() throws {
    let batch = try VectorBatch(rows: [[1, 2], [.infinity, .nan], [3, 4]])
    #expect(Kernels.weightedSum(of: batch, weights: [1, 0, 2], threads: 1) == [7, 10])
    #expect(Kernels.weightedSum(of: batch, weights: [0, 0, 0.5], threads: 1) == [1.5, 2])
    let finite = try VectorBatch(rows: [[1, 2], [3, 4]])
    #expect(Kernels.weightedSum(of: finite, weights: [0, 0], threads: 1) == [0, 0])
  }

  @Test(arguments: awkwardShapes)
  func mixturesAgreeWithTheReference(count: Int, dimension: Int) throws {
    let seed = UInt64(count * dimension) + 7
    let batch = try randomBatch(count: count, dimension: dimension, seed: seed)
    var random = SeededRandom(seed: seed + 1)
    for (rows, areMeans) in [
      (1, false), (7, false), (8, false), (9, false), (20, false), (15, true), (21, true),
    ] {
      let coefficients = (0..<rows).flatMap { row in
        (0..<count).map { _ in
          random.uniform() < 0.5 ? 0 : areMeans ? 1 / Double(row + 1) : random.uniform() * 2 - 1
        }
      }
      let mixed = Kernels.mix(batch, coefficients: coefficients, rows: rows, threads: 1)
      let expected = Reference.mix(batch, coefficients: coefficients, rows: rows)
      #expect(mixed.count == rows && mixed.dimension == dimension)
      #expect(
        greatestDifference(mixed.values, expected.values) < 1e-6 * Float(count + 1),
        "seed \(seed), \(rows) rows")
      #expect(
        Kernels.mix(batch, coefficients: coefficients, rows: rows, threads: 2) == mixed, "seed \(seed)")
    }
  }

  @Test func vectorsThatAMeanLeavesOutCostItNoAccuracy() throws {
    let honest = (0..<24).map { row in (0..<70).map { Float(row + $0) } }
    let batch = try VectorBatch(
      rows: honest + [[Float]](repeating: [Float](repeating: 1e30, count: 70), count: 7))
    let coefficients = (0..<24).flatMap { row in (0..<31).map { $0 < 24 && $0 != row ? 1.0 / 23 : 0 } }
    let mixed = Kernels.mix(batch, coefficients: coefficients, rows: 24, threads: 1)
    #expect(
      greatestDifference(
        mixed.values, Reference.mix(batch, coefficients: coefficients, rows: 24).values) < 1e-4)
  }
}

@Suite(.timeLimit(.minutes(10))) struct GramTests {
  /// The greatest relative error of a distance, and the greatest error of a product in units of the product
  /// of norms or, with outliers among the pilots, of the greater squared norm.
  private func errors(
    of batch: VectorBatch, hasOutliers: Bool = false
  ) -> (distance: Double, product: Double) {
    let gram = Kernels.gram(of: batch, threads: 1)
    let rows = (0..<batch.count).map(batch.row)
    let norms = rows.map(Reference.norm)
    var errors = (distance: 0.0, product: 0.0)
    for i in rows.indices {
      for j in rows.indices {
        let distance = Reference.squaredDistance(rows[i], rows[j])
        let product = Reference.dot(rows[i], rows[j])
        if distance > 0 {
          errors.distance = max(errors.distance, abs(gram.squaredDistance(i, j) / distance - 1))
        } else if gram.squaredDistance(i, j) != 0 {
          errors.distance = .infinity
        }
        let greater = max(norms[i], norms[j])
        let scale = greater * (hasOutliers ? greater : min(norms[i], norms[j]))
        errors.product = max(errors.product, abs(gram[i, j] - product) / scale)
      }
    }
    return errors
  }

  @Test(arguments: awkwardShapes)
  func productsAndDistancesAgreeWithTheReference(count: Int, dimension: Int) throws {
    let seed = UInt64(count * dimension) + 3
    for offset: Float in [0, 100] {
      let batch = try randomBatch(count: count, dimension: dimension, seed: seed, offset: offset)
      let errors = errors(of: batch)
      #expect(errors.distance < 1e-5, "seed \(seed), offset \(offset)")
      #expect(errors.product < 2e-6, "seed \(seed), offset \(offset)")
    }
  }

  @Test func noBitDependsOnTheThreads() throws {
    let batch = try randomBatch(count: 13, dimension: 20_000, seed: 5)
    let gram = Kernels.gram(of: batch, threads: 1)
    for threads in 2...4 { #expect(Kernels.gram(of: batch, threads: threads) == gram, "seed 5") }
  }

  @Test func recordedProductsAreMet() throws {
    // Recorded once: processors differ in the last bits only.
    var random = SeededRandom(seed: 98)
    let values = (0..<(7 * 1_201)).map { _ in Float(random.uniform() - 0.5) }
    let gram = Kernels.gram(of: try VectorBatch(count: 7, dimension: 1_201, values: values), threads: 2)
    #expect(abs(gram[2, 5] - Double(bitPattern: 4606884343774707712)) < 1e-4)
    #expect(abs(gram.squaredDistance(2, 5) - Double(bitPattern: 4641076760014749696)) < 1e-4)
  }

  /// Honest vectors close to one another, and attackers far off: alone, alike, or in the pilots' places.
  @Test(arguments: 0..<4 as Range<UInt64>)
  func distancesOfTheHonestSurviveOutliers(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let (count, dimension) = (21, 700)
    let base = random.gaussianVector(count: dimension, deviation: 10)
    let hostile: Set<Int> = seed % 2 == 0 ? [0, 5, 10] : [1, 2, 3, 4, 6, 7]
    let twin = random.gaussianVector(count: dimension, deviation: 1e4)
    let rows = (0..<count).map { row in
      if !hostile.contains(row) {
        return Kernels.sum(base, random.gaussianVector(count: dimension, deviation: 0.01))
      }
      return seed < 2 ? twin : random.gaussianVector(count: dimension, deviation: 1e4)
    }
    let errors = errors(of: try VectorBatch(rows: rows), hasOutliers: true)
    #expect(errors.distance < 1e-5, "seed \(seed)")
    #expect(errors.product < 2e-6, "seed \(seed)")
  }

  @Test func groupsWithinGroupsKeepTheirDistances() throws {
    var random = SeededRandom(seed: 77)
    let dimension = 300
    var rows: [[Float]] = []
    for _ in 0..<3 {
      let far = random.gaussianVector(count: dimension, deviation: 1_000)
      for _ in 0..<3 {
        let near = Kernels.sum(far, random.gaussianVector(count: dimension, deviation: 5))
        for _ in 0..<3 {
          rows.append(Kernels.sum(near, random.gaussianVector(count: dimension, deviation: 0.05)))
        }
      }
    }
    #expect(errors(of: try VectorBatch(rows: rows)).distance < 1e-5, "seed 77")
  }

  @Test func copiesAreAtDistanceZero() throws {
    let batch = try randomBatch(count: 6, dimension: 90, seed: 6)
    let gram = Kernels.gram(of: try VectorBatch(rows: (0..<12).map { batch.row($0 / 2) }), threads: 1)
    for pair in 0..<6 { #expect(gram.squaredDistance(2 * pair, 2 * pair + 1) == 0) }
    #expect(gram.squaredDistance(1, 2) > 1)
    let same = try VectorBatch(rows: [[Float]](repeating: batch.row(0), count: 9))
    let alike = Kernels.gram(of: same, threads: 1)
    #expect((0..<81).allSatisfy { alike.squaredDistance($0 / 9, $0 % 9) == 0 })
  }

  @Test func distancesFollowFromGivenProducts() {
    let gram = GramMatrix(count: 2, values: [4, 1, 1, 9])
    #expect(gram[0, 1] == 1 && gram[1, 1] == 9)
    #expect(gram.squaredDistance(0, 1) == 11 && gram.squaredDistance(1, 1) == 0)
  }
}
