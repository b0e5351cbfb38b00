public import Learning
import Numerics

/// Tells the author of a trainer what is wrong with it: every call is made, and what a validator or a
/// contributor relies on is looked at.
///
/// ```swift
/// let report = try await TrainerCheck.run(TrainerCommand(["python3", "train.py"])) { print($0) }
/// for finding in report.findings where finding.verdict == .failed { print(finding) }
/// ```
public enum TrainerCheck {
  /// What to check with.
  public struct Settings: Equatable, Sendable {
    /// Decides the first weights, the order of examples, and the directions that derivatives are taken along.
    public var seed: UInt64 = 1
    /// How many steps a training run of the check takes, at least 1.
    public var steps = 3
    /// How many examples a step averages over, at least 1.
    public var batchSize = 32
    /// What a step multiplies the gradient by: finite, above 0.
    public var learningRate: Float = 0.01

    /// The default settings.
    public init() {}
  }

  /// Something that was looked at.
  public struct Finding: Equatable, Sendable {
    /// What it means.
    public enum Verdict: String, Sendable {
      /// As it should be.
      case passed
      /// Not wrong, and worth to know.
      case noted
      /// A network would suffer from it.
      case failed
    }

    /// What it means.
    public let verdict: Verdict
    /// What was looked at, such as `gradient`.
    public let subject: String
    /// What was found.
    public let text: String
    /// What to do about it; empty if nothing.
    public let remedy: String
  }

  /// What a kind of call cost.
  public struct Cost: Equatable, Sendable {
    /// The call's name.
    public let call: String
    /// How often it was made.
    public var count: Int
    /// The median time of a call, in seconds.
    public var medianSeconds: Double
    /// The most memory that the trainer's processes had had after it, in bytes.
    public var peakMemoryBytes: Int
  }

  /// What a check came to.
  public struct Report: Equatable, Sendable {
    /// What the trainer calls itself; empty if it did not get as far.
    public var name = ""
    /// All that was looked at, in its order.
    public var findings: [Finding] = []
    /// What the calls cost, in the order of their first.
    public var costs: [Cost] = []

    /// Whether nothing failed.
    public var isFine: Bool { !findings.contains { $0.verdict == .failed } }
  }

  /// Starts a trainer, makes every call, and stops it.
  ///
  /// - Parameters:
  ///   - command: what to check. It is started again after each fault, so that all are found.
  ///   - settings: what to check with.
  ///   - report: is told what happens to the trainer.
  /// - Throws: `LearningError.cancelled`; whatever the trainer does is a finding.
  public static func run(
    _ command: TrainerCommand, _ settings: Settings = Settings(),
    report: @escaping @Sendable (String) -> Void
  ) async throws(LearningError) -> Report {
    var command = command
    command.limits.restarts = .max
    let trainer: ProcessTrainer
    let start = ContinuousClock.now
    do {
      trainer = try await ProcessTrainer.start(command, expecting: nil, report: report)
    } catch {
      if error == .cancelled { throw error }
      let remedy = "see docs/TRAINER.md for what a trainer has to answer"
      return Report(findings: [Finding(verdict: .failed, subject: "start", text: "\(error)", remedy: remedy)])
    }
    let examination = Examination(
      trainer, settings, startSeconds: (ContinuousClock.now - start) / .seconds(1))
    do throws(LearningError) {
      let report = try await examination.run()
      await trainer.stop()
      return report
    } catch {
      await trainer.stop()
      throw error
    }
  }
}
