import Aggregation
import Wire

// From the seed to the decided plan: validators commit to their rows of the validation matrix, reveal them,
// and the matrix is reduced.
//
// Rows are committed to before any is revealed, so that nobody is paid for a copy. Validators may reveal once
// more than two thirds of the weight are bound, and the first row that is revealed ends the commitments.
//
// The plan needs rows of more than two thirds of the whole, not of those who are bound: with less than a
// third hostile, more than half of the weight behind the rows is then honest, and no median leaves what
// honest validators gave. A quorum of the bound could not give that. Of a bit over two thirds that are bound
// up to half may be hostile, and if those reveal first, any quorum that a silent third cannot stop has a
// hostile majority.
//
// So that bound validators which stay silent cannot stop a task, those that are not bound may post their rows
// in the open once rows are revealed. These count in the matrix, where an honest majority holds whoever has
// seen what, and earn nothing, so that a copied row is worth nothing. Silence costs the silent:
// `payValidators`.
extension Replica {
  mutating func apply(_ message: AssessmentCommitment, from signer: PublicKey) throws(Refusal)
    -> [ReplicaEvent]
  {
    _ = try stakeUnits(of: signer)
    return try withTask(message.task) { task, replica throws(Refusal) in
      guard var window = task.closed, window.index == message.window, window.rows.isEmpty else {
        throw .wrongPhase
      }
      guard let seed = window.judgingSeed else { throw .wrongPhase }
      guard window.rowCommitments.updateValue(message.commitment, forKey: signer) == nil else {
        throw .repeated
      }
      var events: [ReplicaEvent] = []
      if case .judging = window.phase,
        replica.validators.isSupermajority(replica.votingStakeUnits(of: window.rowCommitments.keys))
      {
        window.phase = .revealing(seed: seed)
        events.append(.rowsCommitted(task: task.id, window: window.index))
      }
      task.closed = window
      return events
    }
  }

  mutating func apply(_ message: Assessment, from signer: PublicKey) throws(Refusal) -> [ReplicaEvent] {
    _ = try stakeUnits(of: signer)
    return try withTask(message.task) { task, replica throws(Refusal) in
      if var unpaid = task.unpaid, message.window == unpaid.window {
        try unpaid.reveal(message, by: signer)
        task.unpaid = unpaid
        return []
      }
      guard var window = task.closed, window.index == message.window else { throw .wrongPhase }
      try window.reveal(message, by: signer)
      var events: [ReplicaEvent] = []
      if case .revealing(let seed) = window.phase,
        replica.validators.isSupermajority(replica.votingStakeUnits(of: window.rows.keys))
      {
        let decision = replica.decide(window, of: task, seed: seed)
        window.phase = .attesting(decision)
        events.append(.mergeDecided(decision.plan, template: replica.template(for: decision, of: task)))
      }
      task.closed = window
      return events
    }
  }

  private func decide(_ window: ClosedWindow, of task: TaskState, seed: Digest) -> Decision {
    let rows = window.rows.filter { !slashed.contains($0.key) }
      .map { (row: $0.value, stakeUnits: validators.stakeUnits(of: $0.key) ?? 0) }
    let cells = MatrixConsensus.cells(rows: rows, count: window.updates.count)
    let weights = zip(window.updates, cells).map { update, cell in
      cell.verdict.isAdmit
        ? MergeWeight.of(
          trust: cell.trust,
          discount: StalenessDiscount.discount(staleness: window.index - update.baseVersion) ?? 0,
          clip: cell.clip)
        : 0
    }
    let entries = zip(window.updates, weights).filter { $0.1 > 0 }.map {
      MergePlan.Entry(packet: $0.0.packet, contributor: $0.0.contributor, weight: $0.1)
    }
    return Decision(
      plan: MergePlan(task: task.id, window: window.index, seed: seed, entries: entries), cells: cells,
      weights: weights, accountsRoot: accounts.tree.root, logLength: chain.length, logChain: chain.digest)
  }

  /// The header that validators attest, but for the digests of the model, which only a merge gives.
  func template(for decision: Decision, of task: TaskState) -> VersionHeader {
    VersionHeader(
      network: network, task: task.id, version: decision.plan.window + 1, previousRoot: task.root,
      plan: decision.plan.digest, step: .zero, parametersRoot: .zero, residualRoot: .zero,
      accountsRoot: decision.accountsRoot, logLength: decision.logLength, logChain: decision.logChain)
  }
}

extension ClosedWindow {
  /// The seed while the plan is not decided.
  fileprivate var judgingSeed: Digest? {
    switch phase {
    case .judging(let seed), .revealing(let seed): seed
    case .drawingSeed, .attesting: nil
    }
  }

  /// Takes in a row: one that was committed to until the version is final, any other before the plan is
  /// decided.
  fileprivate mutating func reveal(_ row: Assessment, by validator: PublicKey) throws(Refusal) {
    switch phase {
    case .drawingSeed, .judging: throw .wrongPhase
    case .revealing, .attesting: break
    }
    guard rows[validator] == nil else { throw .repeated }
    if let commitment = rowCommitments[validator] {
      guard row.commitment(by: validator) == commitment else { throw .wrongRow }
    } else if case .attesting = phase {
      throw .wrongPhase
    }
    guard row.cells.count == updates.count else { throw .wrongShape }
    rows[validator] = row
  }

  /// How well the rows that were committed to agree with the consensus.
  func agreements(with cells: [Assessment.Cell]) -> [PublicKey: UInt64] {
    rows.filter { rowCommitments[$0.key] != nil }
      .mapValues { MatrixConsensus.agreement(of: $0, with: cells) }
  }

  /// The commitments whose rows have not been revealed.
  var withheldRows: [PublicKey: Digest] { rowCommitments.filter { rows[$0.key] == nil } }
}

extension TaskState.UnpaidValidators {
  /// Takes in a row that its validator committed to, after the version became final.
  fileprivate mutating func reveal(_ row: Assessment, by validator: PublicKey) throws(Refusal) {
    guard let commitment = withheldRows[validator] else {
      throw agreements[validator] == nil ? .wrongPhase : .repeated
    }
    guard row.commitment(by: validator) == commitment else { throw .wrongRow }
    guard row.cells.count == cells.count else { throw .wrongShape }
    agreements[validator] = MatrixConsensus.agreement(of: row, with: cells)
    withheldRows[validator] = nil
  }
}
