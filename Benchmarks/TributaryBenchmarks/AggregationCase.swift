import Aggregation
import Numerics

/// One rule as it is measured, and what bounds it.
struct AggregationCase: Sendable {
  /// What no way of computing a rule can pass.
  enum Bound {
    /// Reading the vectors once, from memory.
    case read
    /// The dot products by BLAS, and reading the vectors once.
    case gramAndRead
  }

  /// The row's name.
  let name: String
  /// The rule's name in the peers' answers; nil for what they do not have.
  let peerRule: String?
  /// The peers whose definition is ours, so that answers must agree.
  let agreeing: [AggregationPeer]
  /// In how many of a million values rounding may decide which of two is nearer to a median.
  var ties = 0
  let bound: Bound
  /// The aim: this many times the bound.
  let aim: Double
  /// Aggregates, and returns what is compared with the peers' answers.
  let run: @Sendable (VectorBatch, _ threads: Int) throws -> [Float]

  /// The rules, each tolerating `attackers`.
  static func all(tolerating attackers: Int) -> [AggregationCase] {
    [
      rule(ArithmeticMean(), .read, aim: 1.3, agreeing: AggregationPeer.allCases),
      rule(CoordinateMedian(), .read, aim: 4, agreeing: AggregationPeer.allCases),
      rule(TrimmedMean(tolerating: attackers), .read, aim: 4, agreeing: AggregationPeer.allCases),
      // byzfl's radius.
      rule(CentredClipping(radius: .fixed(100)), .read, aim: 3, agreeing: AggregationPeer.byzfl),
      rule(Krum(tolerating: attackers), agreeing: AggregationPeer.allCases),
      rule(MultiKrum(tolerating: attackers), agreeing: AggregationPeer.allCases),
      rule(
        GeometricMedian(start: .origin, smoothing: .absolute(0.1), iterations: 3),
        name: "geometric-median, byzfl's 3 steps", agreeing: AggregationPeer.byzfl),
      rule(GeometricMedian(), name: "geometric-median, converged", agreeing: []),
      nearestNeighbourMixing(tolerating: attackers),
      // byzfl draws a direction at random, so that its answers vary.
      rule(CovarianceFilter(tolerating: attackers), agreeing: []),
      rule(Bulyan(tolerating: attackers), ties: 20, agreeing: [.flower]),
      rule(DivideAndConquer(tolerating: attackers), agreeing: []),
    ]
  }

  private static func rule(
    _ rule: some AggregationRule, _ bound: Bound = .gramAndRead, aim: Double = 2, name: String? = nil,
    ties: Int = 0, agreeing: [AggregationPeer]
  ) -> AggregationCase {
    AggregationCase(
      name: name ?? rule.name, peerRule: rule.name, agreeing: agreeing, ties: ties, bound: bound,
      aim: aim
    ) { batch, threads in
      try rule.aggregate(batch, threads: threads)
    }
  }

  /// The mixed vectors themselves, as for a rule that looks at coordinates. Three of them are compared.
  private static func nearestNeighbourMixing(tolerating attackers: Int) -> AggregationCase {
    let step = NearestNeighbourMixing(tolerating: attackers)
    return AggregationCase(
      name: step.name, peerRule: step.name, agreeing: AggregationPeer.byzfl, bound: .gramAndRead, aim: 2
    ) { batch, threads in
      let mixing = step.mixing(Kernels.gram(of: batch, threads: threads))
      let mixed = Kernels.mix(
        batch, coefficients: mixing.coefficients, rows: mixing.rows, threads: threads)
      return mixed.row(0) + mixed.row(mixed.count / 2) + mixed.row(mixed.count - 1)
    }
  }
}
