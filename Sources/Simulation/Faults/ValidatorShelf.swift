import Agents
import Aggregation
import Ledger
import Wire

/// What a validator keeps on its disk of the one task, as `ValidatorFolder` does: two snapshots, the newest
/// attestation that it has signed, and the rows of the last two windows.
struct ValidatorShelf: Sendable {
  private static let attestationFile = "attestation"
  private static let snapshotFiles = ["snapshot-0", "snapshot-1"]
  private static let rowFiles = ["row-0", "row-1"]

  private var attestedVersion: UInt64 = 0
  private var rows: [String: Assessment] = [:]
  private var snapshotVersions: [UInt64]

  /// The attestation and rows that a life before has signed.
  private(set) var attestation: Envelope?
  /// Whether the attestation cannot be read: whoever signs on might sign otherwise, which is for the operator
  /// to decide.
  private(set) var isAttestationDamaged = false
  /// Snapshots that are whole, the newest first.
  private(set) var snapshots: [ValidatorMemory]

  /// An empty shelf.
  init() {
    snapshotVersions = Self.snapshotFiles.map { _ in 0 }
    snapshots = []
  }

  /// Reads what is there. What is torn or damaged is passed over.
  init(_ disk: SimulatedDisk) {
    let memories = Self.snapshotFiles.map { file in
      disk[file].flatMap { SealedContent.decode($0, as: ValidatorMemory.self) }
    }
    snapshotVersions = memories.map { $0?.state.model.number ?? 0 }
    snapshots = memories.compactMap(\.self).sorted { $0.state.model.number > $1.state.model.number }
    for file in Self.rowFiles {
      rows[file] = disk[file].flatMap { SealedContent.decode($0, as: Assessment.self) }
    }
    if let bytes = disk[Self.attestationFile] {
      attestation = try? Envelope.open(bytes)
      isAttestationDamaged = attestation == nil
    }
  }

  /// The rows that a life before has committed to.
  var committedRows: [Assessment] { Self.rowFiles.compactMap { rows[$0] } }

  /// Keeps the order of an attestation, in place of one of an older version.
  mutating func keep(attestation envelope: Envelope) -> [Effect] {
    guard case .attestation(let message)? = try? Transaction(envelope),
      let version = try? Attestation(opening: message.attestation).header.version, version > attestedVersion
    else { return [] }
    attestedVersion = version
    return replace(Self.attestationFile, envelope.wireBytes)
  }

  /// Keeps a row in place of that of two windows before, or of an earlier round.
  mutating func keep(_ row: Assessment) -> [Effect] {
    let file = Self.rowFiles[Int(row.window % 2)]
    if let kept = rows[file], (kept.window, kept.round) >= (row.window, row.round) { return [] }
    rows[file] = row
    return replace(file, SealedContent.encode(row))
  }

  /// Keeps a memory in place of the older snapshot, unless a newer one is kept.
  mutating func keep(_ memory: ValidatorMemory) -> [Effect] {
    let version = memory.state.model.number
    guard version > snapshotVersions.max() ?? 0 else { return [] }
    let slot = snapshotVersions[0] <= snapshotVersions[1] ? 0 : 1
    snapshotVersions[slot] = version
    return replace(Self.snapshotFiles[slot], SealedContent.encode(memory))
  }

  private func replace(_ file: String, _ bytes: [UInt8]) -> [Effect] {
    [.write(.replace(file: file, bytes)), .sync(file: file)]
  }
}
