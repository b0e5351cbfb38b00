public import Numerics

/// A way to make one vector of many, some of which may come from attackers.
///
/// With n vectors x_1, ..., x_n of d values each and at most f attackers among them, a rule's breakdown point
/// is the share f/n up to which attackers cannot move its result without bound. Ties are decided for the
/// vector that comes first. Results do not depend on the number of threads, nor, up to rounding and ties, on
/// the order of the vectors; bucketing, which draws an order, is the exception.
///
/// ```swift
/// let rule = try AggregationRules.rule(named: "nnm+geometric-median", tolerating: 4)
/// let step = try rule.aggregate(batch, threads: 2)
/// ```
public protocol AggregationRule: Sendable {
  /// The rule's name, as `AggregationRules` reads it.
  var name: String { get }

  /// The fewest vectors among which the rule can tolerate its attackers.
  var minimumCount: Int { get }

  /// Makes one vector of many.
  ///
  /// - Parameters:
  ///   - batch: at least `minimumCount` vectors of finite values
  ///   - threads: how many threads divide the work among them
  /// - Returns: as many values as each vector has
  /// - Throws: `AggregationError.tooFewVectors` or `.vectorNotFinite`.
  func aggregate(_ batch: VectorBatch, threads: Int) throws(AggregationError) -> [Float]
}

extension AggregationRule {
  /// Refuses a number of vectors that is too small.
  func checkCount(_ count: Int) throws(AggregationError) {
    guard count >= minimumCount else {
      throw .tooFewVectors(rule: name, count: count, needed: minimumCount)
    }
  }

  /// The dot products of vectors that are short enough to have any.
  func finiteGram(of batch: VectorBatch, threads: Int) throws(AggregationError) -> GramMatrix {
    try checkCount(batch.count)
    let gram = Kernels.gram(of: batch, threads: threads)
    try gram.checkFinite()
    return gram
  }

  /// A result, if it is finite: sums and order statistics of finite vectors are, unless a vector is extremely
  /// long.
  func finite(_ result: [Float], of batch: VectorBatch) throws(AggregationError) -> [Float] {
    guard Kernels.allFinite(result) else { throw .vectorNotFinite(index: batch.leastFiniteVector) }
    return result
  }
}

/// A rule whose result is a linear combination of the vectors, with weights that depend on the dot products
/// among them alone.
///
/// Once the Gram matrix is there, such a rule costs nothing that grows with d. So pre-aggregators in front of
/// it mix no vectors, and it judges sparse updates by the Gram matrix of their sketches.
public protocol VectorRule: AggregationRule {
  /// The weights w of the result, the sum of w_i x_i.
  ///
  /// - Parameter gram: the dot products of at least `minimumCount` vectors
  /// - Returns: one weight for each vector
  /// - Throws: `AggregationError.tooFewVectors` or `.vectorNotFinite`.
  func weights(_ gram: GramMatrix) throws(AggregationError) -> [Double]
}

extension VectorRule {
  /// The weighted sum of the vectors: one Gram matrix and one pass over the batch.
  public func aggregate(_ batch: VectorBatch, threads: Int) throws(AggregationError) -> [Float] {
    try checkCount(batch.count)
    let weights = try weights(Kernels.gram(of: batch, threads: threads))
    return try finite(Kernels.weightedSum(of: batch, weights: weights, threads: threads), of: batch)
  }

  /// Refuses what the rule cannot weigh.
  func check(_ gram: GramMatrix) throws(AggregationError) {
    try checkCount(gram.count)
    try gram.checkFinite()
  }
}

extension GramMatrix {
  /// Refuses vectors whose squared norm is not finite in single precision.
  func checkFinite() throws(AggregationError) { try squaredNorms.checkFinite() }
}

extension [Double] {
  /// Refuses the first squared norm that is not finite in single precision.
  func checkFinite() throws(AggregationError) {
    if let index = firstIndex(where: { !Float($0).isFinite }) { throw .vectorNotFinite(index: index) }
  }
}

extension VectorBatch {
  /// The first vector that has a value which is not finite; without one, the vector with the largest value.
  var leastFiniteVector: Int {
    let magnitudes = (0..<count).map { index in
      let row = row(index)
      return Kernels.allFinite(row) ? Kernels.maximumMagnitude(row) : .infinity
    }
    return magnitudes.indices.max { magnitudes[$0] < magnitudes[$1] } ?? 0
  }
}
