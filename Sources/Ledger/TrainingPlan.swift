public import Wire

/// How contributors train between pulling a version and submitting an update.
public struct TrainingPlan: Sendable, Hashable {
  /// How long one update is trained.
  public enum Duration: Sendable, Hashable {
    /// That many passes over the local data.
    case epochs(UInt64)
    /// That many steps, however many examples there are.
    case steps(UInt64)
  }

  /// How long one update is trained.
  public let duration: Duration
  /// Examples a step.
  public let batchSize: UInt64
  /// The step size, in millionths.
  public let learningRateMillionths: UInt64

  /// Creates a plan.
  public init(_ duration: Duration, batchSize: UInt64, learningRateMillionths: UInt64) {
    self.duration = duration
    self.batchSize = batchSize
    self.learningRateMillionths = learningRateMillionths
  }
}

extension TrainingPlan: WireMessage {
  /// The name in the schema.
  public static let wireName = "TrainingPlan"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    switch duration {
    case .epochs(let count): writer.uint64(count, field: 1)
    case .steps(let count): writer.uint64(count, field: 2)
    }
    writer.uint64(batchSize, field: 3)
    writer.uint64(learningRateMillionths, field: 4)
  }

  /// Reads the fields; all are positive, and there are either epochs or steps.
  public init(from reader: inout WireReader) throws(WireError) {
    let epochs = try reader.uint64(1, maximum: Limits.trainingEpochs)
    let steps = try reader.uint64(2, maximum: Limits.trainingSteps)
    batchSize = try reader.uint64(3, maximum: 1 << 20)
    learningRateMillionths = try reader.uint64(4, maximum: 1_000_000_000)
    guard (epochs == 0) != (steps == 0) else {
      throw reader.fault(.invalidValue, field: 1, "a plan has either epochs or steps")
    }
    guard batchSize > 0, learningRateMillionths > 0 else {
      throw reader.fault(.invalidValue, field: 3, "batch size and learning rate are positive")
    }
    duration = epochs > 0 ? .epochs(epochs) : .steps(steps)
  }
}
