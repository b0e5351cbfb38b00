import Wire

// What a final version pays. All units come out of the task's escrow, which the split never exceeds.
extension Replica {
  /// What the version now being finished may pay.
  private func budget(of task: TaskState) -> (author: UInt64, validators: UInt64, contributors: UInt64) {
    let policy = task.specification.reward
    return policy.split(min(policy.unitsPerVersion, task.escrowUnits))
  }

  /// Pays author and contributors of a version, and sets the validators' part aside.
  ///
  /// Contributors share by the credit that counts for pay; see `CreditAccount`. A version in which none does
  /// pays them nothing: the units stay in escrow.
  mutating func payVersion(
    _ task: inout TaskState, _ window: ClosedWindow, _ decision: Decision, _ credits: [Int64]
  ) -> (payout: Payout, receipts: [Receipt], validatorUnits: UInt64) {
    let budget = budget(of: task)
    let counted = zip(decision.plan.entries, credits).map { entry, credit in
      task.credits[entry.contributor, default: CreditAccount()].add(credit)
    }
    let parts = LargestRemainder.split(budget.contributors, by: counted)
    var shares: [Payout.Share] = []
    if !decision.plan.entries.isEmpty, budget.author > 0 {
      shares.append(.init(role: .author, recipient: task.author, units: budget.author))
    }
    for (entry, units) in zip(decision.plan.entries, parts) where units > 0 {
      shares.append(.init(role: .contributor, recipient: entry.contributor, units: units))
    }
    pay(shares, from: &task)
    let payout = Payout(task: task.id, version: window.index + 1, shares: shares)
    return (payout, receipts(task, window, decision, credits, parts), budget.validators)
  }

  private func receipts(
    _ task: TaskState, _ window: ClosedWindow, _ decision: Decision, _ credits: [Int64], _ paid: [UInt64]
  ) -> [Receipt] {
    var merged = zip(credits, paid).makeIterator()
    return window.updates.indices.map { index in
      let update = window.updates[index]
      let outcome = decision.weights[index] > 0 ? merged.next() : nil
      let cell = decision.cells[index]
      return Receipt(
        task: task.id, window: window.index, packet: update.packet, contributor: update.contributor,
        staleness: window.index - update.baseVersion, verdict: cell.verdict, measured: cell.measured,
        limit: cell.limit, weight: decision.weights[index], credit: outcome?.0 ?? 0,
        paidUnits: outcome?.1 ?? 0)
    }
  }

  /// Pays the validators of the version before by stake times agreement and insight, if they attested it, and
  /// fines those that did not reveal the rows that they had committed to. If none of them published the keys
  /// that they owe, the units stay in escrow.
  mutating func payValidators(_ task: inout TaskState) -> [ReplicaEvent] {
    guard let unpaid = task.unpaid else { return [] }
    let windowNews = unpaid.news.reduce(0, +)
    for (validator, rating) in unpaid.ratings {
      guard let missed = rating.missed else { continue }
      task.insights[validator, default: Insight()].note(missed: missed, windowNews: windowNews)
    }
    let payout = task.hasReleasedKeys(of: unpaid.window) ? payValidators(of: unpaid, &task) : nil
    let defaulters = unpaid.defaulters.union(unpaid.withheldRows.keys).sorted()
    return (payout.map { [.paid($0)] } ?? [])
      + defaulters.compactMap {
        fine($0, for: .withheldRow(task: task.id, version: unpaid.header.version))
      }
  }

  private mutating func payValidators(
    of unpaid: TaskState.UnpaidValidators, _ task: inout TaskState
  ) -> Payout {
    let paid = unpaid.certificate.attestations.map(\.signer).filter {
      !slashed.contains($0) && !unpaid.defaulters.contains($0)
    }
    let weights = paid.map { validator in
      UInt128(unpaid.validators.stakeUnits(of: validator) ?? 0)
        * UInt128(unpaid.ratings[validator]?.agreement ?? 0)
        * UInt128((task.insights[validator] ?? Insight()).payShare)
    }
    let parts = LargestRemainder.split(unpaid.units, by: Self.narrowed(weights))
    let shares = zip(paid, parts).filter { $0.1 > 0 }.map {
      Payout.Share(role: .validator, recipient: $0.0, units: $0.1)
    }
    pay(shares, from: &task)
    return Payout(task: task.id, version: unpaid.header.version, shares: shares)
  }

  /// Brings weights down to 64 bits by a common power of two.
  private static func narrowed(_ weights: [UInt128]) -> [UInt64] {
    let shift = 64 - min(64, (weights.max() ?? 0).leadingZeroBitCount)
    return weights.map { UInt64($0 >> UInt128(shift)) }
  }

  private mutating func pay(_ shares: [Payout.Share], from task: inout TaskState) {
    for share in flaws.paysTwice ? shares + shares : shares {
      task.escrowUnits -= share.units
      accounts[share.recipient].balanceUnits += share.units
    }
  }
}
