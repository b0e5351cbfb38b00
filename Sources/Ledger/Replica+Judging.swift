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
    guard !slashed.contains(signer) else { throw .notValidator }
    return try withTask(message.task) { task, replica throws(Refusal) in
      guard var window = task.closed, window.index == message.window, window.round == message.round,
        window.takesCommitments
      else { throw .wrongPhase }
      try replica.checkVote(of: signer, in: window.judges)
      guard window.rowCommitments.updateValue(message.commitment, forKey: signer) == nil else {
        throw .repeated
      }
      task.closed = window
      return replica.revealIfDue(&task)
    }
  }

  mutating func apply(_ message: Assessment, from signer: PublicKey) throws(Refusal) -> [ReplicaEvent] {
    guard !slashed.contains(signer) else { throw .notValidator }
    return try withTask(message.task) { task, replica throws(Refusal) in
      if var unpaid = task.unpaid, message.window == unpaid.window {
        try unpaid.reveal(message, by: signer)
        task.unpaid = unpaid
        return []
      }
      guard var window = task.closed, window.index == message.window else { throw .wrongPhase }
      if window.rowCommitments[signer] == nil {
        try replica.checkVote(of: signer, in: window.judges)
      }
      try window.reveal(message, by: signer)
      task.closed = window
      return replica.decideIfDue(&task)
    }
  }

  /// Has the rows revealed once validators with more than two thirds of the weight are bound.
  private func revealIfDue(_ task: inout TaskState) -> [ReplicaEvent] {
    guard let window = task.closed, case .judging(let seed) = window.phase else { return [] }
    let voters = window.judges
    guard voters.isSupermajority(votingWeight(of: window.rowCommitments.keys, in: voters)) else { return [] }
    task.closed?.phase = .revealing(seed: seed)
    return [.rowsCommitted(task: task.id, window: window.index)]
  }

  /// Decides the plan once rows of more than two thirds of the weight are there.
  private mutating func decideIfDue(_ task: inout TaskState) -> [ReplicaEvent] {
    guard let window = task.closed, case .revealing(let seed) = window.phase else { return [] }
    let voters = window.judges
    guard voters.isSupermajority(votingWeight(of: window.rows.keys, in: voters)) else { return [] }
    registry.nameNext(by: window.validators)
    let decision = decide(window, of: task, seed: seed)
    task.closed?.phase = .attesting(decision)
    task.oweKeys(of: decision.plan, from: window.updates)
    return [.mergeDecided(decision.plan, template: template(for: decision, by: window.validators, of: task))]
  }

  private func decide(_ window: ClosedWindow, of task: TaskState, seed: Digest) -> Decision {
    let voters = window.judges
    let rows = window.rows.filter { voters.contains($0.key) && !slashed.contains($0.key) }
      .map { (row: $0.value, weight: voters.weight(of: $0.key)) }
    let cells = MatrixConsensus.cells(rows: rows, count: window.updates.count)
    let weights = zip(window.updates, cells).map { update, cell in
      cell.verdict.isAdmit
        ? MergeWeight.of(
          trust: cell.trust,
          discount: StalenessDiscount.discount(staleness: window.index - update.baseVersion) ?? 0,
          clip: cell.clip)
        : 0
    }
    var entries = zip(window.updates, weights).filter { $0.1 > 0 }.map {
      MergePlan.Entry(packet: $0.0.packet, contributor: $0.0.contributor, weight: $0.1)
    }
    if let order = flaws.tieOrder { entries.sort { $0.place(in: order) < $1.place(in: order) } }
    return Decision(
      plan: MergePlan(task: task.id, window: window.index, seed: seed, entries: entries), cells: cells,
      weights: weights, accountsRoot: accounts.tree.root, logLength: chain.length, logChain: chain.digest,
      nextValidators: registry.successor(of: window.validators).digest)
  }

  /// The header that validators attest, but for the digests of the model, which only a merge gives.
  func template(
    for decision: Decision, by validators: ValidatorSet, of task: TaskState
  ) -> VersionHeader {
    VersionHeader(
      network: network, task: task.id, version: decision.plan.window + 1, previousRoot: task.root,
      plan: decision.plan.digest, step: .zero, parametersRoot: .zero, residualRoot: .zero,
      accountsRoot: decision.accountsRoot, logLength: decision.logLength, logChain: decision.logChain,
      epoch: validators.epoch, nextValidators: decision.nextValidators)
  }
}

extension ClosedWindow {
  /// Whose rows the plan comes from, and with which weights.
  var judges: Electorate { committee ?? validators.electorate }

  /// The seed while the plan is not decided.
  var judgingSeed: Digest? {
    switch phase {
    case .judging(let seed), .revealing(let seed): seed
    case .drawingSeed, .attesting: nil
    }
  }

  /// What was decided; nil before.
  var decision: Decision? {
    guard case .attesting(let decision) = phase else { return nil }
    return decision
  }

  /// Whether validators may bind themselves to rows: nobody has seen one.
  fileprivate var takesCommitments: Bool {
    judgingSeed != nil && rows.isEmpty
  }

  /// Takes in a row: one that was committed to until the version is final, any other before the plan is
  /// decided.
  fileprivate mutating func reveal(_ row: Assessment, by validator: PublicKey) throws(Refusal) {
    switch phase {
    case .drawingSeed, .judging: throw .wrongPhase
    case .revealing, .attesting: break
    }
    guard row.round == round else { throw .wrongPhase }
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
  ///
  /// - Parameter news: of each update
  func ratings(by cells: [Assessment.Cell], news: [UInt64]) -> [PublicKey: RowRating] {
    var found = rows.filter { rowCommitments[$0.key] != nil }
      .mapValues { RowRating(of: $0, in: cells, news: news) }
    if let committee {
      for key in validators.members.map(\.key) where !committee.contains(key) { found[key] = .recomputed }
    }
    return found
  }

  /// The commitments whose rows have not been revealed.
  var withheldRows: [PublicKey: Digest] { rowCommitments.filter { rows[$0.key] == nil } }
}

extension TaskState.UnpaidValidators {
  /// Takes in a row that its validator committed to, after the version became final.
  fileprivate mutating func reveal(_ row: Assessment, by validator: PublicKey) throws(Refusal) {
    guard let commitment = withheldRows[validator] else {
      throw ratings[validator] == nil ? .wrongPhase : .repeated
    }
    guard row.commitment(by: validator) == commitment else { throw .wrongRow }
    guard row.cells.count == cells.count else { throw .wrongShape }
    ratings[validator] = RowRating(of: row, in: cells, news: news)
    withheldRows[validator] = nil
  }
}
