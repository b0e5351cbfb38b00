public import Numerics

// Rules that look at each coordinate by itself. They suit dense vectors only: the median of a coordinate that
// most sparse updates leave out is 0.

/// The median of each coordinate, with an even number of vectors the mean of the two in the middle (Yin,
/// Chen, Ramchandran and Bartlett, ICML 2018).
///
/// Breakdown point 1/2. The error grows with the root of d, and under skewed data the median loses what only
/// a minority of the vectors have.
public struct CoordinateMedian: AggregationRule {
  /// Creates the rule.
  public init() {}

  /// `median`.
  public var name: String { "median" }
  /// One.
  public var minimumCount: Int { 1 }

  /// The medians.
  public func aggregate(_ batch: VectorBatch, threads: Int) throws(AggregationError) -> [Float] {
    return try finite(Kernels.coordinateMedian(of: batch, threads: threads), of: batch)
  }
}

/// The mean of each coordinate without its f least and f greatest values (Yin et al., ICML 2018):
/// 1/(n - 2f) times the sum of x_(f+1), ..., x_(n-f) in ascending order.
///
/// Breakdown point (f + 1)/n, at most 1/2.
public struct TrimmedMean: AggregationRule {
  /// How many attackers are tolerated: f.
  public let tolerated: Int

  /// Creates the rule for f >= 0 attackers.
  public init(tolerating attackers: Int) {
    precondition(attackers >= 0, "a rule cannot tolerate \(attackers) attackers")
    tolerated = attackers
  }

  /// `trimmed-mean`.
  public var name: String { "trimmed-mean" }
  /// 2f + 1.
  public var minimumCount: Int { 2 * tolerated + 1 }

  /// The trimmed means.
  public func aggregate(_ batch: VectorBatch, threads: Int) throws(AggregationError) -> [Float] {
    try checkCount(batch.count)
    return try finite(
      Kernels.trimmedMean(of: batch, trimmingEachSide: tolerated, threads: threads), of: batch)
  }
}
