import Numerics

/// Min-max (Shejwalkar and Houmansadr, NDSS 2021): as far from the honest mean as is no further from any
/// honest update than the two that are furthest apart are from one another.
///
/// The vector is mu + gamma p with the greatest gamma for which
/// max_i |mu + gamma p - x_i| <= max_ij |x_i - x_j|. The paper halves its way to gamma; every i gives a
/// quadratic in gamma, so the least of their roots is exact.
public struct MinMax: CollusionStrategy {
  /// The name for reports.
  public let name = "min-max"
  /// p.
  public let perturbation: Perturbation

  /// Creates the strategy.
  public init(_ perturbation: Perturbation = .inverseUnit) {
    self.perturbation = perturbation
  }

  /// A smooth vector gets through piece by piece.
  public var keepsResidual: Bool { true }

  /// mu + gamma p.
  public func vector(_ context: AttackContext) -> [Float] {
    let bounds = DistanceBounds(context.referenceUpdates, perturbation)
    return bounds.aim.vector(strength: bounds.greatestForMaximum)
  }
}

/// Min-sum (Shejwalkar and Houmansadr, NDSS 2021): as min-max, but the sum of the squared distances to the
/// honest updates is bounded by the greatest such sum of an honest update.
///
/// With s_i = sum_j |x_i - x_j|^2 the vector is mu + gamma p where
/// sum_i |mu + gamma p - x_i|^2 = max_i s_i; the terms linear in gamma cancel.
public struct MinSum: CollusionStrategy {
  /// The name for reports.
  public let name = "min-sum"
  /// p.
  public let perturbation: Perturbation

  /// Creates the strategy.
  public init(_ perturbation: Perturbation = .inverseUnit) {
    self.perturbation = perturbation
  }

  /// A smooth vector gets through piece by piece.
  public var keepsResidual: Bool { true }

  /// mu + gamma p.
  public func vector(_ context: AttackContext) -> [Float] {
    let bounds = DistanceBounds(context.referenceUpdates, perturbation)
    return bounds.aim.vector(strength: bounds.greatestForSum)
  }
}

/// The direction of min-max and min-sum, as the paper names them.
public enum Perturbation: String, Sendable, Hashable, CaseIterable {
  /// Against the mean: -mu / |mu|. On the optical digits the worst of the three for plain averaging.
  case inverseUnit
  /// Against the standard deviation of each value: -sigma.
  case inverseDeviation
  /// Against the sign of each value of the mean: -sign(mu).
  case inverseSign

  fileprivate func vector(_ moments: HonestMoments) -> [Float] {
    switch self {
    case .inverseUnit:
      let norm = Kernels.norm(moments.mean)
      return moments.mean.map { norm > 0 ? -$0 / Float(norm) : 0 }
    case .inverseDeviation: return moments.deviation.map { -$0 }
    case .inverseSign: return moments.mean.map { $0 > 0 ? -1 : $0 < 0 ? 1 : 0 }
    }
  }
}

/// What the distances between honest updates allow.
private struct DistanceBounds {
  let aim: StrengthAim
  private let updates: [[Float]]
  private let squaredLength: Double

  init(_ updates: [[Float]], _ perturbation: Perturbation) {
    let moments = HonestMoments(updates)
    aim = StrengthAim(origin: moments.mean, direction: perturbation.vector(moments))
    self.updates = updates
    squaredLength = Kernels.squaredNorm(aim.direction)
  }

  /// The greatest gamma that keeps to min-max's bound.
  var greatestForMaximum: Double {
    guard squaredLength > 0 else { return 0 }
    let bound = squaredDistances.reduce(0) { max($0, $1.max() ?? 0) }
    // |mu - x|^2 + 2 gamma <p, mu - x> + gamma^2 |p|^2 = bound for each honest x.
    let roots = updates.map { update in
      let offset = Kernels.difference(aim.origin, update)
      let half = Kernels.dot(aim.direction, offset)
      let room = max(0, bound - Kernels.squaredNorm(offset))
      return ((half * half + squaredLength * room).squareRoot() - half) / squaredLength
    }
    return max(0, roots.min() ?? 0)
  }

  /// The greatest gamma that keeps to min-sum's bound.
  var greatestForSum: Double {
    guard squaredLength > 0 else { return 0 }
    let bound = squaredDistances.map { $0.reduce(0, +) }.max() ?? 0
    let spread = updates.reduce(0) { $0 + Kernels.squaredDistance(aim.origin, $1) }
    return (max(0, bound - spread) / (Double(updates.count) * squaredLength)).squareRoot()
  }

  /// |x_i - x_j|^2, row by row.
  private var squaredDistances: [[Double]] {
    var rows = [[Double]](repeating: [Double](repeating: 0, count: updates.count), count: updates.count)
    for row in updates.indices {
      for column in 0..<row {
        rows[row][column] = Kernels.squaredDistance(updates[row], updates[column])
        rows[column][row] = rows[row][column]
      }
    }
    return rows
  }
}
