public import Wire

/// What a validator has still to put into the log for a task, as the log stands.
public struct ValidatorDuties: Sendable, Hashable {
  /// Something that a validator bound itself to, and that is awaited.
  public struct Reveal: Sendable, Hashable {
    /// The window.
    public let window: UInt64
    /// The commitment that is to be opened.
    public let commitment: Digest
  }

  /// The collecting window, if the validator is not bound to a secret for it.
  public let seedCommitment: UInt64?
  /// The secret that the validator bound itself to, if it is awaited.
  public let seedReveal: Reveal?
  /// The window that is judged, if the validator is one of its judges, and neither bound to a row nor has
  /// posted one.
  public let row: UInt64?
  /// The row that the validator bound itself to, if it is taken now: from when others are bound until its
  /// version's validators are paid.
  public let rowReveal: Reveal?
  /// The versions that the validator's attestation still counts for: the one that is being made, and the
  /// newest final one.
  public let attestations: Set<UInt64>
  /// The windows whose merges wait for somebody to publish their keys, or will once they are decided.
  public let keyReleases: Set<UInt64>
}

extension Replica {
  /// What a validator has still to do for a task; nil for a task that does not exist, or for a key that no
  /// vote is awaited of.
  public func duties(of validator: PublicKey, in task: Digest) -> ValidatorDuties? {
    guard let state = tasks[task], !slashed.contains(validator),
      // Who has its bond back may still publish keys, and attest for its pay.
      isAnswerable(validator) || state.unpaid?.validators.contains(validator) == true
    else { return nil }
    let isInForce = validators.contains(validator)
    let isBound = state.collecting.seedCommitments[validator] != nil
    return ValidatorDuties(
      seedCommitment: isBound || !isInForce ? nil : state.collecting.index,
      seedReveal: state.closed?.awaitedReveal(of: validator),
      row: state.closed?.awaitedRow(of: validator),
      rowReveal: state.awaitedRow(of: validator),
      attestations: state.attestationsOwed(by: validator),
      keyReleases: Set(state.owedKeys.filter { !$0.value.areReleased }.keys)
        .union(state.closed.map { [$0.index] } ?? []))
  }
}

extension ClosedWindow {
  fileprivate func awaitedRow(of validator: PublicKey) -> UInt64? {
    guard judgingSeed != nil, judges.contains(validator), rowCommitments[validator] == nil,
      rows[validator] == nil
    else { return nil }
    return index
  }

  fileprivate func awaitedReveal(of validator: PublicKey) -> ValidatorDuties.Reveal? {
    guard case .drawingSeed(let secrets) = phase, secrets[validator] == nil, validators.contains(validator),
      let commitment = seedCommitments[validator]
    else { return nil }
    return ValidatorDuties.Reveal(window: index, commitment: commitment)
  }
}

extension TaskState {
  fileprivate func awaitedRow(of validator: PublicKey) -> ValidatorDuties.Reveal? {
    if let unpaid, let commitment = unpaid.withheldRows[validator] {
      return ValidatorDuties.Reveal(window: unpaid.window, commitment: commitment)
    }
    guard let closed, let commitment = closed.withheldRows[validator] else { return nil }
    switch closed.phase {
    case .drawingSeed, .judging: return nil
    case .revealing, .attesting:
      return ValidatorDuties.Reveal(window: closed.index, commitment: commitment)
    }
  }

  fileprivate func attestationsOwed(by validator: PublicKey) -> Set<UInt64> {
    var versions: Set<UInt64> = []
    if let closed, closed.validators.contains(validator), closed.decision?.attestations[validator] == nil {
      versions.insert(closed.index + 1)
    }
    if let unpaid, unpaid.validators.contains(validator),
      !unpaid.certificate.attestations.contains(where: { $0.signer == validator })
    {
      versions.insert(unpaid.header.version)
    }
    return versions
  }
}

/// Where a task stands between two versions.
public enum TaskPhase: String, Sendable, Hashable, CaseIterable {
  /// A window collects, and none is closed.
  case collecting
  /// Validators reveal their secrets for the closed window.
  case drawingSeed
  /// Validators judge the closed window, and commit to their rows.
  case judging
  /// Validators reveal their rows.
  case revealing
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
    case .revealing: .revealing
    case .attesting: .attesting
    }
  }
}
