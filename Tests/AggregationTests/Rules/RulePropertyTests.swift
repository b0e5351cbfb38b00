import Aggregation
import Numerics
import Testing

@Suite("Properties of rules") struct RulePropertyTests {
  private static let seeds: [UInt64] = [1, 2, 3, 4]

  @Test("the order of the vectors has no influence", arguments: seeds)
  func permutation(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let rows = RuleSupport.honest(19, dimension: 30, using: &random)
    let order = random.permutation(count: rows.count)
    for name in RuleSupport.names {
      let expected = try RuleSupport.aggregate(name, tolerating: 3, rows)
      let found = try RuleSupport.aggregate(name, tolerating: 3, order.map { rows[$0] })
      #expect(relativeError(found, expected) < 2e-5, "seed \(seed), \(name)")
    }
  }

  @Test("the number of threads has no influence")
  func threads() throws {
    var random = SeededRandom(seed: 7)
    let batch = try VectorBatch(rows: RuleSupport.honest(11, dimension: 5_000, using: &random))
    for name in RuleSupport.names {
      let rule = try RuleSupport.rule(name, 2)
      #expect(try rule.aggregate(batch, threads: 1) == rule.aggregate(batch, threads: 3), "\(name)")
    }
  }

  @Test("what moves all vectors moves the result", arguments: seeds)
  func translation(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let rows = RuleSupport.honest(19, dimension: 30, using: &random)
    let shift = random.gaussianVector(count: 30, deviation: 8)
    for name in RuleSupport.translatedNames {
      let expected = Reference.sum(try RuleSupport.aggregate(name, tolerating: 3, rows), shift)
      let found = try RuleSupport.aggregate(name, tolerating: 3, rows.map { Reference.sum($0, shift) })
      #expect(relativeError(found, expected) < 1e-5, "seed \(seed), \(name)")
    }
  }

  // A power of two changes no rounding, so every decision is the same one.
  @Test("what scales all vectors scales the result", arguments: seeds)
  func scale(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let rows = RuleSupport.honest(19, dimension: 30, using: &random)
    for name in RuleSupport.scaledNames {
      for factor: Float in [0x1p-12, 0x1p12] {
        let expected = Reference.scale(try RuleSupport.aggregate(name, tolerating: 3, rows), by: factor)
        let found = try RuleSupport.aggregate(
          name, tolerating: 3, rows.map { Reference.scale($0, by: factor) })
        #expect(relativeError(found, expected) < 1e-6, "seed \(seed), \(name), times \(factor)")
      }
    }
  }

  // The bound: twice the honest deviation from the honest mean, whose expectation is the root of d.
  @Test("f attackers far away in one place move no robust rule far", arguments: seeds)
  func farOutliers(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let (attackers, dimension) = (4, 50)
    let honest = RuleSupport.honest(19, dimension: dimension, using: &random)
    let mean = try RuleSupport.aggregate("mean", tolerating: 0, honest)
    let bound = 2 * Double(dimension).squareRoot()
    let direction = random.gaussianVector(count: dimension, deviation: 1)
    for distance: Float in [10, 1e3, 1e6] {
      let outlier = Reference.sum(mean, Reference.scale(direction, by: distance))
      var rows = honest
      for place in [0, 5, 6, 22] { rows.insert(outlier, at: place) }
      for name in RuleSupport.robustNames {
        let found = try RuleSupport.aggregate(name, tolerating: attackers, rows)
        let moved = Reference.squaredDistance(found, mean).squareRoot()
        #expect(moved < bound, "seed \(seed), \(name), outliers at \(distance): \(moved)")
      }
      let averaged = try RuleSupport.aggregate("mean", tolerating: attackers, rows)
      #expect(Reference.squaredDistance(averaged, mean).squareRoot() > Double(distance) / 2)
    }
  }

  @Test("vectors that are long and near one another keep their distances", arguments: seeds)
  func offset(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    // Steps of 2^-8 stay exact beside 4,096, so only the rules' own arithmetic can differ.
    let rows = RuleSupport.honest(19, dimension: 60, using: &random).map { row in
      row.map { ($0 * 256).rounded() / 256 }
    }
    let shift = (0..<60).map { _ in random.uniform() < 0.5 ? Float(-4_096) : 4_096 }
    for name in RuleSupport.translatedNames {
      let near = try RuleSupport.aggregate(name, tolerating: 3, rows)
      let far = try RuleSupport.aggregate(name, tolerating: 3, rows.map { Reference.sum($0, shift) })
      // The result itself is rounded to a step of 2^-11 or so.
      let moved = zip(Reference.difference(far, shift), near).map { abs($0 - $1) }.max() ?? 0
      #expect(moved < 1e-3, "seed \(seed), \(name)")
    }
  }

  @Test("equal vectors are their own result, be they zero or not")
  func equal() throws {
    for value: Float in [0, 1, -3e-30, 1e15] {
      let rows = [[Float]](repeating: [value, -value, 2 * value], count: 15)
      for name in RuleSupport.names where !name.hasPrefix("clipping") {
        #expect(
          relativeError(try RuleSupport.aggregate(name, tolerating: 2, rows), rows[0]) < 1e-6, "\(name)")
      }
    }
  }

  @Test("one attacker more than a trimmed mean tolerates moves it")
  func trimmedMeanBreaks() throws {
    let rows: [[Float]] = [[0], [0], [0], [0], [0], [1e6], [1e6]]
    #expect(try RuleSupport.aggregate("trimmed-mean", tolerating: 2, rows) == [0])
    #expect(try RuleSupport.aggregate("trimmed-mean", tolerating: 1, rows)[0] > 1e5)
  }

  @Test("the fewest vectors are enough, and one less is refused")
  func fewest() throws {
    var random = SeededRandom(seed: 8)
    for name in RuleSupport.names + ["bucketing:3+krum"] {
      for attackers in 0...3 {
        let rule = try RuleSupport.rule(name, attackers)
        let rows = RuleSupport.honest(rule.minimumCount, dimension: 5, using: &random)
        #expect(Kernels.allFinite(try rule.aggregate(try VectorBatch(rows: rows), threads: 1)), "\(name)")
        guard rows.count > 1 else { continue }
        let fewer = try VectorBatch(rows: Array(rows.dropLast()))
        #expect(
          throws: AggregationError.tooFewVectors(rule: rule.name, count: rows.count - 1, needed: rows.count),
          "\(name), \(attackers)"
        ) { try rule.aggregate(fewer, threads: 1) }
      }
    }
  }

  @Test("a value that is not finite, or whose square is not, is named")
  func notFinite() throws {
    var random = SeededRandom(seed: 9)
    let rows = RuleSupport.honest(15, dimension: 9, using: &random)
    for name in RuleSupport.names {
      for value in [Float.nan, .infinity, -.infinity] {
        var damaged = rows
        damaged[6][4] = value
        #expect(throws: AggregationError.vectorNotFinite(index: 6), "\(name), \(value)") {
          try RuleSupport.aggregate(name, tolerating: 2, damaged)
        }
      }
    }
    var long = rows
    long[3][0] = 3e38
    for name in ["krum", "caf", "geometric-median", "nnm+median"] {
      #expect(throws: AggregationError.vectorNotFinite(index: 3), "\(name)") {
        try RuleSupport.aggregate(name, tolerating: 2, long)
      }
    }
    #expect(try RuleSupport.aggregate("trimmed-mean", tolerating: 2, long)[0] < 10)
    let sortable = [[Float]](repeating: [1e38], count: 5)
    #expect(try RuleSupport.aggregate("median", tolerating: 0, sortable) == [1e38])
  }
}
