import Agents
import Aggregation
public import Learning
public import Ledger
import Trainers

/// What a node trains and judges with: native models on its data, or the process that its settings name.
public struct NodeTrainers: Sendable {
  private enum Source: Sendable {
    case examples(Dataset)
    case process(ProcessTrainer, folder: String)
  }

  private let source: Source

  /// Loads the data or starts the trainer, works with it, and stops it in the end.
  ///
  /// - Parameters:
  ///   - data: for native models, if there is no trainer
  ///   - trainer: the process
  ///   - report: is told what happens to the process
  /// - Throws: `EngineError` or `LearningError` for data that cannot be read, `LearningError.trainerFailed`
  ///   for a process that does not start, or what `body` throws
  public static func with<Value: Sendable>(
    _ data: DataSettings, _ trainer: TrainerSettings?, report: @escaping @Sendable (String) -> Void,
    _ body: (NodeTrainers) async throws -> Value
  ) async throws -> Value {
    guard let command = trainer?.command else {
      return try await body(NodeTrainers(source: .examples(try DatasetLoader.load(data))))
    }
    // The task is not known yet, but what is wrong with a command should not wait for one.
    let process = try await ProcessTrainer.start(command, expecting: nil, report: report)
    do {
      let value = try await body(NodeTrainers(source: .process(process, folder: command.folder)))
      await process.stop()
      return value
    } catch {
      await process.stop()
      throw error
    }
  }

  /// The trainer on all of the node's examples.
  ///
  /// - Throws: `LearningError.invalidSpecification` if the task needs another trainer than the node has, with
  ///   what to do about it; `LearningError` for examples that the model does not take
  public func trainer(for specification: TaskSpecification) throws(LearningError) -> any Trainer {
    switch (source, try specification.nativeModel) {
    case (.examples(let examples), let model?): return try NativeTrainer(model, examples)
    case (.process(let process, let folder), nil):
      try check(process, folder, specification.trainer)
      return process
    case (.examples, nil):
      throw .invalidSpecification(
        specification.trainer.name,
        reason: "the task's trainer is a process; name your command in 'trainer', in place of 'data'")
    case (.process, .some):
      throw .invalidSpecification(
        specification.trainer.name,
        reason: "the task's model is a native one; name your examples in 'data', in place of 'trainer'")
    }
  }

  /// The trainers on each group of the node's examples: of native models, on those of each label.
  ///
  /// - Throws: as `trainer(for:)`, and `AggregationError` for examples without a label
  public func groups(for specification: TaskSpecification) throws -> [any Trainer] {
    let whole = try trainer(for: specification)
    switch source {
    case .examples(let examples):
      guard let model = try specification.nativeModel else { return [whole] }
      return try RootUpdates.trainers(for: model, reference: examples)
    case .process(let process, _): return (0..<process.groupCount).map { process.group($0) }
    }
  }

  /// Refuses a process that is not what the task's author signed.
  private func check(
    _ process: ProcessTrainer, _ folder: String, _ trainer: TrainerSpecification
  ) throws(LearningError) {
    guard case .process(let signed) = trainer else { return }
    if let difference = process.difference(from: signed.layout) {
      throw .invalidSpecification(
        signed.name, reason: "the tensors of the command are not those of the task: \(difference)")
    }
    if let difference = TrainerFiles.difference(of: folder, from: signed.files) {
      throw .invalidSpecification(signed.name, reason: difference)
    }
  }
}
