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
      let scaled = (directions + [update]).map { zip($0, roots.scale).map { $0 * $1 } }
      let cosines = scaled.dropLast().map { Kernels.cosine($0, scaled[4]) }
      let best = MixtureFit.nearestMixture(cosines, among: roots.cosines)
      var greatestTried = 0.0
      for _ in 0..<3_000 {
        var mixture = [Float](repeating: 0, count: 12)
        for direction in scaled.dropLast() where random.uniform() < 0.7 {
          Kernels.axpy(Float(random.uniform()), direction, &mixture)
        }
        greatestTried = max(greatestTried, Kernels.cosine(mixture, scaled[4]))
      }
      #expect(greatestTried <= best + 1e-5, "seed \(seed)")
      #expect(best <= greatestTried + 0.05, "seed \(seed)")
    }
  }

  @Test func polarityTellsAhead() throws {
    // Orthogonal directions, of which two explain the update and the third its opposite.
    let roots = try RootUpdates([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]])
    func polarity(_ labelDots: [Double]) -> Double {
      MixtureFit(labelDots: labelDots, norm: 1, to: roots).polarity
    }
    let unit = roots.norms[0]
    #expect(abs(polarity([0.3 * unit, 0.4 * unit, 0]) - 1) < 1e-6)
    #expect(abs(polarity([-0.3 * unit, -0.4 * unit, 0]) + 1) < 1e-6)
    #expect(abs(polarity([0.3 * unit, 0.4 * unit, -0.5 * unit])) < 1e-6)
    #expect(abs(polarity([0.3 * unit, 0, -0.1 * unit]) - 0.5) < 1e-6)
    #expect(polarity([0, 0, 0]) == 0)
    #expect(MixtureFit(labelDots: [0, 0, 0], norm: 0, to: roots).fit == 0)
  }

  /// F = the mean square over the labels; s = (F / mean F + 1/1000)^(-1/2).
  @Test func parametersAreScaledByTheirInformation() throws {
    let roots = try RootUpdates([[3, 1, 0, 0], [-1, 1, 2, 0]])
    let information: [Double] = [5, 1, 2, 0]
    for (factor, information) in zip(roots.scale, information) {
      #expect(abs(Double(factor) - (information / 2 + 0.001).squareRoot().reciprocal) < 1e-5 * Double(factor))
    }
    let scaled = [[3, 1, 0, 0], [-1, 1, 2, 0]].map { (root: [Float]) in zip(root, roots.scale).map { $0 * $1 }
    }
    #expect(abs(roots.norms[1] - Kernels.norm(scaled[1])) < 1e-5)
    #expect(abs(roots.cosines[0][1] - Kernels.cosine(scaled[0], scaled[1])) < 1e-6)
    #expect(try RootUpdates([[3, 1, 0, 0]]).scale == [1, 1, 1, 1])
    #expect(try RootUpdates([[0, 0], [0, 0]]).scale == [1, 1])
  }

  @Test func trustIsTheProductOfItsFactors() {
    let cases: [(TrustMeasures, trust: Double)] = [
      (TrustMeasures(fit: 0.8, polarity: 0.05, twin: 0.4, group: 2), 1),
      (TrustMeasures(fit: 0.5, polarity: 1, twin: 0, group: 0), 0),
      (TrustMeasures(fit: 1, polarity: -0.1, twin: 0, group: 0), 0),
      (TrustMeasures(fit: 1, polarity: 1, twin: 0.7, group: 0), 0),
      (TrustMeasures(fit: 1, polarity: 1, twin: -1, group: 4), 0),
      (TrustMeasures(fit: 0.65, polarity: -0.025, twin: 0.55, group: 3), 0.0625),
    ]
    for (measures, trust) in cases {
      #expect(abs(measures.factors.reduce(1) { $0 * $1.value } - trust) < 1e-9, "\(measures)")
    }
  }

  @Test func averagesReachBackAFewWindows() {
    var standing = Standing()
    for count in 1...JudgingThresholds.averagedWindows {
      standing.record(TrustMeasures(fit: Double(count), group: -2 * Double(count)), at: 0)
      #expect(abs(standing.measures.fit - Double(count + 1) / 2) < 1e-9, "the plain mean of 1...\(count)")
      #expect(abs(standing.measures.group + Double(count + 1)) < 1e-9)
    }
    let before = standing.measures.fit
    standing.record(TrustMeasures(fit: before + 6), at: 0)
    #expect(abs(standing.measures.fit - before - 6 / Double(JudgingThresholds.averagedWindows)) < 1e-9)
  }

  @Test func quantilesAndDeviations() {
    #expect([Double]().median == nil)
    #expect([3.0, 1, 2, 4].median == 2)
    #expect([5.0, 1, 2, 3, 4].quantile(0.6) == 3)
    #expect([7.0].quantile(0.6) == 7)
    // Median 2, deviations 1, 0, 1, 8: their lower median is 1.
    let expected = [1.0, 2, 3, 10].map { ($0 - 2) / (1.4826 + JudgingThresholds.leastDeviation) }
    #expect([1.0, 2, 3, 10].standingOut == expected)
    #expect([Double]().standingOut.isEmpty)
  }
}

extension Double {
  fileprivate var reciprocal: Double { 1 / self }
}
