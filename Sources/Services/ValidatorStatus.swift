public import Ledger
public import Wire

/// How a validator stands.
public struct ValidatorStatus: Sendable, Hashable {
  /// One task.
  public struct Task: Sendable, Hashable {
    /// The task.
    public let id: Digest
    /// Its name.
    public let name: String
    /// The newest final version.
    public let version: UInt64
    /// The newest version that this validator has computed; nil if it has no model yet.
    public let computedVersion: UInt64?
    /// The window that collects.
    public let window: UInt64
    /// Where the task stands.
    public let phase: TaskPhase
    /// Why the task is left alone; nil if it is not.
    public let fault: String?
  }

  /// Records of the log that are applied.
  public let appliedRecords: UInt64
  /// Records of the log that are not applied yet; nil if the log cannot be asked.
  public let lagRecords: UInt64?
  /// Whether the validator has read the log to its end, and acts on what it reads.
  public let isLive: Bool
  /// The tasks, by ascending identifier.
  public let tasks: [Task]
}
