public import Wire

/// Publishes the content keys of what a window's merge took in, so that anyone can open the packets and
/// compute the version again.
public struct KeyRelease: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// The task.
  public let task: Digest
  /// The window: the version that the merge starts from.
  public let window: UInt64
  /// The keys of the merge plan's entries, in their order.
  public let keys: [ContentKey]

  /// Creates the message.
  public init(network: Digest, task: Digest, window: UInt64, keys: [ContentKey]) {
    self.network = network
    self.task = task
    self.window = window
    self.keys = keys
  }
}

extension KeyRelease: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "KeyRelease"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.digest(task, field: 2)
    writer.uint64(window, field: 3)
    writer.bytes(keys.flatMap(\.bytes), field: 4)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    task = try reader.digest(2)
    window = try reader.uint64(3)
    let size = ContentKey.byteCount
    let bytes = try reader.bytes(4, maximumCount: size * Limits.updatesPerWindow)
    guard bytes.count.isMultiple(of: size) else {
      throw reader.fault(.invalidValue, field: 4, "\(bytes.count) bytes are no keys of \(size) bytes each")
    }
    keys = stride(from: 0, to: bytes.count, by: size).compactMap { ContentKey(bytes: bytes[$0..<$0 + size]) }
  }
}
