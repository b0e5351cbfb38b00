import Numerics
import Testing

@testable import Aggregation

struct MeasureTests {
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
