public import Learning
public import Ledger
public import Numerics

extension TaskSpecification {
  /// The native model; nil if the trainer is a process.
  ///
  /// - Throws: `LearningError.invalidSpecification` for a model that this program does not have, or that has
  ///   another number of parameters than the author signed
  public var nativeModel: ModelSpecification? {
    get throws(LearningError) {
      if case .native(let name) = trainer { try native(name) } else { nil }
    }
  }

  /// The model's named tensors.
  ///
  /// - Throws: as `nativeModel`
  public var layout: ParameterLayout {
    get throws(LearningError) {
      switch trainer {
      case .native(let name): try native(name).layout
      case .process(let process): process.layout
      }
    }
  }

  private func native(_ name: String) throws(LearningError) -> ModelSpecification {
    let model = try ModelSpecification(parsing: name)
    guard UInt64(model.layout.count) == parameterCount else {
      throw .invalidSpecification(
        name, reason: "the task has \(parameterCount) parameters, and the model \(model.layout.count)")
    }
    return model
  }
}
