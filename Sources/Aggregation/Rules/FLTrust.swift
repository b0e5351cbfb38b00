public import Numerics

/// Trust by the cosine to an update trained on examples that the aggregator holds itself (Cao, Fang, Liu and
/// Gong, NDSS 2021).
///
/// With the root update g and t_i = max(0, cos(x_i, g)), the result is the sum of t_i |g| x_i / |x_i| over
/// the sum of the t_i; 0 if no vector agrees with g. Whatever the number of attackers, the result is no
/// longer than g and within a right angle of it, so no share of them breaks it; the root's examples do, if
/// they mislead.
public struct FLTrust: AggregationRule {
  private let root: [Float]
  private let rootNorm: Double

  /// Creates the rule.
  ///
  /// - Parameter root: g, as long as each vector, of finite values
  /// - Throws: `AggregationError.invalidRule`.
  public init(root: [Float]) throws(AggregationError) {
    rootNorm = Kernels.norm(root)
    guard rootNorm.isFinite else {
      throw .invalidRule("the root update has a value that is not finite or extremely large")
    }
    self.root = root
  }

  /// `fltrust`.
  public var name: String { "fltrust" }
  /// One.
  public var minimumCount: Int { 1 }

  /// The weighted sum of the vectors.
  public func aggregate(_ batch: VectorBatch, threads: Int) throws(AggregationError) -> [Float] {
    guard root.count == batch.dimension else {
      throw .wrongLength(what: "the root update", count: root.count, expected: batch.dimension)
    }
    let squares = Kernels.squaredNorms(of: batch, centre: nil, threads: threads)
    try squares.checkFinite()
    let products = (0..<batch.count).map { index in
      let values = index * batch.dimension..<(index + 1) * batch.dimension
      return Kernels.dot(batch.values.span.extracting(values), root.span)
    }
    let weights = Self.weights(
      products: products, norms: squares.map { $0.squareRoot() }, rootNorm: rootNorm)
    return try finite(Kernels.weightedSum(of: batch, weights: weights, threads: threads), of: batch)
  }

  /// The weights of the result.
  ///
  /// - Parameters:
  ///   - products: the dot product of each vector with the root update
  ///   - norms: the vectors' norms
  ///   - rootNorm: the root update's norm
  static func weights(products: [Double], norms: [Double], rootNorm: Double) -> [Double] {
    let cosines = zip(products, norms).map { product, norm in
      norm > 0 && rootNorm > 0 ? max(0, product / (norm * rootNorm)) : 0
    }
    let sum = cosines.reduce(0, +)
    return zip(cosines, norms).map { $0 > 0 ? $0 * rootNorm / ($1 * sum) : 0 }
  }
}
