public import Aggregation
import Numerics
import Updates

/// A merge, as attribution sees it: a straight path that the updates have laid together.
///
/// The path runs from y = published weights plus residual to y + D, where D is the uncompressed mean of the
/// window. The next window's path starts exactly where this one ends, since what compression leaves out of a
/// step stays in the residual: the perturbed iterate of Stich and Karimireddy (arXiv:1909.05350, section 3).
/// So loss drops along the paths telescope over windows, and so do the credits, though the published weights
/// stand beside the path.
public struct CreditedMerge: Sendable {
  /// Where the path starts: `ModelState.virtualWeights` before the merge.
  public let start: [Float]
  /// The path: `MergeOutcome.mean`'s values.
  public let displacement: [Float]
  /// The merged updates.
  public let contributions: [Contribution]
  /// The sum of their weights.
  public let totalWeight: Int64
  /// The server's learning rate.
  public let learningRate: Double

  /// Describes a merge.
  ///
  /// - Parameters:
  ///   - state: the state before the merge
  ///   - contributions: what was merged
  ///   - mean: what it came to
  ///   - policy: the policy of the merge
  /// - Throws: `AttributionError.wrongLength`.
  public init(
    of contributions: [Contribution], into state: ModelState, mean: WeightedMean, policy: MergePolicy
  ) throws(AttributionError) {
    start = state.virtualWeights
    displacement = mean.values
    self.contributions = contributions
    totalWeight = mean.totalWeight
    learningRate = Double(policy.serverLearningRateQ16) / 65_536
    guard displacement.count == start.count else {
      throw .wrongLength(what: "the mean", count: displacement.count, expected: start.count)
    }
    for contribution in contributions where contribution.payload.parameterCount != start.count {
      throw .wrongLength(
        what: "an update", count: contribution.payload.parameterCount, expected: start.count)
    }
  }

  /// The point that lies a part of the way along the path.
  ///
  /// - Parameter fraction: 0...1
  func point(at fraction: Double) -> [Float] {
    var point = start
    Kernels.axpy(Float(fraction), displacement, &point)
    return point
  }

  /// What one unit of an update's quanta moves the model by: w_i / W times the learning rate times the
  /// quantum.
  func scale(of contribution: Contribution) -> Double {
    guard totalWeight > 0 else { return 0 }
    let share = Double(contribution.weight) / Double(totalWeight)
    return share * learningRate * Double(FixedPoint.quantum)
  }
}
