import Attribution
import Wire

// From attestations to a final version, its receipts and its pay.
extension Replica {
  mutating func apply(_ message: CreditedAttestation, from signer: PublicKey) throws(Refusal)
    -> [ReplicaEvent]
  {
    guard !slashed.contains(signer) else { throw .notValidator }
    guard message.attestation.signer == signer,
      let attestation = try? Attestation(opening: message.attestation),
      attestation.network == network, attestation.credits == message.credits.digest,
      CreditConsensus.isWithinLimits(message.credits)
    else { throw .wrongAttestation }
    guard var task = tasks[attestation.header.task] else { throw .unknownTask }
    if let unpaid = task.unpaid, attestation.header.version == unpaid.header.version {
      try extend(&task, unpaid, with: message, attestation.header)
      tasks[task.id] = task
      return []
    }
    guard var window = task.closed, case .attesting(var decision) = window.phase else { throw .wrongPhase }
    let voters = window.validators.electorate
    try checkVote(of: signer, in: voters)
    guard decision.attestations[signer] == nil else { throw .repeated }
    let header = attestation.header
    guard
      header.with(step: .zero, parametersRoot: .zero, residualRoot: .zero)
        == template(for: decision, by: window.validators, of: task),
      message.credits.credits.count == decision.plan.entries.count
    else { throw .wrongAttestation }
    decision.attestations[signer] = message
    decision.headers[signer] = header
    let agreeing = decision.headers.filter { $0.value == header && !slashed.contains($0.key) }.keys
    window.phase = .attesting(decision)
    task.closed = window
    tasks[task.id] = task
    guard voters.isSupermajority(votingWeight(of: agreeing, in: voters)) else { return [] }
    return finish(task, window, decision, header, signers: agreeing.sorted())
  }

  /// A validator that attests a version which is final already joins its certificate, and is paid for it.
  private func extend(
    _ task: inout TaskState, _ unpaid: TaskState.UnpaidValidators, with message: CreditedAttestation,
    _ header: VersionHeader
  ) throws(Refusal) {
    let signer = message.attestation.signer
    try checkVote(of: signer, in: unpaid.validators.electorate)
    guard header == unpaid.header, message.credits.credits.count == unpaid.creditCount else {
      throw .wrongAttestation
    }
    var unpaid = unpaid
    guard !unpaid.certificate.attestations.contains(where: { $0.signer == signer }) else {
      throw .repeated
    }
    unpaid.certificate = Certificate(attestations: unpaid.certificate.attestations + [message.attestation])
    task.unpaid = unpaid
  }

  private mutating func finish(
    _ state: TaskState, _ window: ClosedWindow, _ decision: Decision, _ header: VersionHeader,
    signers: [PublicKey]
  ) -> [ReplicaEvent] {
    var task = state
    let attestations = signers.compactMap { decision.attestations[$0] }
    let certificate = Certificate(attestations: attestations.map(\.attestation))
    let rows = attestations.map {
      (row: $0.credits, weight: window.validators.electorate.weight(of: $0.attestation.signer))
    }
    let credits = CreditConsensus.reduce(rows, count: decision.plan.entries.count)
    task.lossDrop = Int64(clamping: Int128(task.lossDrop) + Int128(credits.lossDrop))
    var events: [ReplicaEvent] = [.versionFinal(header, certificate)]
    events += payValidators(&task)
    let outcome = payVersion(&task, window, decision, credits.credits)
    events += [.paid(outcome.payout), .receipts(outcome.receipts)]
    task.version = header.version
    task.root = header.root
    let news = task.expectations.news(of: window.updates, in: decision.cells)
    task.forgetKeys(before: window.index)
    task.unpaid = TaskState.UnpaidValidators(
      header: header, creditCount: credits.credits.count, units: outcome.validatorUnits,
      validators: window.validators, cells: decision.cells,
      news: news, ratings: window.ratings(by: decision.cells, news: news),
      withheldRows: window.withheldRows, defaulters: window.defaulters, certificate: certificate)
    task.expectations.note(window.updates, decision.cells)
    for (update, cell) in zip(window.updates, decision.cells) {
      task.backOff.note(cell.verdict, of: update.contributor, in: window.index)
    }
    events += Self.collectWaiting(&task)
    task.closed = nil
    tasks[task.id] = task
    let handover = handOver(header, certificate)
    events += handover
    // Of those who are in force now enough may be bound to a secret, where too few were before.
    for id in handover.isEmpty ? [task.id] : tasks.keys.sorted() { events += closeIfDue(id) }
    return events + releaseBonds()
  }

  private mutating func closeIfDue(_ id: Digest) -> [ReplicaEvent] {
    guard var task = tasks.removeValue(forKey: id) else { return [] }
    defer { tasks[id] = task }
    return closeIfDue(&task)
  }
}
