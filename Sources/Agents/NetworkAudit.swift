import Aggregation
import Engines
import Ledger
import Updates
public import Wire

/// Checks a network at rest from its first record to its last, and every file in its folder.
public enum NetworkAudit {
  /// What an audit confirmed.
  public struct Finding: Sendable {
    /// The network.
    public let network: Digest
    /// What was replayed.
    public let progress: NetworkReplay.Progress
    /// The newest version of each task: its number and its root, by task.
    public let heads: [(task: Digest, version: UInt64, root: Digest)]
    /// Units that the network has, all accounted for.
    public let supplyUnits: UInt64
    /// Blobs whose content matches their name.
    public let blobs: Int
    /// Whether a manifest sealed the folder, so that every byte of every file was checked.
    public let isSealed: Bool
  }

  /// Audits a folder.
  ///
  /// - Parameters:
  ///   - folder: a network at rest; nothing in it is changed
  ///   - key: that of a validator or a former one, which opens packets that are sealed to it and whose keys
  ///     were not published; nil does without
  ///   - threads: how many threads a merge uses
  ///   - progress: called after every page of records with the records done and the log's length
  /// - Throws: `AgentError.audit` or `EngineError`, which name the place; `AgentError.absent` if the key is
  ///   and was no validator's, which only the log tells; `CancellationError`
  public static func run(
    _ folder: NetworkFolder, key: SigningKey? = nil, threads: Int = 1,
    progress: @Sendable (UInt64, UInt64) -> Void = { _, _ in }
  ) async throws -> Finding {
    let isSealed = try verifySeal(folder)
    let genesis = try folder.genesis()
    let blobs = try await folder.openBlobs(access: .readOnly)
    let log = try await folder.openLog(genesis.network, access: .readOnly)
    var replay = NetworkReplay(genesis, blobs: blobs, key: key, threads: threads)
    let length = try await log.head().length
    var position = LogPosition.start
    while position.index < length {
      try Task.checkCancellation()
      for record in try await log.read(from: position, limit: 256) {
        try await replay.apply(record)
        position = record.position.next
      }
      progress(position.index, length)
    }
    if let key, !replay.hasValidator(key.publicKey) {
      throw AgentError.absent(
        "\(key.publicKey.short) is and was no validator of this network; give a validator's key")
    }
    let digests = try await blobs.digests()
    for digest in digests {
      try Task.checkCancellation()
      _ = try await blobs.get(digest)
    }
    try await log.close()
    await blobs.close()
    let heads = replay.replica.tasks.values.sorted { $0.id < $1.id }.map { ($0.id, $0.version, $0.root) }
    return Finding(
      network: genesis.network, progress: replay.progress, heads: heads, supplyUnits: genesis.supplyUnits,
      blobs: digests.count, isSealed: isSealed)
  }

  /// Checks every byte of the folder against its manifest, if it has one: a network that was stopped
  /// uncleanly has none.
  private static func verifySeal(_ folder: NetworkFolder) throws(EngineError) -> Bool {
    do {
      try Manifest.verify(folder.path)
      return true
    } catch  where error.code == .missing && error.place.hasSuffix("/" + Manifest.fileName) {
      return false
    }
  }
}
