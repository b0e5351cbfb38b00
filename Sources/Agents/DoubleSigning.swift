import Ledger
import Wire

/// Watches a log for validators that sign two headers for one version.
///
/// The replica passes the second one over; without somebody who brings both, it costs nothing.
struct DoubleSigning: Sendable {
  private struct Vote: Hashable {
    let task: Digest
    let version: UInt64
    let signer: PublicKey
  }

  /// What was signed first, for the newest final version of each task and the one after it.
  private var first: [Vote: (header: VersionHeader, envelope: Envelope)] = [:]
  private var found: [PublicKey: Evidence] = [:]

  /// Looks at a record that the replica has just applied.
  mutating func note(_ record: Replica.CheckedRecord, in replica: Replica) {
    guard case .attestation(let message)? = record.transaction,
      record.envelope?.signer == message.attestation.signer,
      let header = try? Attestation(opening: message.attestation).header,
      let version = replica.tasks[header.task]?.version, header.network == replica.network,
      header.version == version || header.version == version + 1
    else { return }
    let signer = message.attestation.signer
    first = first.filter { $0.key.task != header.task || $0.key.version >= version }
    let vote = Vote(task: header.task, version: header.version, signer: signer)
    guard let earlier = first[vote] else {
      // Whoever has nothing to lose takes no memory.
      if replica.isAnswerable(signer) { first[vote] = (header, message.attestation) }
      return
    }
    guard earlier.header != header else { return }
    found[signer] = Evidence(network: replica.network, first: earlier.envelope, second: message.attestation)
  }

  /// The evidence found since the last call, by ascending offender.
  mutating func takeEvidence() -> [Evidence] {
    defer { found = [:] }
    return found.sorted { $0.key < $1.key }.map(\.value)
  }
}
