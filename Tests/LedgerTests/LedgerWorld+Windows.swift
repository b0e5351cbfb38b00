import Aggregation
import Attribution
import Wire

@testable import Ledger

// What contributors and validators do with a window.
extension LedgerWorld {
  @discardableResult
  mutating func commit(
    _ contributor: Int, _ packet: Digest, base: UInt64? = nil, keyDigest: Digest? = nil,
    epoch: UInt64? = nil
  ) -> [ReplicaEvent] {
    let key = contributors[contributor]
    let commitment = Commitment(
      network: network, task: task, baseVersion: base ?? state.version, sequence: nextSequence(key),
      packet: packet, keyDigest: keyDigest ?? self.keyDigest(of: packet), epoch: epoch ?? self.epoch)
    return apply(.commitment(commitment), by: key)
  }

  /// The key that a packet is sealed under, as if it were: its digest's bytes.
  func contentKey(of packet: Digest) -> ContentKey? { ContentKey(bytes: packet.bytes) }

  /// What a commitment to a packet says of its key.
  func keyDigest(of packet: Digest) -> Digest {
    state.specification.privacy.isSealed ? contentKey(of: packet)?.digest ?? .zero : .zero
  }

  /// The epoch that a commitment names: that of the validators in force, and 0 if packets are plain.
  var epoch: UInt64 { state.specification.privacy.isSealed ? replica.validators.epoch : 0 }

  /// Publishes the keys of the plan that was decided last.
  @discardableResult
  mutating func releaseKeys(
    _ validator: Int, window: UInt64? = nil, _ change: ([ContentKey]) -> [ContentKey] = { $0 }
  ) -> [ReplicaEvent] {
    let keys = (plan?.entries ?? []).compactMap { contentKey(of: $0.packet) }
    let release = KeyRelease(
      network: network, task: task, window: window ?? plan?.window ?? 0, keys: change(keys))
    return apply(.keyRelease(release), by: validators[validator])
  }

  @discardableResult
  mutating func submit(_ contributor: Int, _ packet: Digest) -> [ReplicaEvent] {
    apply(
      .submission(Submission(network: network, task: task, packet: packet)), by: contributors[contributor])
  }

  /// Commits to a packet of a contributor and submits it.
  @discardableResult
  mutating func contribute(_ contributor: Int, _ number: Int, base: UInt64? = nil) -> [ReplicaEvent] {
    let packet = Self.digest(contributor, number)
    let events = commit(contributor, packet, base: base)
    return events.refusal == nil ? submit(contributor, packet) : events
  }

  func secret(_ validator: Int, window: UInt64) -> Digest { Self.digest(1_000 + validator, Int(window)) }

  @discardableResult
  mutating func bind(_ validator: Int, window: UInt64? = nil) -> [ReplicaEvent] {
    let window = window ?? state.collectingWindow
    let commitment = SeedReveal.commitment(to: secret(validator, window: window))
    return apply(
      .seedCommitment(SeedCommitment(network: network, task: task, window: window, commitment: commitment)),
      by: validators[validator])
  }

  @discardableResult
  mutating func reveal(_ validator: Int, window: UInt64? = nil) -> [ReplicaEvent] {
    let window = window ?? state.version
    return apply(
      .seedReveal(
        SeedReveal(network: network, task: task, window: window, secret: secret(validator, window: window))),
      by: validators[validator])
  }

  /// A validator's row, hidden by a salt of its own; full trust in everyone unless cells are given.
  func row(_ validator: Int, _ cells: [Assessment.Cell]? = nil) -> Assessment {
    let round = state.closed?.round ?? 0
    return Assessment(
      network: network, task: task, window: state.version,
      cells: cells ?? updates.map { _ in Self.fullTrust },
      salt: Self.digest(2_000 + validator, Int(state.version), Int(round)), round: round)
  }

  static let fullTrust = Assessment.Cell(verdict: .admit, trust: .max, clip: .max)

  /// Binds a validator to its row.
  @discardableResult
  mutating func commitRow(_ validator: Int, _ cells: [Assessment.Cell]? = nil) -> [ReplicaEvent] {
    let key = validators[validator]
    return apply(
      .assessmentCommitment(AssessmentCommitment(to: row(validator, cells), by: key.publicKey)), by: key)
  }

  /// Binds every validator to its row, which is one of full trust unless it is given.
  mutating func commitRows(_ cells: [Int: [Assessment.Cell]] = [:]) {
    for validator in validators.indices { commitRow(validator, cells[validator]) }
  }

  /// Reveals a validator's row.
  @discardableResult
  mutating func assess(_ validator: Int, _ cells: [Assessment.Cell]? = nil) -> [ReplicaEvent] {
    apply(.assessment(row(validator, cells)), by: validators[validator])
  }

