import Agents
import Aggregation
import Engines
import Foundation
import Ledger
import Wire

/// What a validator keeps on its own disk: for each task two snapshots, of which the older one is replaced,
/// the newest attestation that it has signed, and the rows that it has committed to of the last two windows.
/// Of two windows on, the older one's validators are paid.
///
/// ```
/// <task>.snapshot-0, <task>.snapshot-1     a ValidatorMemory, sealed by its digest
/// <task>.attestation                       the envelope of a CreditedAttestation
/// <task>.row-0, <task>.row-1               an Assessment, sealed by its digest: even and odd windows'
/// ```
actor ValidatorFolder {
  /// A snapshot file, and what was found in it.
  struct Found: Sendable {
    let path: String
    /// The memory; nil if the file is torn, damaged, or something else.
    let memory: ValidatorMemory?
  }

  /// What a life before has signed.
  struct Signed: Sendable {
    var attestations: [Envelope] = []
    var rows: [Assessment] = []
    /// Files of rows that are torn or damaged.
    var damaged: [String] = []
  }

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private static let slots = 0..<2
  private static let attestationSuffix = ".attestation"
  private static let rowSuffixes = [".row-0", ".row-1"]
  private static let memoryBytesLimit = 2 * ModelState.bytesLimit

  private let path: String
  private let executor = BlockingExecutor(label: "tributary.snapshots")
  /// The version in each slot; nil for a slot that holds none.
  private var versions: [Digest: [UInt64?]] = [:]
  /// The version whose attestation is kept.
  private var attested: [Digest: UInt64] = [:]
  /// The rows that are kept, by file.
  private var rows: [String: Assessment] = [:]

  init(_ path: String) {
    self.path = path
  }

  /// Removes what a crash left half written, and reads what was signed.
  ///
  /// - Throws: `EngineError` that names the file
  func open() throws(EngineError) -> Signed {
    let names: [String]
    do {
      names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      for name in names where name.hasSuffix(AtomicFile.partialSuffix) {
        try FileManager.default.removeItem(atPath: path + "/" + name)
      }
    } catch {
      throw EngineError(
        .system, at: path, problem: error.localizedDescription, remedy: "check the folder's permissions")
    }
    var signed = Signed()
    for name in names {
      let file = path + "/" + name
      if name.hasSuffix(Self.attestationSuffix) { signed.attestations.append(try attestation(file)) }
      guard Self.rowSuffixes.contains(where: name.hasSuffix) else { continue }
      // Without it the row is made again, or cannot be revealed, which costs a fine and splits nobody.
      if let row: Assessment = try? SealedFile.read(file, limit: Envelope.bytesLimit) {
        rows[file] = row
        signed.rows.append(row)
      } else {
        signed.damaged.append(file)
      }
    }
    return signed
  }

  // Whoever cannot read what was signed might sign otherwise: this is for the operator to decide.
  private func attestation(_ file: String) throws(EngineError) -> Envelope {
    let bytes = try FileReader.read(file, limitBytes: Envelope.bytesLimit)
    do {
      return try Envelope.open(bytes)
    } catch {
      throw EngineError(
        .damaged, at: file, problem: "\(error)",
        remedy: "remove the file if this key's newest attestation stands in the log")
    }
  }

  /// Keeps the order of an attestation, in place of one of an older version. It is on the disk when this
  /// returns.
  func keep(attestation envelope: Envelope, of header: VersionHeader) throws(EngineError) {
    guard header.version > attested[header.task] ?? 0 else { return }
    try AtomicFile.write(
      envelope.wireBytes, to: path + "/" + header.task.hex + Self.attestationSuffix, permissions: 0o600)
    attested[header.task] = header.version
  }

  /// Keeps a row in place of that of two windows before, or of an earlier round. It is on the disk when this
  /// returns.
  func keep(row: Assessment) throws(EngineError) {
    let file = path + "/" + row.task.hex + Self.rowSuffixes[Int(row.window % 2)]
    if let kept = rows[file], (kept.window, kept.round) >= (row.window, row.round) { return }
    try SealedFile.write(row, to: file)
    rows[file] = row
  }

  /// Keeps a memory in place of the task's older snapshot, unless a newer one is kept. It is on the disk when
  /// this returns.
  ///
  /// - Returns: whether it was written
  func keep(_ memory: ValidatorMemory) throws(EngineError) -> Bool {
    let (task, version) = (memory.state.model.task, memory.state.model.number)
    if versions[task] == nil { _ = memories(of: task) }
    var kept = versions[task] ?? Self.slots.map { _ in nil }
    guard version > kept.compactMap(\.self).max() ?? 0 else { return false }
    let slot = Self.slots.min { (kept[$0] ?? 0) < (kept[$1] ?? 0) } ?? 0
    try SealedFile.write(memory, to: file(task, slot))
    kept[slot] = version
    versions[task] = kept
    return true
  }

  /// Forgets that a task's snapshots are newer than others: they were found to be of another chain.
  func passOver(_ task: Digest) { versions[task] = Self.slots.map { _ in nil } }

  /// The snapshots of a task that are there, the newest first.
  func memories(of task: Digest) -> [Found] {
    let found = Self.slots.compactMap { slot -> Found? in
      let file = file(task, slot)
      guard FileManager.default.fileExists(atPath: file) else { return nil }
      return Found(path: file, memory: try? SealedFile.read(file, limit: Self.memoryBytesLimit))
    }
    versions[task] = Self.slots.map { slot in
      found.first { $0.path == file(task, slot) }?.memory?.state.model.number
    }
    return found.sorted { ($0.memory?.state.model.number ?? 0) > ($1.memory?.state.model.number ?? 0) }
  }

  private func file(_ task: Digest, _ slot: Int) -> String { "\(path)/\(task.hex).snapshot-\(slot)" }
}
