public import Wire

/// What a validator has still to put into the log for a task, as the log stands.
public struct ValidatorDuties: Sendable, Hashable {
  /// A secret that is awaited.
  public struct Reveal: Sendable, Hashable {
    /// The closed window whose seed is being drawn.
    public let window: UInt64
    /// The commitment that the secret opens.
    public let commitment: Digest
  }

  /// The collecting window, if the validator is not bound to a secret for it.
  public let seedCommitment: UInt64?
  /// The secret that the validator bound itself to, if it is awaited.
  public let seedReveal: Reveal?
  /// The closed window, if the validator has posted no row for it.
  public let assessment: UInt64?
  /// The versions that the validator's attestation still counts for: the one that is being made, and the
  /// newest final one.
  public let attestations: Set<UInt64>
  /// The windows whose merges wait for somebody to publish their keys, or will once they are decided.
  public let keyReleases: Set<UInt64>
}

extension Replica {
  /// What a validator has still to do for a task; nil for a task that does not exist, or for a key that may
  /// not vote.
  public func duties(of validator: PublicKey, in task: Digest) -> ValidatorDuties? {
    guard let state = tasks[task], (try? stakeUnits(of: validator)) != nil else { return nil }
    let closed = state.closed
    let isBound = state.collecting.seedCommitments[validator] != nil
    let hasJudged = closed.map { $0.rows[validator] != nil } ?? true
    return ValidatorDuties(
      seedCommitment: isBound ? nil : state.collecting.index,
      seedReveal: closed?.awaitedReveal(of: validator), assessment: hasJudged ? nil : closed?.index,
      attestations: state.attestationsOwed(by: validator),
      keyReleases: Set(state.owedKeys.filter { !$0.value.areReleased }.keys)
        .union(state.closed.map { [$0.index] } ?? []))
  }
}

extension ClosedWindow {
  fileprivate func awaitedReveal(of validator: PublicKey) -> ValidatorDuties.Reveal? {
    guard case .drawingSeed(let secrets) = phase, secrets[validator] == nil,
      let commitment = seedCommitments[validator]
    else { return nil }
    return ValidatorDuties.Reveal(window: index, commitment: commitment)
  }
}

extension TaskState {
  fileprivate func attestationsOwed(by validator: PublicKey) -> Set<UInt64> {
    var versions: Set<UInt64> = []
    if let closed {
      versions.insert(closed.index + 1)
      if case .attesting(let decision) = closed.phase, decision.attestations[validator] != nil {
        versions.remove(closed.index + 1)
      }
    }
    if let unpaid, !unpaid.certificate.attestations.contains(where: { $0.signer == validator }) {
      versions.insert(unpaid.header.version)
    }
    return versions
  }
}

/// Where a task stands between two versions.
public enum TaskPhase: String, Sendable, Hashable {
  /// A window collects, and none is closed.
  case collecting
  /// Validators reveal their secrets for the closed window.
  case drawingSeed
  /// Validators judge the closed window.
  case judging
  /// Validators recompute the version and attest it.
  case attesting
}

extension TaskState {
  /// Where the task stands.
  public var phase: TaskPhase {
    switch closed?.phase {
    case nil: .collecting
    case .drawingSeed: .drawingSeed
    case .judging: .judging
    case .attesting: .attesting
    }
  }
}
