public import JSON5

/// What a model is measured on, as files write it.
public struct EvaluationSettings: SettingsFile, Equatable, Sendable {
  /// The examples that a native model is measured on.
  public var data = DataSettings()
  /// The program that measures in their place; nil for a native model.
  public var trainer: TrainerSettings?

  /// The digits, whole.
  public init() {}

  /// Reads the fields that an object has. Those left out keep their values.
  public mutating func read(_ fields: inout SettingsFields) {
    fields.object("data") { data.read(&$0) }
    TrainerSettings.read(&trainer, &fields)
  }

  /// A file with a comment on every field.
  public static var documented: String {
    """
    {
    \(DataSettings.documented(purpose: "What the model is measured on.", share: "\"test\""))

    \(TrainerSettings.documented)
    }
    """
  }
}
