public import Updates
public import Wire

/// One update of a window, as a validator found it.
public struct Candidate: Sendable {
  /// What became of the packet.
  public enum Content: Sendable {
    /// It was fetched, opened and decoded.
    case packet(Packet)
    /// It could not be fetched.
    case unavailable
    /// It could not be opened or decoded.
    case malformed
  }

  /// Who committed to the update.
  public let contributor: PublicKey
  /// The digest committed to.
  public let packetDigest: Digest
  /// The position of the commitment in the log: of two equal updates the earlier one counts.
  public let commitPosition: UInt64
  /// What became of the packet.
  public let content: Content

  /// Describes an update.
  public init(contributor: PublicKey, packetDigest: Digest, commitPosition: UInt64, content: Content) {
    self.contributor = contributor
    self.packetDigest = packetDigest
    self.commitPosition = commitPosition
    self.content = content
  }
}

/// A closed window, and what a validator judges it with.
public struct JudgingInput: Sendable {
  /// The task.
  public let task: Digest
  /// The version that the window's merge starts from.
  public let version: UInt64
  /// The length of the model's flat vector.
  public let parameterCount: Int
  /// The window's updates, in any order.
  public let candidates: [Candidate]
  /// Where the validator's reference set would lead the model.
  public let rootUpdates: RootUpdates
  /// Drawn after the window closed, so that no update could be aimed at the sketch.
  public let seed: Digest
  /// The task's policy.
  public let policy: MergePolicy

  /// Describes a window.
  public init(
    task: Digest, version: UInt64, parameterCount: Int, candidates: [Candidate], rootUpdates: RootUpdates,
    seed: Digest, policy: MergePolicy
  ) {
    self.task = task
    self.version = version
    self.parameterCount = parameterCount
    self.candidates = candidates
    self.rootUpdates = rootUpdates
    self.seed = seed
    self.policy = policy
  }
}
