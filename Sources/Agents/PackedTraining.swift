public import Learning
public import Ledger
import Updates
import Wire

/// What a contributor's training came to, ready to be sent.
public struct PackedTraining: Sendable {
  enum Content: Sendable {
    /// The payload is nil for a canary.
    case update(PackedUpdate, SentUpdate, KeptResidual, Payload?)
    case unusable(String)
  }

  /// The version that was trained on.
  let base: UInt64
  let content: Content

  init(base: UInt64, _ content: Content) {
    self.base = base
    self.content = content
  }
}

extension TrainingPlan {
  /// The plan as a trainer takes it.
  ///
  /// - Parameter seed: decides the order of the examples
  public func configuration(seed: UInt64) -> TrainingConfiguration {
    let length: TrainingConfiguration.Duration =
      switch duration {
      case .epochs(let count): .epochs(Int(count))
      case .steps(let count): .steps(Int(count))
      }
    return TrainingConfiguration(
      length, batchSize: Int(batchSize),
      learningRate: Float(learningRateMillionths) / 1_000_000,
      seed: seed)
  }
}
