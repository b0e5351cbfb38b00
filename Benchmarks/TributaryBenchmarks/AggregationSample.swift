import Foundation
import Numerics

/// The vectors that all libraries aggregate: honest ones about a common aim, and attackers that go the
/// opposite way, three times as far.
///
/// The honest ones spread more the later they come, so that which of them are nearest does not depend on
/// rounding.
struct AggregationSample {
  static let dimension = 1_000_000
  private static let seed: UInt64 = 5

  let batch: VectorBatch
  /// How many attackers there are, and are tolerated: f.
  let attackers: Int

  init(count: Int) throws {
    attackers = count * 3 / 16
    var random = SeededRandom(seed: Self.seed)
    let aim = random.gaussianVector(count: Self.dimension, deviation: 1)
    var values: [Float] = []
    values.reserveCapacity(count * Self.dimension)
    for index in 0..<count {
      let isHonest = index < count - attackers
      let deviation = isHonest ? 1 + Double(index) / Double(2 * count) : 1
      var vector = random.gaussianVector(count: Self.dimension, deviation: Float(deviation))
      Kernels.axpy(isHonest ? 1 : -3, aim, &vector)
      values += vector
    }
    batch = try VectorBatch(count: count, dimension: Self.dimension, values: values)
  }

  /// Writes the vectors where the peers look for them.
  func write(to folder: String) throws {
    let bytes = batch.values.withUnsafeBytes { Data($0) }
    try bytes.write(to: URL(fileURLWithPath: "\(folder)/vectors.f32"))
  }
}
