public import JSON5
public import Ledger

/// How contributors train, as files write it.
public struct TrainingSettings: Equatable, Sendable {
  /// How long one update is trained.
  public enum Duration: Equatable, Sendable {
    /// How often each goes over its examples, 1...1,000.
    case epochs(Int)
    /// How many steps each takes, 1...1,000,000.
    case steps(Int)
  }

  /// How long one update is trained.
  public var duration = Duration.epochs(2)
  /// How many examples one step of gradient descent takes, 1...65,536.
  public var batchSize = 8
  /// The learning rate, 1e-6...10.
  public var learningRate = 0.2

  /// The defaults.
  public init() {}

  /// Reads the fields that an object has. Those left out keep their values.
  public mutating func read(_ fields: inout SettingsFields) {
    if let epochs = fields.value("epochs").flatMap({
      fields.whole($0, "epochs", in: SettingsLimits.epochs)
    }) {
      duration = .epochs(epochs)
    }
    if let value = fields.value("steps") {
      if let steps = fields.whole(value, "steps", in: SettingsLimits.steps) { duration = .steps(steps) }
      if fields.has("epochs") {
        fields.report("steps", at: value, .unusable(reason: "an update has epochs or steps; leave out one"))
      }
    }
    fields.whole("batchSize", &batchSize, in: SettingsLimits.batchSize)
    fields.number("learningRate", &learningRate, in: SettingsLimits.learningRate)
  }

  /// The settings as a task has them.
  public var plan: TrainingPlan {
    let length: TrainingPlan.Duration =
      switch duration {
      case .epochs(let count): .epochs(UInt64(count))
      case .steps(let count): .steps(UInt64(count))
      }
    return TrainingPlan(
      length, batchSize: UInt64(batchSize),
      learningRateMillionths: UInt64((learningRate * 1_000_000).rounded()))
  }

  /// The settings as a field `training` of a file, with a comment on every field of it.
  public var documented: String {
    """
      // How a contributor makes one update: passes over its examples, or `steps` in their place, whatever the
      // number of its examples; examples a step; step size.
      training: {
        \(duration.documented),
        batchSize: \(batchSize),
        learningRate: \(learningRate),
      },
    """
  }
}

extension TrainingSettings.Duration {
  /// The length as a field of a file.
  public var documented: String {
    switch self {
    case .epochs(let count): "epochs: \(count)"
    case .steps(let count): "steps: \(count)"
    }
  }
}
