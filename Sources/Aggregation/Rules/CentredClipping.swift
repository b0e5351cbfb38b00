public import Numerics

/// The mean of what lies within a radius of a centre (Karimireddy, He and Jaggi, ICML 2021).
///
/// v <- v + 1/n sum of (x_i - v) min(1, r / |x_i - v|). One vector moves the centre by at most r/n in a step.
/// With a good centre the paper's bounds hold up to f/n = 0.1; with the median distance as radius the result
/// stays bounded up to 1/2.
///
/// The centre is the last result in the paper; give it as `centre`, or start from 0, where differences from
/// the last version belong. The radius is by default the median of the distances to the centre, so scale does
/// not matter; byzfl 0.0.11 and the paper fix it.
public struct CentredClipping: VectorRule {
  /// How far a vector may pull: r.
  public enum Radius: Sendable {
    /// In the unit of the vectors, at least 0.
    case fixed(Double)
    /// The median of the distances to the current centre, of an even number the lower one.
    case medianDistance
  }

  /// One step: the paper finds more to be of little use.
  public static let defaultIterations = 1

  private let radius: Radius
  private let iterations: Int

  /// Creates the rule.
  ///
  /// - Parameters:
  ///   - radius: r
  ///   - iterations: the number of steps, at least 1
  public init(radius: Radius = .medianDistance, iterations: Int = Self.defaultIterations) {
    if case .fixed(let length) = radius {
      precondition(length >= 0, "a radius of \(length) is no radius")
    }
    precondition(iterations >= 1, "\(iterations) steps lead nowhere")
    self.radius = radius
    self.iterations = iterations
  }

  /// `centred-clipping`.
  public var name: String { "centred-clipping" }
  /// One.
  public var minimumCount: Int { 1 }

  /// The coefficients of the result that starts from 0. They add up to at most 1.
  public func weights(_ gram: GramMatrix) throws(AggregationError) -> [Double] {
    try check(gram)
    var weights = [Double](repeating: 0, count: gram.count)
    for _ in 0..<iterations {
      let pulls = pulls(gram.squaredDistances(toSumWeighted: weights))
      let kept = 1 - pulls.reduce(0, +)
      for index in weights.indices { weights[index] = kept * weights[index] + pulls[index] }
    }
    return weights
  }

  /// From 0, by `aggregate(_:around:threads:)`: cheaper than a Gram matrix for a few steps.
  public func aggregate(_ batch: VectorBatch, threads: Int) throws(AggregationError) -> [Float] {
    try aggregate(batch, around: nil, threads: threads)
  }

  /// Two passes over the batch a step: the distances, and their weighted sum.
  ///
  /// - Parameters:
  ///   - batch: n vectors
  ///   - centre: where to start, as long as each vector; nil for 0
  ///   - threads: how many threads divide the work among them
  /// - Throws: `AggregationError.wrongLength` or `.vectorNotFinite`.
  public func aggregate(
    _ batch: VectorBatch, around centre: [Float]?, threads: Int
  ) throws(AggregationError) -> [Float] {
    if let centre, centre.count != batch.dimension {
      throw .wrongLength(what: "the centre", count: centre.count, expected: batch.dimension)
    }
    var result = centre
    for _ in 0..<iterations {
      let squares = Kernels.squaredNorms(of: batch, centre: result, threads: threads)
      try squares.checkFinite()
      let pulls = pulls(squares)
      var next = Kernels.weightedSum(of: batch, weights: pulls, threads: threads)
      if let result { Kernels.axpy(Float(1 - pulls.reduce(0, +)), result, &next) }
      result = next
    }
    return try finite(result ?? [], of: batch)
  }

  /// The factors that the step adds the vectors with.
  private func pulls(_ squares: [Double]) -> [Double] {
    let distances = squares.map { $0.squareRoot() }
    let length =
      switch radius {
      case .fixed(let length): length
      case .medianDistance: distances.median ?? 0
      }
    return distances.map { ($0 > length ? length / $0 : 1) / Double(squares.count) }
  }
}
