public import Numerics

/// The point with the least sum of distances to the vectors, by the smoothed Weiszfeld iteration (Weiszfeld,
/// 1937; RFA: Pillutla, Kakade and Harchaoui, IEEE Transactions on Signal Processing, 2022).
///
/// z <- sum of b_i x_i / sum of b_i with b_i = 1 / max(v, |x_i - z|). z is always a combination of the
/// vectors, so the iteration runs on its coefficients and the distances alone. Breakdown point 1/2 (Lopuhaa
/// and Rousseeuw, 1991).
///
/// The smoothing v is by default a thousandth of the median of the current distances: scale does not matter,
/// and v stays above what single precision leaves of a distance. byzfl 0.0.11 takes v = 0.1 in the unit of
/// the vectors, starts from the origin and stops after three steps: `GeometricMedian(start: .origin,
/// smoothing: .absolute(0.1), iterations: 3)`.
public struct GeometricMedian: VectorRule {
  /// Where the iteration starts.
  public enum Start: Sendable {
    /// From the vectors' mean.
    case mean
    /// From 0.
    case origin
  }

  /// The least distance that counts as such: v.
  public enum Smoothing: Sendable {
    /// In the unit of the vectors, above 0.
    case absolute(Double)
    /// As a multiple of the median of the current distances, above 0.
    case ofMedianDistance(Double)
  }

  /// A thousandth of the median distance.
  public static let defaultSmoothing = Smoothing.ofMedianDistance(1e-3)
  /// More steps than it takes to converge, unless the vectors lie on one line or so.
  public static let defaultIterations = 1_000
  /// No coefficient changes by more in a step: the iteration has converged.
  static let tolerance = 1e-11

  private let start: Start
  private let smoothing: Smoothing
  private let iterations: Int

  /// Creates the rule.
  ///
  /// - Parameters:
  ///   - start: where the iteration starts
  ///   - smoothing: v, above 0
  ///   - iterations: the most steps that are taken, at least 1
  public init(
    start: Start = .mean, smoothing: Smoothing = Self.defaultSmoothing,
    iterations: Int = Self.defaultIterations
  ) {
    switch smoothing {
    case .absolute(let least), .ofMedianDistance(let least):
      precondition(least > 0, "a smoothing of \(least) divides by zero")
    }
    precondition(iterations >= 1, "\(iterations) steps lead nowhere")
    self.start = start
    self.smoothing = smoothing
    self.iterations = iterations
  }

  /// `geometric-median`.
  public var name: String { "geometric-median" }
  /// One.
  public var minimumCount: Int { 1 }

  /// The coefficients of the point that the iteration arrives at. They add up to 1.
  public func weights(_ gram: GramMatrix) throws(AggregationError) -> [Double] {
    try check(gram)
    var weights: [Double]
    switch start {
    case .mean: weights = .mean(of: Array(0..<gram.count), among: gram.count)
    case .origin: weights = [Double](repeating: 0, count: gram.count)
    }
    for _ in 0..<iterations {
      let next = step(gram.squaredDistances(toSumWeighted: weights).map { $0.squareRoot() })
      let change = zip(weights, next).map { abs($0 - $1) }.max() ?? 0
      weights = next
      if change <= Self.tolerance { break }
    }
    return weights
  }

  private func step(_ distances: [Double]) -> [Double] {
    let least =
      switch smoothing {
      case .absolute(let least): least
      case .ofMedianDistance(let multiple): multiple * (distances.median ?? 0)
      }
    // Where half of the vectors are one point and z is there, z stays.
    let pulls = distances.map { least > 0 ? least / max(least, $0) : ($0 == 0 ? 1 : 0) }
    let sum = pulls.reduce(0, +)
    return pulls.map { $0 / sum }
  }
}
