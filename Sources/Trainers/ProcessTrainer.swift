public import Learning
public import Numerics

/// Trains with a program in any language, which `docs/TRAINER.md` says how to write.
///
/// ```swift
/// let command = TrainerCommand(["python3", "train.py"], folder: "experiment")
/// let trainer = try await ProcessTrainer.start(command, expecting: nil) { print($0) }
/// let weights = try await trainer.initialWeights(seed: 1)
/// let evaluation = try await trainer.evaluate(weights)
/// await trainer.stop()
/// ```
///
/// Calls are made one after the other. A call whose task is cancelled throws `LearningError.cancelled`, and
/// its process is killed. A trainer that dies, hangs, breaks the protocol or returns what is not finite
/// fails its call with `LearningError.trainerFailed`, which has the last lines that it wrote; the next call
/// starts it again, as often as the limits allow. A trainer that nobody holds any more is ended as by
/// `stop`.
public final class ProcessTrainer: Trainer {
  private let thread: TrainerThread
  private let description: TrainerDescription

  private init(_ thread: TrainerThread, _ description: TrainerDescription) {
    self.thread = thread
    self.description = description
  }

  /// Starts a trainer, and asks it what it is.
  ///
  /// - Parameters:
  ///   - command: what to start.
  ///   - layout: the tensors that it has to have; nil if any will do.
  ///   - report: is told what happens to the trainer, a text at a time, on a thread of the trainer's.
  /// - Throws: `LearningError.trainerFailed` if it cannot be started, or has other tensors;
  ///   `invalidConfiguration` for a limit outside its range; `cancelled`.
  public static func start(
    _ command: TrainerCommand, expecting layout: ParameterLayout?,
    report: @escaping @Sendable (String) -> Void
  ) async throws(LearningError) -> ProcessTrainer {
    try command.limits.validate()
    let thread: TrainerThread
    do {
      thread = try TrainerThread(command, expecting: layout, report: report)
    } catch {
      throw error.error(LastLines())
    }
    do throws(LearningError) {
      let description = try await thread.run { loop throws(LearningError) in try loop.describe() }
      return ProcessTrainer(thread, description)
    } catch {
      await thread.stop()
      throw error
    }
  }

  /// The tensors that it trains.
  public var layout: ParameterLayout { description.layout }

  /// Which of its tensors are not those of another layout, in words; nil if all are.
  public func difference(from layout: ParameterLayout) -> String? {
    TrainerDescription.difference(of: self.layout, from: layout)
  }

  /// How many examples it holds, at least 1.
  public var examples: Int { description.examples }

  /// Into how many groups its examples fall for judging, at least 1.
  public var groupCount: Int { description.groups }

  /// What it calls itself; empty if it has no name.
  public var name: String { description.name }

  /// The trainer on one group of its examples alone, which has a gradient, weights to start from, and no
  /// more.
  ///
  /// - Parameter index: 0..<`groupCount`.
  public func group(_ index: Int) -> any Trainer {
    precondition((0..<groupCount).contains(index), "there is no group \(index) among \(groupCount)")
    return TrainerGroup(trainer: self, index: index)
  }

  /// Ends the trainer, and returns once its processes are gone. A call under way fails.
  public func stop() async { await thread.stop() }

  /// Weights to start from, which the trainer draws from the seed.
  public func initialWeights(seed: UInt64) async throws(LearningError) -> [Float] {
    try await perform(.initialize(seed: seed)).output
  }

  /// Trains as the trainer does; the protocol leaves to it what a step is.
  public func train(
    _ weights: [Float], _ configuration: TrainingConfiguration
  ) async throws(LearningError) -> TrainingResult {
    try configuration.validate()
    try check(weights)
    let (figures, output) = try await perform(.train(weights, configuration))
    return TrainingResult(
      weights: output, examples: figures.0.examples, steps: figures.steps, loss: figures.0.loss)
  }

  /// Loss and metrics over the trainer's examples.
  public func evaluate(_ weights: [Float]) async throws(LearningError) -> Evaluation {
    try check(weights)
    return try await perform(.evaluate(weights)).0
  }

  /// The gradient of the mean loss over all of the trainer's examples.
  public func gradient(_ weights: [Float]) async throws(LearningError) -> GradientResult {
    try await gradient(weights, group: nil)
  }

  /// The gradient over one group of the examples, or over all.
  func gradient(_ weights: [Float], group: Int?) async throws(LearningError) -> GradientResult {
    try check(weights)
    let (figures, output) = try await perform(.gradient(weights, group: group))
    return GradientResult(loss: figures.loss, gradient: output, examples: figures.examples)
  }

  /// The most memory that its processes have had, each at its own peak.
  func peakMemoryBytes() async throws(LearningError) -> Int {
    try await thread.run { loop throws(LearningError) in loop.peakMemoryBytes() }
  }

  private func perform<Result>(
    _ request: TrainerRequest<Result>
  ) async throws(LearningError) -> (Result, output: [Float]) {
    try await thread.run { loop throws(LearningError) in try loop.perform(request) }
  }

  private func check(_ weights: [Float]) throws(LearningError) {
    guard weights.count == layout.count else {
      throw .weightCountMismatch(expected: layout.count, found: weights.count)
    }
    guard Kernels.allFinite(weights) else {
      throw .weightNotFinite(index: weights.firstIndex { !$0.isFinite } ?? 0)
    }
  }
}

/// A trainer's gradient over one group of its examples.
private struct TrainerGroup: Trainer {
  let trainer: ProcessTrainer
  let index: Int

  var layout: ParameterLayout { trainer.layout }

  func initialWeights(seed: UInt64) async throws(LearningError) -> [Float] {
    try await trainer.initialWeights(seed: seed)
  }

  func train(
    _ weights: [Float], _ configuration: TrainingConfiguration
  ) async throws(LearningError) -> TrainingResult { throw refusal }

  func evaluate(_ weights: [Float]) async throws(LearningError) -> Evaluation { throw refusal }

  func gradient(_ weights: [Float]) async throws(LearningError) -> GradientResult {
    try await trainer.gradient(weights, group: index)
  }

  private var refusal: LearningError {
    .trainerFailed(reason: "one group of its examples has a gradient only; ask the trainer itself")
  }
}
