import Numerics
public import Updates
public import Wire

/// What a contributor keeps of its work on a task, to go on from after a restart.
public struct ContributorMemory: Sendable, Hashable {
  /// The greatest length of an encoded memory in bytes.
  public static let bytesLimit =
    4 * UpdateLimits.parameterCountLimit + PackedUpdate.packetBytesLimit + 4 * Envelope.bytesLimit

  /// The network.
  public let network: Digest
  /// The task.
  public let task: Digest
  /// Whose memory this is.
  public let contributor: PublicKey
  /// What compression has left out so far.
  public let feedback: ErrorFeedback
  /// The sequence number of the last commitment; zero before the first.
  public let sequence: UInt64
  /// The version that the last update starts from; nil before the first.
  public let trainedVersion: UInt64?
  /// The update that is committed to, or about to be, and not yet submitted; nil if there is none.
  public let update: PackedUpdate?
  /// Receipts of the windows below this one have been reported.
  public var reportedWindows: UInt64

  /// Puts a memory together.
  public init(
    network: Digest, task: Digest, contributor: PublicKey, feedback: ErrorFeedback, sequence: UInt64,
    trainedVersion: UInt64?, update: PackedUpdate?, reportedWindows: UInt64
  ) {
    self.network = network
    self.task = task
    self.contributor = contributor
    self.feedback = feedback
    self.sequence = sequence
    self.trainedVersion = trainedVersion
    self.update = update
    self.reportedWindows = reportedWindows
  }
}

extension ContributorMemory: WireMessage {
  /// The name in the schema.
  public static let wireName = "ContributorMemory"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.digest(task, field: 2)
    writer.publicKey(contributor, field: 3)
    writer.bytes(Kernels.littleEndianBytes(of: feedback.residual[...]), field: 4)
    writer.uint64(sequence, field: 5)
    // Zero is left out, and stands for none.
    writer.uint64(trainedVersion.map { $0 + 1 } ?? 0, field: 6)
    writer.message(update, field: 7)
    writer.uint64(reportedWindows, field: 8)
  }

  /// Reads the fields; residuals are in their range.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    task = try reader.digest(2)
    contributor = try reader.publicKey(3)
    let residual = try reader.bytes(4, maximumCount: 4 * UpdateLimits.parameterCountLimit)
    guard residual.count.isMultiple(of: 4) else {
      throw reader.fault(.invalidValue, field: 4, "a residual has four bytes a parameter")
    }
    do {
      feedback = try ErrorFeedback(residual: Kernels.integers(ofLittleEndian: residual))
    } catch {
      throw reader.fault(.invalidValue, field: 4, error.description)
    }
    sequence = try reader.uint64(5)
    let trained = try reader.uint64(6)
    trainedVersion = trained > 0 ? trained - 1 : nil
    update = try reader.optionalMessage(7)
    reportedWindows = try reader.uint64(8)
  }
}
