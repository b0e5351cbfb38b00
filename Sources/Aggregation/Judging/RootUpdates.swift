public import Learning
import Numerics

/// Where a validator's reference set would lead the model: a descent direction for each label, and their sum.
///
/// FLTrust (Cao et al., NDSS 2021) holds updates against one root update. An honest contributor with few
/// labels pulls away from that, though towards something that its labels explain. So the reference set is
/// divided by label, and an update is held against the nearest mixture of the labels' directions. The
/// gradients of the parts cost as much as one over the whole.
///
/// Where there are several directions, angles are measured in the metric of the diagonal Fisher information:
/// every parameter i is scaled by s_i = (F_i / mean F + 1/1000)^(-1/2), with F_i the mean over the labels of
/// the squared gradient (Amari, Natural gradient works efficiently in learning, 1998; the diagonal as in
/// Kirkpatrick et al., PNAS 2017). Parameters that no reference example moves then count most, and what
/// honest data leave alone is where poison shows: a trigger's pixels, noise, a drift. With a single direction
/// nothing is scaled, and the cosine to it is FLTrust's.
public struct RootUpdates: Sendable {
  /// The directions, one for each label, all as long as the model.
  public let directions: [[Float]]
  /// The sum of the directions: where a class-balanced reference set leads.
  public let balanced: [Float]
  /// s, a factor for each parameter.
  let scale: [Float]
  /// The cosines between the scaled directions, row by row.
  let cosines: [[Double]]
  /// The scaled directions' norms.
  let norms: [Double]

  /// What is added to F_i / mean F, so that a parameter that no example moves keeps a finite factor.
  private static let informationFloor: Float = 1e-3
  /// The parameters that are scaled at once: their rows stay in the processor's cache.
  private static let blockLength = 4_096

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
    scale = Self.scale(of: directions)
    let products = Self.products(of: directions, scaledBy: scale)
    let norms = directions.indices.map { products[$0][$0].squareRoot() }
    cosines = directions.indices.map { row in
      directions.indices.map { column in
        let length = norms[row] * norms[column]
        return length > 0 ? (row == column ? 1 : products[row][column] / length) : 0
      }
    }
    self.norms = norms
  }

  private static func scale(of directions: [[Float]]) -> [Float] {
    let count = directions[0].count
    var information = [Float](repeating: 0, count: count)
    for direction in directions { Kernels.addSquares(of: direction, to: &information) }
    let mean = information.reduce(0.0) { $0 + Double($1) } / Double(max(count, 1))
    guard directions.count > 1, mean > 0 else { return [Float](repeating: 1, count: count) }
    let factor = Float(1 / mean)
    return information.map { 1 / ($0 * factor + informationFloor).squareRoot() }
  }

  /// The dot products between the scaled directions, summed in `Double` block by block.
  private static func products(of directions: [[Float]], scaledBy scale: [Float]) -> [[Double]] {
    let labels = directions.count
    var sums = [[Double]](repeating: [Double](repeating: 0, count: labels), count: labels)
    var block = [Float](repeating: 0, count: labels * blockLength)
    var products = [Float](repeating: 0, count: labels * labels)
    for start in stride(from: 0, to: scale.count, by: blockLength) {
      let length = min(blockLength, scale.count - start)
      for (row, direction) in directions.enumerated() {
        for place in 0..<length {
          block[row * length + place] = direction[start + place] * scale[start + place]
        }
      }
      BLAS.multiply(
        block.span, as: .asStored, block.span, as: .transposed, rows: labels, columns: labels, inner: length,
        into: &products)
      for row in 0..<labels {
        for column in 0..<labels { sums[row][column] += Double(products[row * labels + column]) }
      }
    }
    return sums
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
