import Aggregation
public import Learning
import Numerics
import Updates

/// Credits by integrating the gradient along a merge's path (Aumann and Shapley, 1974).
///
/// For a path from y with displacement D = sum of a_i d_i, where a_i is the update's share of the weight
/// times the learning rate:
///
///     credit_i = -a_i * integral over s in [0, 1] of <grad L(y + s D), d_i>
///
/// Credits sum to L(y) - L(y + D), as the integral of the gradient along the path. They are what the updates'
/// Shapley values tend to when each update is divided into many small parts. The integral is taken at Gauss
/// and Legendre's points: the gradients are shared by all updates, so that one more update costs one dot
/// product.
public struct AumannShapley: Sendable {
  /// Where on the path gradients are taken.
  public enum Quadrature: Sendable, Hashable, CaseIterable {
    /// At two points, 1/2 -+ 1/(2 sqrt 3), each weighing 1/2: exact for losses that are quartic along the
    /// path.
    case gauss
    /// At the middle: half the cost, exact for losses that are quadratic along the path.
    case midpoint

    /// The points; all weigh alike.
    var points: [Double] {
      switch self {
      case .gauss:
        let offset = 0.5 / 3.0.squareRoot()
        return [0.5 - offset, 0.5 + offset]
      case .midpoint: return [0.5]
      }
    }
  }

  /// Where gradients are taken.
  public let quadrature: Quadrature

  /// Chooses a quadrature.
  public init(_ quadrature: Quadrature = .gauss) {
    self.quadrature = quadrature
  }

  /// Measures the credits of a merge's updates.
  ///
  /// - Parameters:
  ///   - merge: the merge
  ///   - trainer: measures loss and gradient on the reference set
  /// - Throws: `AttributionError.training`, `.wrongLength`, `.lossOutOfRange`.
  public func credits(
    of merge: CreditedMerge, by trainer: any Trainer
  ) async throws(AttributionError) -> CreditRow {
    let lossBefore = try await trainer.lossUnits(at: merge.start)
    let lossAfter = try await trainer.lossUnits(at: merge.point(at: 1))
    var gradient = [Float](repeating: 0, count: merge.start.count)
    for fraction in quadrature.points {
      let part = try await trainer.checkedGradient(at: merge.point(at: fraction))
      Kernels.axpy(1 / Float(quadrature.points.count), part, &gradient)
    }
    var credits: [Int64] = []
    for contribution in merge.contributions {
      let vector = contribution.payload.sparseValues()
      let slope = Kernels.gatherDot(indices: vector.indices, values: vector.values, dense: gradient)
      credits.append(try LossUnits.units(nats: -merge.scale(of: contribution) * slope))
    }
    return CreditRow(credits: credits, lossBefore: lossBefore, lossAfter: lossAfter)
  }
}

extension Trainer {
  /// The loss on the trainer's examples in `LossUnits`.
  func lossUnits(at weights: [Float]) async throws(AttributionError) -> Int64 {
    try LossUnits.units(nats: try await loss(at: weights))
  }

  /// The loss on the trainer's examples in nats.
  func loss(at weights: [Float]) async throws(AttributionError) -> Double {
    do {
      return try await evaluate(weights).loss
    } catch {
      throw .training("\(error)")
    }
  }

  /// The gradient on the trainer's examples, as long as the weights.
  func checkedGradient(at weights: [Float]) async throws(AttributionError) -> [Float] {
    let gradient: [Float]
    do {
      gradient = try await self.gradient(weights).gradient
    } catch {
      throw .training("\(error)")
    }
    guard gradient.count == weights.count else {
      throw .wrongLength(what: "the gradient", count: gradient.count, expected: weights.count)
    }
    return gradient
  }
}
