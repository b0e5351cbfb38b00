import Numerics
import Testing
import Updates

@testable import Aggregation

struct MeasureTests {
  private static func vector(_ values: [Float]) throws -> SparseVector {
    try Support.payload(values).sparseValues()
  }

  @Test func sketchesKeepCosines() throws {
    for seed in UInt64(0)..<20 {
      var random = SeededRandom(seed: seed)
      let left = random.gaussianVector(count: 3_000, deviation: 1)
      let noise = random.gaussianVector(count: 3_000, deviation: 1)
      for mix in [Float(0), 0.1, 1, 10] {
        let right = zip(left, noise).map { $0 + mix * $1 }
        let (a, b) = (try Self.vector(left), try Self.vector(right))
        let sketch = CountSketch(seed: seed)
        let sketched = 1 - Kernels.dot(sketch.unitSketch(of: a), sketch.unitSketch(of: b))
        let exact = a.gap(to: b)
        // Five deviations: sqrt(2/1024) of a small gap, and 1/sqrt(1024) of a large one.
        #expect(abs(sketched - exact) <= 0.22 * exact + 1e-5, "seed \(seed), mix \(mix)")
      }
    }
  }

  @Test func sketchesDependOnTheSeed() throws {
    var random = SeededRandom(seed: 1)
    let vector = try Self.vector(random.gaussianVector(count: 100, deviation: 1))
    #expect(CountSketch(seed: 1).unitSketch(of: vector) == CountSketch(seed: 1).unitSketch(of: vector))
    #expect(CountSketch(seed: 1).unitSketch(of: vector) != CountSketch(seed: 2).unitSketch(of: vector))
  }

  @Test func gapsOfKnownVectors() throws {
    let a = try Self.vector([3, 0, 4, 0])
    let b = try Self.vector([0, 5, 0, 1])
    let c = try Self.vector([-6, 0, -8, 0])
    #expect(a.gap(to: a) < 1e-12)
    #expect(a.gap(to: b) == 1)
    #expect(abs(a.gap(to: c) - 2) < 0.01)
    #expect(a.gap(to: try Self.vector([0, 0, 0, 0])) == 1)
  }

  @Test func nearestMixtureKnownAnswers() {
    let orthogonal = [[1.0, 0], [0, 1.0]]
    let half = 0.5.squareRoot()
    #expect(abs(MixtureFit.nearestMixture([half, half], among: orthogonal) - 1) < 1e-9)
    #expect(abs(MixtureFit.nearestMixture([half, -half], among: orthogonal) - half) < 1e-9)
    #expect(MixtureFit.nearestMixture([-half, -half], among: orthogonal) == 0)
    #expect(abs(MixtureFit.nearestMixture([0.3], among: [[1]]) - 0.3) < 1e-9)
    #expect(MixtureFit.nearestMixture([-0.3], among: [[1]]) == 0)
    #expect(MixtureFit.nearestMixture([0], among: [[0]]) == 0)
  }

  @Test func nearestMixtureBeatsEveryMixtureTried() throws {
    for seed in UInt64(0)..<10 {
      var random = SeededRandom(seed: seed)
      let directions = (0..<4).map { _ in random.gaussianVector(count: 12, deviation: 0.1) }
      let update = random.gaussianVector(count: 12, deviation: 0.1)
      let roots = try RootUpdates(directions)
      let cosines = directions.map { Kernels.cosine($0, update) }
      let best = MixtureFit.nearestMixture(cosines, among: roots.cosines)
      var greatestTried = 0.0
      for _ in 0..<3_000 {
        var mixture = [Float](repeating: 0, count: 12)
        for direction in directions where random.uniform() < 0.7 {
          Kernels.axpy(Float(random.uniform()), direction, &mixture)
        }
        greatestTried = max(greatestTried, Kernels.cosine(mixture, update))
      }
      #expect(greatestTried <= best + 1e-5, "seed \(seed)")
      #expect(best <= greatestTried + 0.05, "seed \(seed)")
    }
  }

  @Test func alignmentLooksAtTouchedParametersOnly() throws {
    let roots = try RootUpdates([[1, 1, 9, -9], [1, 1, 9, 9]])
    let vector = try Self.vector([2, 2, 0, 0])
    let measure = MixtureFit(of: vector, norm: vector.norm, to: roots)
    #expect(abs(measure.alignment - 1) < 1e-6)
    let opposite = try Self.vector([-2, 2, 0, 0])
    #expect(abs(MixtureFit(of: opposite, norm: opposite.norm, to: roots).alignment) < 1e-6)
  }

  @Test func trustNeedsBothMeasures() {
    let cases: [(relativeFit: Double, alignment: Double, trust: Double)] = [
      (1, 0.3, 1), (0.92, 0.05, 1), (0.75, 0.3, 0), (0.4, 0.9, 0), (1, -0.2, 0), (1, -0.9, 0),
      (0.835, 0.3, 0.5), (1, -0.075, 0.5), (0.835, -0.075, 0.25),
    ]
    for (relativeFit, alignment, trust) in cases {
      var standing = Standing()
      standing.record(relativeFit: relativeFit, alignment: alignment, at: 0)
      #expect(abs(standing.trust - trust) < 1e-9, "fit \(relativeFit), alignment \(alignment)")
    }
  }

  @Test func averagesReachBackAFewWindows() {
    var standing = Standing()
    for count in 1...JudgingThresholds.averagedWindows {
      standing.record(relativeFit: Double(count), alignment: 0, at: 0)
      #expect(abs(standing.relativeFit - Double(count + 1) / 2) < 1e-9, "the plain mean of 1...\(count)")
    }
    let before = standing.relativeFit
    standing.record(relativeFit: before + 6, alignment: 0, at: 0)
    #expect(abs(standing.relativeFit - before - 6 / Double(JudgingThresholds.averagedWindows)) < 1e-9)
  }
}
