public import JSON5
public import Ledger

/// How contributors train, as files write it.
public struct TrainingSettings: Equatable, Sendable {
  /// How often each goes over its examples for one update, 1...1,000.
  public var epochs = 2
  /// How many examples one step of gradient descent takes, 1...65,536.
  public var batchSize = 8
  /// The learning rate, 1e-6...10.
  public var learningRate = 0.2

  /// The defaults.
  public init() {}

  /// Reads the fields that an object has. Those left out keep their values.
  public mutating func read(_ fields: inout SettingsFields) {
    fields.whole("epochs", &epochs, in: SettingsLimits.epochs)
    fields.whole("batchSize", &batchSize, in: SettingsLimits.batchSize)
    fields.number("learningRate", &learningRate, in: SettingsLimits.learningRate)
  }

  /// The settings as a task has them.
  public var plan: TrainingPlan {
    TrainingPlan(
      epochs: UInt64(epochs), batchSize: UInt64(batchSize),
      learningRateMillionths: UInt64((learningRate * 1_000_000).rounded()))
  }

  /// The settings as a field `training` of a file, with a comment on every field of it.
  public var documented: String {
    """
      // How a contributor makes one update: passes over its examples, examples a step, step size.
      training: {
        epochs: \(epochs),
        batchSize: \(batchSize),
        learningRate: \(learningRate),
      },
    """
  }
}
