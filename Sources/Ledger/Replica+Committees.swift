import Aggregation
public import Wire

// Who judges a window, and what becomes of a committee that does not.
extension Replica {
  /// Draws a window's committee from its seed; nil if its task has every validator judge. Who signed twice is
  /// not drawn.
  func committee(for window: ClosedWindow, of task: TaskState, seed: Digest) -> Electorate? {
    let seats = Int(task.specification.merge.committeeSeats)
    guard seats > 0 else { return nil }
    let members = window.validators.members.filter { !slashed.contains($0.key) }.map {
      (key: $0.key, weight: window.validators.electorate.weight(of: $0.key))
    }
    return Committee.draw(seats: seats, round: window.round, seed: seed, from: members)
  }

  mutating func apply(_ message: CommitteeRedraw, from signer: PublicKey) throws(Refusal) -> [ReplicaEvent] {
    guard !slashed.contains(signer) else { throw .notValidator }
    return try withTask(message.task) { task, replica throws(Refusal) in
      guard var window = task.closed, window.index == message.window, window.committee != nil,
        window.judgingSeed != nil, window.round == message.round
      else { throw .wrongPhase }
      try replica.checkVote(of: signer, in: window.validators.electorate)
      guard window.redraws.insert(signer).inserted else { throw .repeated }
      task.closed = window
      return replica.redrawIfDue(&task)
    }
  }

  /// Draws another committee once validators with more than two thirds of the weight ask for it. Whoever
  /// committed to a row and did not reveal it, although it might have, has withheld it.
  private func redrawIfDue(_ task: inout TaskState) -> [ReplicaEvent] {
    guard var window = task.closed, window.committee != nil, let seed = window.judgingSeed else { return [] }
    let voters = window.validators.electorate
    guard voters.isSupermajority(votingWeight(of: window.redraws, in: voters)) else { return [] }
    if case .revealing = window.phase { window.defaulters.formUnion(window.withheldRows.keys) }
    window.round += 1
    window.redraws = []
    window.rowCommitments = [:]
    window.rows = [:]
    window.committee = committee(for: window, of: task, seed: seed)
    window.phase = .judging(seed: seed)
    task.closed = window
    return [.committeeRedrawn(task: task.id, window: window.index, round: window.round)]
  }
}

extension TaskState {
  /// The window that is being judged; nil if none is.
  public var judgedWindow: UInt64? { closed.flatMap { $0.judgingSeed == nil ? nil : $0.index } }

  /// The round in which a committee judges a window; nil if none does.
  public func committeeRound(of window: UInt64) -> UInt64? {
    guard let closed, closed.index == window, closed.committee != nil, closed.judgingSeed != nil else {
      return nil
    }
    return closed.round
  }

  /// Whether a key's row of a window that is being judged counts, if it is a validator's: the key sits on the
  /// window's committee, or there is none.
  public func isJudge(_ key: PublicKey, of window: UInt64) -> Bool {
    guard let closed, closed.index == window else { return false }
    return closed.committee?.contains(key) ?? true
  }
}
