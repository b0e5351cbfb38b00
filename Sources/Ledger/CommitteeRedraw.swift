public import Wire

/// Asks for another committee to judge a window: the one at work has been silent for too long. Only clocks
/// can tell, which replicas have not, so that it takes validators with more than two thirds of the weight.
public struct CommitteeRedraw: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// The task.
  public let task: Digest
  /// The window: the version that it starts from.
  public let window: UInt64
  /// The round that is to end; the first draw's is zero.
  public let round: UInt64

  /// Creates the message.
  public init(network: Digest, task: Digest, window: UInt64, round: UInt64) {
    self.network = network
    self.task = task
    self.window = window
    self.round = round
  }
}

extension CommitteeRedraw: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "CommitteeRedraw"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.digest(task, field: 2)
    writer.uint64(window, field: 3)
    writer.uint64(round, field: 4)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    task = try reader.digest(2)
    window = try reader.uint64(3)
    round = try reader.uint64(4)
  }
}
