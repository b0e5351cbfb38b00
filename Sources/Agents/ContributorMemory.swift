import Numerics
public import Updates
public import Wire

/// What a contributor has to know of an update once it is sent.
public struct SentUpdate: Sendable, Hashable {
  /// The version that it starts from.
  public let baseVersion: UInt64
  /// The newest validators that were trusted: a sealed packet is sealed to them.
  public let epoch: UInt64
  /// The digest of the packet.
  public let packet: Digest

  /// Puts a note together.
  public init(baseVersion: UInt64, epoch: UInt64, packet: Digest) {
    self.baseVersion = baseVersion
    self.epoch = epoch
    self.packet = packet
  }
}

extension SentUpdate: WireMessage {
  /// The name in the schema.
  public static let wireName = "SentUpdate"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.uint64(baseVersion, field: 1)
    writer.uint64(epoch, field: 2)
    writer.digest(packet, field: 3)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    baseVersion = try reader.uint64(1)
    epoch = try reader.uint64(2)
    packet = try reader.digest(3)
  }
}

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
  /// The last update that was committed to; nil before the first.
  public let last: SentUpdate?
  /// The update that is committed to, or about to be, and not yet submitted; nil if there is none.
  public let update: PackedUpdate?
  /// Receipts of the windows below this one have been reported.
  public var reportedWindows: UInt64

  /// Puts a memory together.
  public init(
    network: Digest, task: Digest, contributor: PublicKey, feedback: ErrorFeedback, sequence: UInt64,
    last: SentUpdate?, update: PackedUpdate?, reportedWindows: UInt64
  ) {
    self.network = network
    self.task = task
    self.contributor = contributor
    self.feedback = feedback
    self.sequence = sequence
    self.last = last
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
    writer.message(last, field: 6)
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
    last = try reader.optionalMessage(6)
    update = try reader.optionalMessage(7)
    reportedWindows = try reader.uint64(8)
  }
}
