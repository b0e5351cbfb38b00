import Numerics
import Testing
import Updates

@testable import Aggregation

/// Sketches against the vectors that they stand for.
struct SketchTests {
  private static let bucketCount = 1_024

  private static func sketches(of payloads: [Payload], seed: UInt64) -> SketchMatrix {
    UpdateMeasures(of: payloads, sketch: CountSketch(seed: seed, bucketCount: bucketCount)).sketches
  }

  /// Payloads as packets hold them: 64 of 4,096 values kept. Neighbours share some of their places.
  private static func sparsePayloads(_ count: Int, parameterCount: Int, seed: UInt64) -> [Payload] {
    var random = SeededRandom(seed: seed)
    let common = random.gaussianVector(count: parameterCount, deviation: 1)
    return (0..<count).map { number in
      let share = Float(number % 4) / 2
      let values = common.map { Int32(10_000 * (share * $0 + Float(random.gaussian()))) }
      return Payload(encoding: values, form: .sparse(keptPerChunk: 64))
    }
  }

  @Test func sketchesKeepCosines() throws {
    for seed in UInt64(0)..<20 {
      var random = SeededRandom(seed: seed)
      let left = random.gaussianVector(count: 3_000, deviation: 1)
      let noise = random.gaussianVector(count: 3_000, deviation: 1)
      for mix in [Float(0), 0.1, 1, 10] {
        let right = zip(left, noise).map { $0 + mix * $1 }
        let payloads = [try Support.payload(left), try Support.payload(right)]
        let measures = UpdateMeasures(
          of: payloads, sketch: CountSketch(seed: seed, bucketCount: Self.bucketCount))
        let unit = measures.sketches.unit
        let exact = CopySearch.gap(
          payloads[0], norm: measures.norms[0], payloads[1], norm: measures.norms[1])
        // Five deviations: sqrt(2/1024) of a small gap, and 1/sqrt(1024) of a large one.
        let difference = abs(1 - unit.dot(0, unit, 1) - exact)
        #expect(difference <= 0.22 * exact + 1e-5, "seed \(seed), mix \(mix)")
      }
    }
  }

  /// The bound of `CountSketch`: with b buckets a dot product's variance is at most 2 |x|^2 |y|^2 / b, and
  /// its mean is exact.
  @Test func dotProductsAndDistancesStayWithinTheBoundOfTheirErrors() {
    let seed: UInt64 = 90
    let payloads = Self.sparsePayloads(12, parameterCount: 60_000, seed: seed)
    let vectors = payloads.map { $0.denseValues().map(Double.init) }
    func exact(_ i: Int, _ j: Int) -> Double { zip(vectors[i], vectors[j]).reduce(0) { $0 + $1.0 * $1.1 } }
    let dots = vectors.indices.map { i in vectors.indices.map { j in exact(i, j) } }
    let sketchCount: UInt64 = 60
    var (dotErrors, distanceErrors) = ([Double](), [Double]())
    for sketchSeed in UInt64(0)..<sketchCount {
      let sketches = Self.sketches(of: payloads, seed: seed << 32 + sketchSeed)
      for i in vectors.indices {
        for j in 0..<i {
          let (left, right) = (dots[i][i], dots[j][j])
          let distance = left + right - 2 * dots[i][j]
          let dot = sketches.dot(i, sketches, j)
          let sketched = sketches.dot(i, sketches, i) + sketches.dot(j, sketches, j) - 2 * dot
          dotErrors.append((dot - dots[i][j]) / (left * right).squareRoot())
          distanceErrors.append((sketched - distance) / distance)
        }
      }
    }
    let bound = (2 / Double(Self.bucketCount)).squareRoot()
    for (name, errors) in [("dot products", dotErrors), ("squared distances", distanceErrors)] {
      let count = Double(errors.count)
      let mean = errors.reduce(0, +) / count
      let spread = (errors.reduce(0) { $0 + $1 * $1 } / count).squareRoot()
      // A sample of errors that meet the bound exactly, as distances nearly do, scatters around it.
      #expect(spread <= 1.1 * bound, "\(name), seed \(seed): \(spread) against \(bound)")
      // Far below the bound the test would test nothing.
      #expect(spread >= bound / 4, "\(name), seed \(seed)")
      // Pairs of one sketch hang together, so only the sketches count as independent.
      #expect(
        abs(mean) <= 4 * bound / Double(sketchCount).squareRoot(),
        "\(name), seed \(seed): the mean is \(mean)")
    }
  }

  @Test func sketchesAreSumsOverTheirBuckets() {
    let payload = Self.sparsePayloads(1, parameterCount: 20_000, seed: 3)[0]
    let sketch = CountSketch(seed: 17, bucketCount: Self.bucketCount)
    let buckets = sketch.buckets(of: 0..<20_000)
    #expect(Array(buckets[9_000..<9_100]) == sketch.buckets(of: 9_000..<9_100))
    var expected = [Int64](repeating: 0, count: sketch.bucketCount)
    payload.forEachValue { index, value in
      expected[Int(buckets[index] & 0x7FFF)] += buckets[index] >> 15 == 0 ? Int64(value) : -Int64(value)
    }
    #expect(Self.sketches(of: [payload], seed: 17).values == expected.map { Float($0) })
    #expect(expected.contains { $0 != 0 })
    // Buckets and signs are spread evenly: each bucket gets 19.5 of 20,000 indices, give or take 4.4.
    let counts = buckets.reduce(into: [Int](repeating: 0, count: 1_024)) { $0[Int($1 & 0x7FFF)] += 1 }
    #expect((counts.max() ?? 0) < 50)
    #expect(abs(buckets.count { $0 >> 15 == 1 } - 10_000) < 400)
  }

  @Test func sketchesDependOnTheSeed() {
    let payloads = Self.sparsePayloads(2, parameterCount: 5_000, seed: 1)
    #expect(Self.sketches(of: payloads, seed: 1).values == Self.sketches(of: payloads, seed: 1).values)
    #expect(Self.sketches(of: payloads, seed: 1).values != Self.sketches(of: payloads, seed: 2).values)
  }

  @Test func rowsAreScaledAndPicked() {
    let matrix = SketchMatrix(count: 3, bucketCount: 2, values: [3, 4, 0, 0, -5, 0])
    #expect(matrix.unit.values == [0.6, 0.8, 0, 0, -1, 0])
    #expect(matrix.rows([2, 0]).values == [-5, 0, 3, 4])
    #expect(matrix.rows([]).count == 0)
    #expect(matrix.rows([0, 1, 2]).values == matrix.values)
    #expect(matrix.dot(0, matrix, 2) == -15)
  }

  /// A dense direction is sketched as the same vector in a packet is.
  @Test func directionsMeetUpdatesInTheSketch() throws {
    var random = SeededRandom(seed: 8)
    let payload = try Support.payload(random.gaussianVector(count: 9_000, deviation: 0.1))
    let sketch = CountSketch(seed: 21, bucketCount: 512)
    let direction = payload.denseValues().map { Float($0) }
    let dense = sketch.sketches(of: [direction, direction.map { -$0 }])
    let packed = UpdateMeasures(of: [payload], sketch: sketch).sketches
    let (norm, dot) = (packed.dot(0, packed, 0), packed.dot(0, dense, 0))
    #expect(abs(dot - norm) < 1e-5 * norm)
    #expect(abs(packed.dot(0, dense, 1) + norm) < 1e-5 * norm)
  }
}
