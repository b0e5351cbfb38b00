public import Numerics

// Rules that look for attackers along the direction in which the vectors differ most.

/// The mean without the f vectors that reach farthest along the principal direction: DnC (Shejwalkar and
/// Houmansadr, NDSS 2021).
///
/// With v the top right singular vector of the centred vectors, those with the f largest <x_i - mean, v>^2
/// are left out. Tolerates f < n/2, if the attackers stand out along v; those whom they hide behind honest
/// spread move the mean by at most about that spread.
///
/// The paper samples coordinates several times to afford the singular vectors, and keeps the vectors that
/// every sample keeps. The Gram matrix gives them over all coordinates, so one round says all; the filtering
/// fraction c is 1.
public struct DivideAndConquer: VectorRule {
  /// How many attackers are tolerated: f.
  public let tolerated: Int

  /// Creates the rule for f >= 0 attackers.
  public init(tolerating attackers: Int) {
    precondition(attackers >= 0, "a rule cannot tolerate \(attackers) attackers")
    tolerated = attackers
  }

  /// `dnc`.
  public var name: String { "dnc" }
  /// 2f + 1.
  public var minimumCount: Int { 2 * tolerated + 1 }

  /// 1/(n - f) for the vectors that stay, 0 for the others.
  public func weights(_ gram: GramMatrix) throws(AggregationError) -> [Double] {
    try check(gram)
    let direction = PrincipalDirection(of: gram, weights: [Double](repeating: 1, count: gram.count))
    let kept = direction.squaredProjections.leastIndices(gram.count - tolerated)
    return .mean(of: kept, among: gram.count)
  }
}

/// A mean whose covariance is small in every direction: CAF, the covariance bound-agnostic filter (Allouah,
/// Guerraoui and Stephan, ICML 2025).
///
/// With weights c_i, 1 at first, their mean m and covariance S = 1/C sum of c_i (x_i - m)(x_i - m)^T, where C
/// is the sum of the c_i: as long as C > n - 2f, each c_i is multiplied by 1 - t_i / max t, where
/// t_i = <x_i - m, v>^2, v is the top eigenvector of S, and the maximum is over the vectors that still weigh.
/// The result is the mean m whose S had the smallest top eigenvalue. Tolerates f < n/2 without a bound on the
/// honest covariance.
///
/// byzfl 0.0.11 takes one power step from a random vector for v, so its results vary from call to call; here
/// v is exact, and found in the n-dimensional space of the coefficients. byzfl also takes the maximum over
/// all vectors: one far attacker without weight then slows the filter down to no end.
public struct CovarianceFilter: VectorRule {
  /// How many attackers are tolerated: f.
  public let tolerated: Int
  /// What rounding leaves of a weight that should be 0, as where several vectors are farthest.
  private static let dust = 0x1p-40

  /// Creates the rule for f >= 0 attackers.
  public init(tolerating attackers: Int) {
    precondition(attackers >= 0, "a rule cannot tolerate \(attackers) attackers")
    tolerated = attackers
  }

  /// `caf`.
  public var name: String { "caf" }
  /// 2f + 1.
  public var minimumCount: Int { 2 * tolerated + 1 }

  /// The weights of the mean with the smallest top eigenvalue. They add up to 1.
  public func weights(_ gram: GramMatrix) throws(AggregationError) -> [Double] {
    try check(gram)
    var weights = [Double](repeating: 1, count: gram.count)
    var best = weights
    var leastVariance = Double.infinity
    var direction: PrincipalDirection?
    // Each round sets a weight to 0, so there are at most n.
    while weights.reduce(0, +) > Double(gram.count - 2 * tolerated) {
      let found = PrincipalDirection(of: gram, weights: weights, near: direction)
      if found.variance < leastVariance { (leastVariance, best) = (found.variance, weights) }
      let weighing = weights.indices.filter { weights[$0] > 0 }
      let largest = weighing.map { found.squaredProjections[$0] }.max() ?? 0
      guard largest > 0 else { break }
      for index in weighing {
        let weight = weights[index] * (1 - found.squaredProjections[index] / largest)
        weights[index] = weight > Self.dust ? weight : 0
      }
      direction = found
    }
    let sum = best.reduce(0, +)
    return best.map { $0 / sum }
  }
}

/// The direction v in which weighted vectors vary most, found from their distances.
///
/// With D the diagonal matrix of the weights c, C their sum and K the dot products of the vectors about their
/// weighted mean, the top eigenpair of D^1/2 K D^1/2 / C gives v = sum of sqrt(c_i) a_i (x_i - m), scaled.
struct PrincipalDirection {
  /// The weighted variance along v: the covariance's top eigenvalue.
  let variance: Double
  /// <x_i - m, v>^2 for each vector, those of weight 0 included.
  let squaredProjections: [Double]
  private let coefficients: [Double]

  /// Finds the direction.
  ///
  /// - Parameters:
  ///   - weights: c, at least 0 each, above 0 in all
  ///   - guess: the direction for weights much alike, which saves time
  init(of gram: GramMatrix, weights: [Double], near guess: PrincipalDirection? = nil) {
    let sum = weights.reduce(0, +)
    let shares = weights.map { $0 / sum }
    let roots = shares.map { $0.squareRoot() }
    let centre = Centred(gram, shares)
    let top = TopEigenpair(order: gram.count, near: guess?.coefficients) { vector in
      let image = centre.product(with: zip(roots, vector).map { $0 * $1 })
      return zip(roots, image).map { $0 * $1 }
    }
    let image = centre.product(with: zip(roots, top.vector).map { $0 * $1 })
    variance = top.value
    coefficients = top.vector
    squaredProjections = image.map { top.value > 0 ? $0 * $0 / top.value : 0 }
  }

  /// Products with K = -1/2 (D - u 1^T - 1 u^T + w.u 1 1^T), where u = D w for weights w whose sum is 1.
  private struct Centred {
    let gram: GramMatrix
    let spread: [Double]
    let spreadMean: Double

    init(_ gram: GramMatrix, _ shares: [Double]) {
      self.gram = gram
      spread = gram.weightedDistances(shares)
      spreadMean = Kernels.dot(shares, spread)
    }

    func product(with vector: [Double]) -> [Double] {
      let sum = vector.reduce(0, +)
      let shift = spreadMean * sum - Kernels.dot(spread, vector)
      return zip(gram.weightedDistances(vector), spread).map { -0.5 * ($0 - $1 * sum + shift) }
    }
  }
}