  /// The header that the merge gives; a lie gives another model.
  func header(lie: Int = 0) -> VersionHeader? {
    template.map {
      $0.with(
        step: Self.digest(5, Int($0.version), lie), parametersRoot: Self.digest(6, Int($0.version), lie))
    }
  }

  /// What honest validators measure of the newest plan.
  var honestCredits: CreditRow { credits(of: plan) }

  /// A credit of 100, 200, ... for the entries of a plan, and the loss drop to fit.
  func credits(of plan: MergePlan?) -> CreditRow {
    let credits = (plan?.entries ?? []).indices.map { Int64($0 + 1) * 100 }
    return CreditRow(credits: credits, lossBefore: 1_000_000, lossAfter: 1_000_000 - credits.reduce(0, +))
  }

  func attestation(_ header: VersionHeader, _ credits: CreditRow, by key: SigningKey) -> CreditedAttestation {
    CreditedAttestation(
      network: network, attestation: Attestation(header: header, credits: credits.digest).signed(by: key),
      credits: credits)
  }

  @discardableResult
  mutating func attest(
    _ validator: Int, _ header: VersionHeader? = nil, credits: CreditRow? = nil
  ) -> [ReplicaEvent] {
    guard let header = header ?? self.header() else { return [] }
    let message = attestation(header, credits ?? honestCredits, by: validators[validator])
    return apply(.attestation(message), by: validators[validator])
  }

  /// Binds all validators, and fills the window with one update of each of the first contributors that it
  /// takes updates of: it closes.
  mutating func closeWindow() {
    let window = state.collectingWindow
    for validator in validators.indices { bind(validator) }
    for contributor in contributors.indices where state.collectingWindow == window {
      contribute(contributor, Int(window))
    }
  }

  /// Goes on until the window's seed is drawn.
  mutating func drawSeed() {
    closeWindow()
    for validator in validators.indices { reveal(validator) }
  }

  /// Goes on until the plan is decided.
  ///
  /// - Parameter rejected: the contributors whose updates all validators reject
  mutating func decide(rejecting rejected: Set<Int> = []) {
    drawSeed()
    let keys = Set(rejected.map { contributors[$0].publicKey })
    let cells = updates.map {
      keys.contains($0.contributor)
        ? Assessment.Cell(verdict: .reject(.unexplained), trust: 0, clip: 0) : Self.fullTrust
    }
    for validator in validators.indices { commitRow(validator, cells) }
    for validator in validators.indices { assess(validator, cells) }
  }

  /// Goes through one whole window with all validators at work and of one mind.
  ///
  /// - Parameter rejected: the contributors whose updates they reject
  /// - Returns: the events of the record that made the version final
  @discardableResult
  mutating func finishWindow(rejecting rejected: Set<Int> = []) -> [ReplicaEvent] {
    decide(rejecting: rejected)
    var final: [ReplicaEvent] = []
    for validator in validators.indices {
      let events = attest(validator)
      if events.final != nil { final = events }
    }
    return final
  }
}

extension VersionHeader {
  /// A header that nothing but its place is known of.
  static func placeholder(
    _ network: Digest, _ task: Digest, version: UInt64 = 1, epoch: UInt64 = 0, nextValidators: Digest = .zero
  ) -> VersionHeader {
    VersionHeader(
      network: network, task: task, version: version, previousRoot: .zero, plan: .zero, step: .zero,
      parametersRoot: .zero, residualRoot: .zero, accountsRoot: .zero, logLength: 0, logChain: .zero,
      epoch: epoch, nextValidators: nextValidators)
  }

  func with(
    version: UInt64? = nil, step: Digest? = nil, parametersRoot: Digest? = nil, residualRoot: Digest? = nil,
    accountsRoot: Digest? = nil, logChain: Digest? = nil, epoch: UInt64? = nil, nextValidators: Digest? = nil
  ) -> VersionHeader {
    VersionHeader(
      network: network, task: task, version: version ?? self.version, previousRoot: previousRoot, plan: plan,
      step: step ?? self.step, parametersRoot: parametersRoot ?? self.parametersRoot,
      residualRoot: residualRoot ?? self.residualRoot, accountsRoot: accountsRoot ?? self.accountsRoot,
      logLength: logLength, logChain: logChain ?? self.logChain, epoch: epoch ?? self.epoch,
      nextValidators: nextValidators ?? self.nextValidators)
  }
}

/// Every order of the numbers below `count`.
func permutations(_ count: Int) -> [[Int]] {
  guard count > 0 else { return [[]] }
  return permutations(count - 1).flatMap { shorter in
    (0...shorter.count).map { place in Array(shorter[..<place]) + [count - 1] + Array(shorter[place...]) }
  }
}
