public import Wire

/// Binds a validator to its row of a window's validation matrix before it has seen anyone else's.
public struct AssessmentCommitment: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// The task.
  public let task: Digest
  /// The window: the version that it starts from.
  public let window: UInt64
  /// How many committees were drawn for the window before the one that judges it; zero without committees.
  public let round: UInt64
  /// `Assessment.commitment(by:)` of the row.
  public let commitment: Digest

  /// Creates the message.
  public init(network: Digest, task: Digest, window: UInt64, round: UInt64 = 0, commitment: Digest) {
    self.network = network
    self.task = task
    self.window = window
    self.round = round
    self.commitment = commitment
  }

  /// Commits a validator to a row.
  public init(to row: Assessment, by validator: PublicKey) {
    self.init(
      network: row.network, task: row.task, window: row.window, round: row.round,
      commitment: row.commitment(by: validator))
  }
}

extension AssessmentCommitment: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "AssessmentCommitment"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.digest(task, field: 2)
    writer.uint64(window, field: 3)
    writer.digest(commitment, field: 4)
    writer.uint64(round, field: 5)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    task = try reader.digest(2)
    window = try reader.uint64(3)
    commitment = try reader.digest(4)
    round = try reader.uint64(5)
  }
}

extension Assessment {
  private static let commitmentDomain = HashDomain("trib.row.commit")

  /// What a validator commits to before it reveals the row. The salt hides the row, which has so little
  /// entropy that it could be guessed; the key keeps others from committing to the same row unseen.
  public func commitment(by validator: PublicKey) -> Digest {
    var hasher = DigestHasher(in: Self.commitmentDomain)
    hasher.update(validator.bytes)
    hasher.update(wireBytes)
    return hasher.finish()
  }
}
