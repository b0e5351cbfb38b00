public import Wire

/// Names a blob with the whole state of a final version, so that whoever starts late need not merge
/// everything before it. It proves nothing: the state is held against the version's certified roots.
public struct SnapshotNotice: Sendable, Hashable {
  /// The network.
  public let network: Digest
  /// The task.
  public let task: Digest
  /// The version; final, and newer than that of the signer's notice before.
  public let version: UInt64
  /// The blob: the encoding of an `Aggregation.ModelState`.
  public let blob: Digest

  /// Creates the message.
  public init(network: Digest, task: Digest, version: UInt64, blob: Digest) {
    self.network = network
    self.task = task
    self.version = version
    self.blob = blob
  }
}

extension SnapshotNotice: NetworkMessage {
  /// The name in the schema.
  public static let wireName = "SnapshotNotice"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.digest(network, field: 1)
    writer.digest(task, field: 2)
    writer.uint64(version, field: 3)
    writer.digest(blob, field: 4)
  }

  /// Reads the fields.
  public init(from reader: inout WireReader) throws(WireError) {
    network = try reader.digest(1)
    task = try reader.digest(2)
    version = try reader.uint64(3)
    blob = try reader.digest(4)
  }
}

extension Replica {
  mutating func apply(_ message: SnapshotNotice, from signer: PublicKey) throws(Refusal) -> [ReplicaEvent] {
    guard !slashed.contains(signer) else { throw .notValidator }
    return try withTask(message.task) { task, replica throws(Refusal) in
      // Whoever has made the newest version may still hand it over to those who follow.
      func isHolder(_ key: PublicKey) -> Bool {
        replica.validators.contains(key) || task.unpaid?.validators.contains(key) == true
      }
      guard isHolder(signer) else { throw .notValidator }
      guard message.version <= task.version else { throw .futureVersion }
      // A notice a version and validator at most, of which the newest stays.
      guard message.version > task.snapshotNotices[signer]?.version ?? 0 else { throw .repeated }
      task.snapshotNotices = task.snapshotNotices.filter { isHolder($0.key) }
      task.snapshotNotices[signer] = message
      return []
    }
  }
}

extension TaskState {
  /// The newest snapshot that each validator has named, the newest version first, each blob once.
  public var snapshots: [SnapshotNotice] {
    Set(snapshotNotices.values).sorted { ($1.version, $1.blob) < ($0.version, $0.blob) }
  }
}
