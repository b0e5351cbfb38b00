public import Engines
public import Ledger
public import Wire

/// Copies a network from its engines into a folder, where `NetworkAudit` can check it.
public enum NetworkExport {
  /// What a copy holds.
  public struct Finding: Sendable {
    /// Records of the log.
    public let records: UInt64
    /// Blobs that the records name: first weights, packets, and steps of final versions.
    public let blobs: Int
    /// Blobs that cannot be had. An audit says whether they are needed.
    public let missing: [Digest]
  }

  /// Copies the blobs that a log names up to its head now. Those that are there already are left alone.
  ///
  /// - Parameter progress: called after every page of records with the records done and the log's length
  /// - Throws: `EngineError`, but not for a blob that is missing or damaged; `CancellationError`
  public static func copyBlobs(
    of log: any LogEngine, _ genesis: Genesis, from source: any BlobStore, to target: any BlobStore,
    progress: @Sendable (UInt64, UInt64) -> Void = { _, _ in }
  ) async throws -> Finding {
    var replica = Replica(genesis)
    var (count, missing): (Int, [Digest]) = (0, [])
    let length = try await log.head().length
    var position = LogPosition.start
    while position.index < length {
      for record in try await log.read(from: position, limit: 256) {
        try Task.checkCancellation()
        position = record.position.next
        let checked = Replica.CheckedRecord(record.bytes, id: record.id)
        for digest in replica.apply(checked).compactMap({ blob(named: $0, replica) }) {
          count += 1
          if try await !copy(digest, from: source, to: target) { missing.append(digest) }
        }
      }
      progress(position.index, length)
    }
    return Finding(records: position.index, blobs: count - missing.count, missing: missing)
  }

  private static func blob(named event: ReplicaEvent, _ replica: Replica) -> Digest? {
    switch event {
    case .taskOpened(let task): replica.tasks[task]?.specification.firstWeights
    case .submitted(_, let packet, _): packet
    case .versionFinal(let header, _): header.step
    default: nil
    }
  }

  private static func copy(
    _ digest: Digest, from source: any BlobStore, to target: any BlobStore
  ) async throws(EngineError) -> Bool {
    if try await target.contains(digest) { return true }
    do throws(EngineError) {
      _ = try await target.put(try await source.get(digest))
      return true
    } catch {
      guard error.code == .missing || error.code == .damaged else { throw error }
      return false
    }
  }
}
