extension MergePolicy.Rule {
  /// The rule's name: as `AggregationRules` reads it, unless it is `trust`.
  public var name: String {
    switch self {
    case .trust: "trust"
    case .mean: "mean"
    case .krum: "krum"
    case .multiKrum: "multi-krum"
    case .geometricMedian: "geometric-median"
    case .centredClipping: "centred-clipping"
    case .flTrust: "fltrust"
    case .divideAndConquer: "dnc"
    case .covarianceFilter: "caf"
    case .mixedKrum: "nnm+krum"
    case .mixedGeometricMedian: "nnm+geometric-median"
    case .mixedCovarianceFilter: "nnm+caf"
    case .bucketedKrum: "bucketing+krum"
    case .clippedMixedGeometricMedian: "arc+nnm+geometric-median"
    }
  }

  /// The rule of a name; nil if there is none.
  public init?(name: String) {
    guard let rule = Self.allCases.first(where: { $0.name == name }) else { return nil }
    self = rule
  }

  /// What weighs the updates by dot products among them; nil for a rule that asks for something else.
  ///
  /// - Parameters:
  ///   - attackers: f, how many attackers to tolerate, at least 0
  ///   - seed: draws the order of the updates for `bucketedKrum`
  func vectorRule(tolerating attackers: Int, seed: UInt64) -> (any VectorRule)? {
    let nearest = NearestNeighbourMixing(tolerating: attackers)
    switch self {
    case .trust, .mean, .flTrust: return nil
    case .krum: return Krum(tolerating: attackers)
    case .multiKrum: return MultiKrum(tolerating: attackers)
    case .geometricMedian: return GeometricMedian()
    case .centredClipping: return CentredClipping()
    case .divideAndConquer: return DivideAndConquer(tolerating: attackers)
    case .covarianceFilter: return CovarianceFilter(tolerating: attackers)
    case .mixedKrum: return PreAggregated([nearest], Krum(tolerating: attackers))
    case .mixedGeometricMedian: return PreAggregated([nearest], GeometricMedian())
    case .mixedCovarianceFilter: return PreAggregated([nearest], CovarianceFilter(tolerating: attackers))
    case .bucketedKrum: return PreAggregated([Bucketing(seed: seed)], Krum(tolerating: attackers))
    case .clippedMixedGeometricMedian:
      return PreAggregated([AdaptiveClipping(tolerating: attackers), nearest], GeometricMedian())
    }
  }
}
