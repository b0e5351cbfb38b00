import Learning

/// How a trainer is started, and what it may use.
///
/// ```swift
/// let command = TrainerCommand(["python3", "train.py"], folder: "experiment")
/// ```
public struct TrainerCommand: Equatable, Sendable {
  /// The program and its arguments, without a shell. A program without a slash is looked up in `PATH`; one
  /// with a slash is meant from the folder on.
  public var arguments: [String]
  /// The folder that it runs in; relative to the agent's own.
  public var folder: String
  /// What it may use.
  public var limits: TrainerLimits

  /// A command; `ProcessTrainer.start` says what is wrong with it.
  public init(_ arguments: [String], folder: String = ".", limits: TrainerLimits = TrainerLimits()) {
    self.arguments = arguments
    self.folder = folder
    self.limits = limits
  }
}

/// What a trainer may use; `ProcessTrainer.start` refuses other ranges. A call that exceeds a limit fails,
/// and the trainer is killed with all processes of its group.
public struct TrainerLimits: Equatable, Sendable {
  /// From the start to the answer to `describe`, in seconds: up to 10^9. Large libraries take long to load.
  public var startSeconds = 120.0
  /// A call of `train`, in seconds: up to 10^9.
  public var trainSeconds = 3_600.0
  /// A call of `initialize`, `evaluate` or `gradient`, in seconds: up to 10^9.
  public var judgeSeconds = 600.0
  /// Resident bytes of all processes of the group together, pages that they share counted once: above 0; nil
  /// for no limit.
  public var memoryBytes: Int?
  /// How often a trainer that failed is started again, at the next call, without a call that it answers in
  /// between: at least 0.
  public var restarts = 3
  /// How long a trainer that used up its restarts is left alone, in seconds: 0 to 10^9.
  public var restSeconds = 600.0

  /// The default limits.
  public init() {}

  /// Throws `LearningError.invalidConfiguration` if a limit is outside its range.
  func validate() throws(LearningError) {
    let times = [
      ("startSeconds", startSeconds), ("trainSeconds", trainSeconds), ("judgeSeconds", judgeSeconds),
      ("restSeconds", restSeconds),
    ]
    for (name, seconds) in times {
      let least = name == "restSeconds" ? 0 : Double.leastNonzeroMagnitude
      guard (least...1e9).contains(seconds) else {
        throw .invalidConfiguration(reason: "\(name) is \(seconds); it must be above 0, and up to 10^9")
      }
    }
    guard memoryBytes.map({ $0 > 0 }) ?? true, restarts >= 0 else {
      throw .invalidConfiguration(reason: "memoryBytes must be above 0, and restarts at least 0")
    }
  }
}
