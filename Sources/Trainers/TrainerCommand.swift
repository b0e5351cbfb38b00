/// How a trainer is started, and what it may use.
///
/// ```swift
/// let command = TrainerCommand(["python3", "train.py"], folder: "experiment")
/// ```
public struct TrainerCommand: Equatable, Sendable {
  /// The program and its arguments, without a shell. A program without a slash is looked up in `PATH`; one with a
  /// slash is meant from the folder on.
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

/// What a trainer may use. A call that exceeds a limit fails, and the trainer is killed with all processes of its
/// group.
public struct TrainerLimits: Equatable, Sendable {
  /// From the start to the answer to `describe`, in seconds: above 0. Large libraries take long to load.
  public var startSeconds = 120.0
  /// A call of `train`, in seconds: above 0.
  public var trainSeconds = 3_600.0
  /// A call of `initialize`, `evaluate` or `gradient`, in seconds: above 0.
  public var judgeSeconds = 600.0
  /// Resident bytes of all processes of the group together, pages that they share counted once; nil for no limit.
  public var memoryBytes: Int?
  /// How often a trainer that failed is started again at the next call without a call that it answers in between.
  public var restarts = 3
  /// How long a trainer that used up its restarts is left alone, in seconds.
  public var restSeconds = 600.0

  /// The default limits.
  public init() {}
}
