import Wire

// What happens when one set of validators gives way to the next.
extension Replica {
  /// Puts the set into force that a final version names, if those in force made the version and name another.
  ///
  /// What was sealed to them and is in no closed window cannot be judged by their successors: it goes back to
  /// its contributors.
  mutating func handOver(_ header: VersionHeader, _ certificate: Certificate) -> [ReplicaEvent] {
    guard let successor = registry.enter(after: header) else { return [] }
    let returned = tasks.keys.sorted().compactMap { tasks[$0]?.giveBackSealed() }.filter { !$0.isEmpty }
    return [.validatorsChanged(Handover(certificate: certificate, validators: successor))]
      + returned.map { .receipts($0) }
  }
}

extension TaskState {
  /// Ends everything that is sealed and in no closed window: what the collecting window holds, what waits for
  /// one, and commitments whose packets are not there yet.
  ///
  /// - Returns: receipts of the updates, by ascending packet
  fileprivate mutating func giveBackSealed() -> [Receipt] {
    guard specification.privacy.isSealed else { return [] }
    let collected = collecting.intake.updates.map { ($0.packet, $0.contributor, $0.baseVersion) }
    let waiting = openCommitments.submitted.map { ($0.packet, $0.entry.contributor, $0.entry.baseVersion) }
    collecting.intake = WindowIntake()
    openCommitments.lapse()
    return (collected + waiting).sorted { $0.0 < $1.0 }.map { packet, contributor, baseVersion in
      Receipt(
        task: id, window: collecting.index, packet: packet, contributor: contributor,
        staleness: collecting.index - baseVersion, verdict: nil, measured: 0, limit: 0, weight: 0, credit: 0,
        paidUnits: 0)
    }
  }
}
