public import Learning
import Numerics

/// Where a validator's reference set would lead the model: a descent direction for each label, and their sum.
///
/// FLTrust (Cao et al., NDSS 2021) holds updates against one root update. An honest contributor with few
/// labels pulls away from that, though towards something that its labels explain. So the reference set is
/// divided by label, and an update is held against the nearest mixture of the labels' directions. The
/// gradients of the parts cost as much as one over the whole. With a single direction this is FLTrust's rule.
public struct RootUpdates: Sendable {
  /// The directions, one for each label, all as long as the model.
  public let directions: [[Float]]
  /// The sum of the directions: where a class-balanced reference set leads.
  public let balanced: [Float]
  /// The cosines between the directions, row by row.
  let cosines: [[Double]]
  /// The directions' norms.
  let norms: [Double]

  /// Takes directions over.
  ///
  /// - Throws: `AggregationError.invalidRootUpdates` if there are none or too many, lengths differ, or a
  ///   value is not finite.
  public init(_ directions: [[Float]]) throws(AggregationError) {
    guard let first = directions.first, directions.count <= AggregationLimits.rootUpdates else {
      throw .invalidRootUpdates(
        "\(directions.count) of them, where 1 to \(AggregationLimits.rootUpdates) are expected")
    }
    for (number, direction) in directions.enumerated() {
      guard direction.count == first.count else {
        throw .invalidRootUpdates("number \(number) has \(direction.count) values, number 0 \(first.count)")
      }
      guard Kernels.allFinite(direction) else {
        throw .invalidRootUpdates("number \(number) has a value that is not finite: the model has diverged")
      }
    }
    self.directions = directions
    balanced = directions.dropFirst().reduce(into: first) { Kernels.axpy(1, $1, &$0) }
    norms = directions.map { Kernels.norm($0) }
    cosines = Self.cosines(between: directions, norms: norms)
  }

  private static func cosines(between directions: [[Float]], norms: [Double]) -> [[Double]] {
    var cosines = [[Double]](
      repeating: [Double](repeating: 0, count: directions.count), count: directions.count)
    for row in directions.indices where norms[row] > 0 {
      cosines[row][row] = 1
      for column in 0..<row where norms[column] > 0 {
        let cosine = Kernels.dot(directions[row], directions[column]) / (norms[row] * norms[column])
        cosines[row][column] = cosine
        cosines[column][row] = cosine
      }
    }
    return cosines
  }

  /// Measures the directions: the negative gradient of each trainer.
  ///
  /// - Parameters:
  ///   - trainers: one for each label, which owns the reference examples of that label
  ///   - weights: the version to judge against
  /// - Throws: `AggregationError.training`.
  public static func measured(
    by trainers: [any Trainer], at weights: [Float]
  ) async throws(AggregationError) -> RootUpdates {
    var directions: [[Float]] = []
    for trainer in trainers {
      do {
        var direction = try await trainer.gradient(weights).gradient
        Kernels.scale(&direction, by: -1)
        directions.append(direction)
      } catch {
        throw .training("\(error)")
      }
    }
    return try RootUpdates(directions)
  }

  /// The trainers to measure native models with: one for each label that the reference set has.
  ///
  /// - Throws: `AggregationError.training` if the reference set does not fit the model.
  public static func trainers(
    for specification: ModelSpecification, reference: Dataset
  ) throws(AggregationError) -> [NativeTrainer] {
    var trainers: [NativeTrainer] = []
    for examples in reference.indicesByLabel where !examples.isEmpty {
      do {
        trainers.append(try NativeTrainer(specification, try reference.subset(examples)))
      } catch {
        throw .training("\(error)")
      }
    }
    return trainers
  }
}
