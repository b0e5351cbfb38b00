public import Numerics

/// The weighted mean: the sum of w_i x_i over the sum of w_i.
///
/// Federated averaging (McMahan et al., AISTATS 2017) weighs by numbers of examples. Breakdown point 0: one
/// vector moves the mean anywhere.
public struct ArithmeticMean: VectorRule {
  private let given: [Double]?

  /// Weighs all vectors alike.
  public init() { given = nil }

  /// Weighs each vector by a weight of its own.
  ///
  /// - Parameter weights: at least 0 each, more than 0 in all; the batch must have as many vectors
  /// - Throws: `AggregationError.invalidRule`.
  public init(weights: [Double]) throws(AggregationError) {
    let sum = weights.reduce(0, +)
    guard weights.allSatisfy({ $0 >= 0 }), sum > 0, sum.isFinite else {
      throw .invalidRule("the weights of a mean must be at least 0 each, and more than 0 and finite in all")
    }
    given = weights.map { $0 / sum }
  }

  /// `mean`.
  public var name: String { "mean" }
  /// One, or as many as there are weights.
  public var minimumCount: Int { given?.count ?? 1 }

  /// The weights, divided by their sum.
  public func weights(_ gram: GramMatrix) throws(AggregationError) -> [Double] {
    try check(gram)
    return try shares(of: gram.count)
  }

  /// One pass over the batch: a mean needs no Gram matrix.
  public func aggregate(_ batch: VectorBatch, threads: Int) throws(AggregationError) -> [Float] {
    try checkCount(batch.count)
    let shares = try shares(of: batch.count)
    return try finite(Kernels.weightedSum(of: batch, weights: shares, threads: threads), of: batch)
  }

  private func shares(of count: Int) throws(AggregationError) -> [Double] {
    guard let given else { return [Double](repeating: 1 / Double(count), count: count) }
    guard given.count == count else {
      throw .invalidRule("there are \(given.count) weights for \(count) vectors; give one for each")
    }
    return given
  }
}
