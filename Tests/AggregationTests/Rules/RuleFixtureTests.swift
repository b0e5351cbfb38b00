import Numerics
import Testing

@testable import Aggregation

@Suite("Rules against byzfl and numpy") struct RuleFixtureTests {
  /// Every result of the fixture, and the rule that should arrive at it.
  private static func rules(
    for test: RuleFixture.Case, root: [Float]
  ) throws -> [String: any AggregationRule] {
    let attackers = test.tolerated
    let nearest = NearestNeighbourMixing(tolerating: attackers)
    let buckets = Bucketing(size: 2, order: test.order)
    let clipping = NormClipping(limit: test.clippingLimit)
    let adaptive = AdaptiveClipping(tolerating: attackers)
    let byzflKrum = Krum(tolerating: attackers, neighbourhood: .byzfl)
    let byzflMedian = GeometricMedian(start: .origin, smoothing: .absolute(0.1), iterations: 3)
    var rules: [String: any AggregationRule] = [
      "byzfl krum": byzflKrum,
      "byzfl multi-krum": MultiKrum(tolerating: attackers, neighbourhood: .byzfl),
      "byzfl geometric-median": byzflMedian,
      "geometric-median": GeometricMedian(smoothing: .ofMedianDistance(1e-5)),
      "byzfl centred-clipping": CentredClipping(radius: .fixed(2)),
      "byzfl centred-clipping x3": CentredClipping(radius: .fixed(2), iterations: 3),
      "nnm+byzfl krum": PreAggregated([nearest], byzflKrum),
      "arc+nnm+byzfl geometric-median": PreAggregated([adaptive, nearest], byzflMedian),
      "clipping+mean": PreAggregated([clipping], ArithmeticMean()),
      "clipping+median": PreAggregated([clipping], CoordinateMedian()),
      "bucketing+mean": PreAggregated([buckets], ArithmeticMean()),
      "bucketing+median": PreAggregated([buckets], CoordinateMedian()),
    ]
    for name in test.results.keys where rules[name] == nil {
      rules[name] = try AggregationRules.rule(named: name, tolerating: attackers, root: root)
    }
    return rules
  }

  @Test("the generators draw the same vectors")
  func inputs() throws {
    for test in try RuleFixture.load().cases {
      let batch = try test.inputs().batch
      for (index, norm) in test.norms.enumerated() {
        #expect(abs(Reference.norm(batch.row(index)) - norm) <= 1e-6 * norm, "\(test)")
      }
    }
  }

  @Test("every result is the peer's")
  func results() throws {
    let cases = try RuleFixture.load().cases
    #expect(cases.count == 5)
    for test in cases {
      let (batch, root) = try test.inputs()
      let rules = try Self.rules(for: test, root: root)
      #expect(rules.count == test.results.count)
      for (name, expected) in test.results {
        for threads in [1, 2] {
          let found = try rules[name]?.aggregate(batch, threads: threads) ?? []
          let error = relativeError(found, expected)
          #expect(error <= 1e-5, "\(name), \(test): \(error)")
        }
      }
    }
  }

  @Test("a rule that weighs by dot products alone finds the same from them")
  func weights() throws {
    for test in try RuleFixture.load().cases {
      let (batch, root) = try test.inputs()
      let gram = Kernels.gram(of: batch, threads: 1)
      for (name, rule) in try Self.rules(for: test, root: root) {
        guard let rule = rule as? any VectorRule, let expected = test.results[name] else { continue }
        let weights = try rule.weights(gram)
        let error = relativeError(Reference.weightedSum(of: batch, weights: weights), expected)
        #expect(error <= 1e-5, "\(name), \(test): \(error)")
      }
    }
  }
}
