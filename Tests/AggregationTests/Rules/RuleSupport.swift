import Aggregation
import Numerics

/// Batches and rules for property tests.
enum RuleSupport {
  /// All rules that do not depend on a root update, with and without steps in front.
  static let names =
    AggregationRules.names.filter { $0 != "fltrust" } + [
      "nnm+mean", "nnm+median", "nnm+krum", "nnm+geometric-median", "nnm+caf", "nnm+bulyan",
      "arc+trimmed-mean", "arc+nnm+multi-krum", "clipping+dnc", "clipping:0.5+centred-clipping",
    ]

  /// Those that move with the vectors when all are moved alike.
  static let translatedNames = [
    "mean", "median", "trimmed-mean", "krum", "multi-krum", "bulyan", "geometric-median", "dnc", "caf",
    "nnm+median", "nnm+krum", "nnm+geometric-median", "nnm+caf", "bucketing+trimmed-mean",
  ]

  /// Those that grow with the vectors when all grow alike.
  static let scaledNames = translatedNames + ["centred-clipping", "arc+mean", "arc+nnm+krum"]

  /// Those that f far attackers do not move far.
  static let robustNames = [
    "median", "trimmed-mean", "krum", "multi-krum", "bulyan", "geometric-median", "centred-clipping", "dnc",
    "caf", "nnm+trimmed-mean", "nnm+krum", "nnm+geometric-median", "nnm+caf", "arc+mean",
    "arc+nnm+krum", "bucketing+geometric-median", "bucketing+trimmed-mean",
  ]

  /// Vectors of deviation 1 around a centre of deviation 1.
  static func honest(_ count: Int, dimension: Int, using random: inout SeededRandom) -> [[Float]] {
    let centre = random.gaussianVector(count: dimension, deviation: 1)
    return (0..<count).map { _ in
      var row = random.gaussianVector(count: dimension, deviation: 1)
      Kernels.axpy(1, centre, &row)
      return row
    }
  }

  static func rule(_ name: String, _ attackers: Int) throws -> any AggregationRule {
    try AggregationRules.rule(named: name, tolerating: attackers, seed: 5)
  }

  static func aggregate(_ name: String, tolerating attackers: Int, _ rows: [[Float]]) throws -> [Float] {
    try rule(name, attackers).aggregate(try VectorBatch(rows: rows), threads: 1)
  }
}
