import Agents
import AgentsTestKit
import Aggregation
import Engines
import Ledger
import Testing
import Wire

/// Validators of the genesis that all leave, while contributors go on and packets are sealed to whoever is in
/// force.
@Suite(.timeLimit(.minutes(2))) struct SealedTurnoverTests {
  /// How four validators give way to four candidates.
  enum Pace: CaseIterable {
    case atOnce, oneAfterAnother
  }

  private static let cases = PacketPrivacy.allCases.flatMap { privacy in
    Pace.allCases.map { (privacy, $0) }
  }

  /// Versions before the first change, during the changes, and after the last one.
  private func replaced(_ privacy: PacketPrivacy, _ pace: Pace) async throws -> ValidatorGroup {
    let network = try TestNetwork(seed: 21, candidates: 4, privacy: privacy)
    var group = ValidatorGroup(network)
    try await group.begin()
    var sequence: UInt64 = 0
    func window(_ group: inout ValidatorGroup) async throws {
      sequence += 1
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    try await window(&group)
    for place in 0..<4 {
      try await group.order(network.bond(of: 4 + place, units: 1_000))
      try await group.order(network.unbond(of: place, units: 1_000))
      if pace == .oneAfterAnother { try await window(&group) }
    }
    for _ in 0..<3 { try await window(&group) }
    return group
  }

  @Test(arguments: cases)
  func trainingGoesOnThoughNobodyOfTheGenesisIsLeft(_ privacy: PacketPrivacy, _ pace: Pace) async throws {
    let group = try await replaced(privacy, pace)
    let (network, versions) = (group.network, pace == .atOnce ? 4 : 8 as UInt64)
    #expect(group.halts.isEmpty && group.declined.isEmpty)
    #expect(group.finals.map(\.version) == Array(1...versions))
    #expect(group.handovers.count == (pace == .atOnce ? 1 : 4))
    let inForce = group.replica.validators
    #expect(inForce.members.map(\.key) == network.validatorKeys.suffix(4).map(\.publicKey).sorted())
    #expect(group.finals.last?.epoch == inForce.epoch)
    for key in network.validatorKeys.prefix(4) {
      #expect(group.replica.accounts[key.publicKey].bondUnits == 0)
    }
    // Whoever joined judges, and comes to the same model.
    let models = Set(group.validators.suffix(4).map { $0.model(of: network.task) })
    #expect(models.count == 1 && models.first??.model.number == versions)
    #expect((group.honestRows[versions - 1] ?? []).count >= 3)
    #expect(group.receipts.allSatisfy { $0.verdict == .admit })
    let refused = group.events.compactMap { if case .refused(let refusal) = $0 { refusal } else { nil } }
    #expect(!refused.contains(.notValidator) && !refused.contains(.wrongSeal))
    // Those who joined had to be handed a state only where they could open nothing.
    let reports = Set(group.reports.map(\.validator))
    #expect(privacy == .sealedKept ? reports.isSuperset(of: 4..<8) : reports.isEmpty)
  }

  @Test(arguments: cases)
  func whoReadsAndWhoAuditsFollowsFromTheGenesis(_ privacy: PacketPrivacy, _ pace: Pace) async throws {
    let group = try await replaced(privacy, pace)
    let network = group.network
    var model = try FollowedModel(network.offer, firstWeights: network.firstWeights, genesis: network.genesis)
    #expect(try model.follow(group.published(after: 0)) == group.finals.last)
    #expect(model.model.weights == group.weights && model.validators == group.replica.validators)
    // A key opens what was sealed to its validator, from the first version on and without a gap.
    let all = group.finals.count
    let epochs = group.finals.map(\.epoch)
    let ofGenesis = pace == .atOnce ? epochs.count { $0 == 0 } : epochs.count { $0 <= 3 }
    for (key, kept) in [(nil, 0), (network.validatorKeys[3], ofGenesis), (network.validatorKeys[7], 0)] {
      let (log, blobs) = try await group.engines()
      var replay = NetworkReplay(network.genesis, blobs: blobs, key: key)
      for record in try await log.read(from: .start, limit: 100_000) { try await replay.apply(record) }
      #expect(replay.progress.versions == all)
      #expect(replay.progress.recomputed == (privacy == .sealedKept ? kept : all))
    }
    let folder = try await TemporaryNetwork(group)
    for key in [network.validatorKeys[0], network.validatorKeys[7]] {
      #expect(try await NetworkAudit.run(folder.folder, key: key).progress.versions == all)
    }
    let error = await #expect(throws: AgentError.self) {
      try await NetworkAudit.run(folder.folder, key: network.contributorKeys[0])
    }
    #expect(error?.isAbsence == true)
  }

  @Test func formerValidatorsOpenNoNewPackets() async throws {
    let group = try await replaced(.sealedKept, .atOnce)
    let (network, inForce) = (group.network, group.replica.validators)
    let recipients = (former: network.recipients, new: network.seal.recipients(inForce))
    for receipt in group.receipts {
      let blob = try #require(group.blobs[receipt.packet])
      let isNew = group.finals[Int(receipt.window)].epoch == inForce.epoch
      for (place, key) in network.validatorKeys.enumerated() {
        for among in [recipients.former, recipients.new] {
          let opened = try? network.seal.open(blob, from: receipt.contributor, by: key, among: among)
          let isRecipient = (place >= 4) == isNew && (among == recipients.new) == isNew
          #expect((opened != nil) == isRecipient, "validator \(place), window \(receipt.window)")
        }
      }
    }
  }

  /// Whoever is killed after it has kept the last version of the former validators names it in its next life;
  /// whoever is handed it does not.
  @Test func theLastVersionIsNamedInTheNextLife() async throws {
    let network = try TestNetwork(seed: 23, candidates: 4, privacy: .sealedKept)
    var group = ValidatorGroup(network)
    try await group.begin()
    for place in 0..<4 {
      try await group.order(network.bond(of: 4 + place, units: 1_000))
      try await group.order(network.unbond(of: place, units: 1_000))
    }
    try await group.runWindow(sequence: 1, by: [0, 1, 2])
    #expect(group.handovers.count == 1)
    let state = try #require(group.validators[0].model(of: network.task))
    for judge in [Judge(), nil] {
      var validator = Validator(
        key: network.validatorKeys[0], secretSeed: network.secretSeed(of: 0), genesis: network.genesis,
        start: .behind)
      for envelope in group.envelopes {
        _ = validator.handle(.record(Replica.CheckedRecord(envelope.wireBytes, id: envelope.id)))
      }
      _ = validator.handle(.caughtUp)
      let named = validator.handle(.stateFound(state, judge)).compactMap { directive in
        if case .keep(let memory, isAwaited: true) = directive { memory.state } else { nil }
      }
      #expect(named == (judge == nil ? [] : [state]))
    }
  }

  /// One that is alone in joining has the state handed over by those who stay.
  @Test func whoJoinsAKeptTaskStartsFromAStateThatOthersName() async throws {
    let network = try TestNetwork(seed: 22, candidates: 1, privacy: .sealedKept)
    var group = ValidatorGroup(network)
    try await group.begin()
    try await group.runWindow(sequence: 1, by: [0, 1, 2])
    #expect(group.validators[4].model(of: network.task) == nil, "it could not merge, and owes nothing")
    try await group.order(network.bond(of: 4, units: 1_000))
    for sequence in 2...4 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    #expect(group.finals.map(\.epoch) == [0, 0, 1, 1] && group.halts.isEmpty)
    #expect(group.reports.map(\.validator) == [4])
    #expect(Set(group.validators.map { $0.model(of: network.task) }).count == 1)
    let judged = group.envelopes.contains { envelope in
      guard case .assessment(let row)? = try? Transaction(envelope) else { return false }
      return row.window == 2 && envelope.signer == network.validatorKeys[4].publicKey
    }
    #expect(judged)
  }
}
