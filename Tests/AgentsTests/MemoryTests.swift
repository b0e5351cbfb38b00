import AgentsTestKit
import Aggregation
import Learning
import Ledger
import Testing
import Updates
import Wire

@testable import Agents

/// What contributors and validators keep, and what they go on with in their next life.
struct MemoryTests {
  private let network: TestNetwork

  init() throws {
    // A sparse form leaves something out, which is kept.
    network = try TestNetwork(
      seed: 12, policy: MergePolicy(windowSize: 3, upForm: .sparse(keptPerChunk: 2), downForm: .dense8))
  }

  private func contributor(_ memory: ContributorMemory? = nil, isRegistered: Bool = false) throws
    -> Contributor
  {
    try Contributor(
      key: network.contributorKeys[0], genesis: network.genesis, offer: network.offer,
      model: try FollowedModel(
        network.offer, firstWeights: network.firstWeights, genesis: network.genesis),
      standing: .init(isRegistered: isRegistered), memory: memory)
  }

  private func moved(by distance: Float) -> TrainingResult {
    let weights = network.firstWeights.enumerated().map { $1 + distance * Float($0) }
    return TrainingResult(weights: weights, examples: 1, steps: 1, loss: 0)
  }

  private static let nothing = PublishedVersion(certificate: nil, steps: [])

  /// Where a contributor was killed.
  private enum Killed: CaseIterable { case committing, uploading }

  /// The next life orders the same commitment and uploads the same packet, whatever becomes of the first, and
  /// its next update is the one that the former life would have sent.
  @Test(arguments: Killed.allCases) private func aKilledContributorGoesOn(_ killed: Killed) async throws {
    var group = ValidatorGroup(network)
    try await group.begin()
    try await group.runWindow(sequence: 1, by: [1, 2, 3])
    var former = try contributor()
    let registration = try #require(former.handle(.started).orders.first)
    _ = former.handle(.accepted(registration.id))
    _ = former.handle(.pulled(Self.nothing))
    let commitment = try #require(former.handle(.trained(moved(by: 0.1))).orders.first)
    if killed == .uploading { _ = former.handle(.accepted(commitment.id)) }
    let bytes = former.memory.wireBytes
    let memory = try ContributorMemory(wireBytes: bytes, limit: bytes.count)
    #expect(memory == former.memory && memory.feedback.residual.contains { $0 != 0 })
    for isAccepted in [true, false] {
      var next = try contributor(memory, isRegistered: true)
      #expect(next.handle(.started).orders == [commitment])
      let upload = try #require(
        next.handle(isAccepted ? .accepted(commitment.id) : .refused(commitment.id, "oldSequence")).uploads
          .first)
      #expect(Packet.digest(of: upload.packet) == Packet.digest(of: try #require(memory.update).packet))
      #expect(next.handle(.accepted(upload.submission.id)).isEmpty)
      #expect(next.memory.update == nil && next.memory.feedback == memory.feedback)
      let published = group.published(after: 0)
      #expect(try nextPacket(of: next, published) == nextPacket(of: former, published))
    }
  }

  /// The packet that a contributor sends from the next version on.
  private func nextPacket(of former: Contributor, _ published: PublishedVersion) throws -> [UInt8] {
    var node = former
    if let update = node.memory.update {
      _ = node.handle(.accepted(update.commitment.id))
      _ = node.handle(.accepted(update.submission.id))
    }
    #expect(node.handle(.announced(version: 1)).pulls == [0])
    #expect(node.handle(.pulled(published)).trainings.count == 1)
    _ = node.handle(.trained(moved(by: 0.2)))
    return try #require(node.memory.update).packet
  }

  /// A shell may follow and pack for a contributor, on a copy; what it orders then is the same.
  @Test func whatAShellPacksAndFollowsIsTheSame() async throws {
    var group = ValidatorGroup(network)
    try await group.begin()
    try await group.runWindow(sequence: 1, by: [1, 2, 3])
    var (alone, helped) = (try contributor(isRegistered: true), try contributor(isRegistered: true))
    _ = (alone.handle(.started), helped.handle(.started))
    let published = group.published(after: 0)
    var model = helped.followed
    try model.follow(published)
    #expect(alone.handle(.pulled(published)).trainings.count == 1)
    #expect(helped.handle(.followed(model)).trainings.count == 1)
    #expect(helped.version == 1 && helped.weights == alone.weights)
    let copy = helped
    // What happens meanwhile does not matter to the update.
    _ = (alone.handle(.announced(version: 2)), helped.handle(.announced(version: 2)))
    let orders = alone.handle(.trained(moved(by: 0.1))).orders
    #expect(helped.handle(.packed(copy.pack(moved(by: 0.1)))).orders == orders)
    #expect(orders.count == 1 && helped.memory == alone.memory)
    // Packed from an earlier version it is nobody's update.
    #expect(alone.handle(.packed(copy.pack(moved(by: 0.1)))).isEmpty)
  }

  @Test func aMemoryOfSomebodyElseIsNotTakenUp() throws {
    let memory = try contributor().memory
    for (task, key, count) in [
      (Digest.zero, memory.contributor, 15), (memory.task, network.author.publicKey, 15),
      (memory.task, memory.contributor, 14),
    ] {
      let other = ContributorMemory(
        network: memory.network, task: task, contributor: key,
        feedback: ErrorFeedback(parameterCount: count), sequence: 0, last: nil, update: nil,
        reportedWindows: 0)
      #expect(throws: AgentError.self) { try contributor(other) }
    }
  }
}

/// A validator that reads a log which is there already.
struct CatchingUpTests {
  private func play(
    _ group: ValidatorGroup, to validator: inout Validator, from first: Int = 0
  ) -> [Validator.Directive] {
    group.envelopes[first...].flatMap {
      validator.handle(.record(Replica.CheckedRecord($0.wireBytes, id: $0.id)))
    }
  }

  private func behind(_ network: TestNetwork, queueUpdates: Int = 1 << 20) -> Validator {
    var start = Validator.Start.behind
    start.queueUpdates = queueUpdates
    return Validator(
      key: network.validatorKeys[3], secretSeed: network.secretSeed(of: 3), genesis: network.genesis,
      start: start)
  }

  /// Three versions, with the fourth validator there or not.
  private func group(isThere: Bool = false, versions: UInt64 = 3) async throws -> ValidatorGroup {
    var group = ValidatorGroup(
      try TestNetwork(seed: 13), conducts: [.honest, .honest, .honest, isThere ? .honest : .silent])
    try await group.begin()
    for sequence in 1...versions { try await group.runWindow(sequence: sequence, by: [0, 1, 2]) }
    return group
  }

  /// What is ordered, and what else is asked for, in short.
  private func summary(_ directives: [Validator.Directive]) -> [String] {
    directives.map { directive in
      switch directive {
      case .order(let envelope), .commit(_, let envelope):
        Transaction.Kind(rawValue: envelope.kind).map { "order \($0)" } ?? "order"
      case .fetchFirstWeights: "first weights"
      case .findState(_, _, let versions): "state \(versions)"
      case .fetchPackets(_, let window, let packets): "packets of \(window): \(packets.count)"
      case .measureRoots(_, let window, _): "roots of \(window)"
      case .measureCredits(_, let version, _): "credits of \(version)"
      case .store: "store"
      case .keep(let memory, _): "keep \(memory.state.model.number)"
      case .announce: "announce"
      case .report: "report"
      case .watch(_, let window, let round): "watch \(window), round \(round)"
      case .decline: "decline"
      case .halt: "halt"
      }
    }
  }

  @Test func thePastIsReadInSilence() async throws {
    let group = try await group()
    var validator = behind(group.network)
    #expect(Set(summary(play(group, to: &validator))) == ["announce"])
    #expect(summary(validator.handle(.caughtUp)) == ["order seedCommitment", "state 0...3"])
    #expect(validator.handle(.caughtUp).isEmpty, "it was told already")
  }

  @Test func aStateLeadsToTheVersionsAfterItAndNothingElse() async throws {
    let group = try await group()
    let state = try #require(group.validators[0].model(of: group.network.task))
    let first = try ModelState(task: group.network.task, initialWeights: group.network.firstWeights)
    var validator = behind(group.network)
    _ = play(group, to: &validator)
    _ = validator.handle(.caughtUp)
    // Of another version than it says, or of other weights.
    for (number, weights) in [(2, state.model.weights), (3, first.model.weights), (4, state.model.weights)] {
      let wrong = try ModelState(
        model: ModelVersion(task: group.network.task, number: UInt64(number), weights: weights),
        residual: state.feedback.residual)
      #expect(validator.handle(.stateFound(wrong, nil)).isEmpty)
      #expect(validator.model(of: group.network.task) == nil)
    }
    var newest = validator
    #expect(newest.handle(.stateFound(state, nil)).isEmpty, "nothing is open")
    #expect(newest.model(of: group.network.task) == state)
    // From the beginning each plan's packets are asked for, and no more is measured than still counts.
    var directives = validator.handle(.firstWeights(task: group.network.task, group.network.firstWeights))
    var asked: [String] = []
    while !directives.isEmpty {
      let directive = directives.removeFirst()
      asked += summary([directive])
      guard case .fetchPackets(let task, let window, let digests) = directive else { continue }
      let packets = Dictionary(uniqueKeysWithValues: digests.map { ($0, group.blobs[$0] ?? []) })
      directives += validator.handle(.packets(task: task, window: window, packets))
    }
    #expect(validator.model(of: group.network.task) == state)
    #expect(asked.filter { $0.hasPrefix("keep") } == ["keep 1", "keep 2", "keep 3"])
    #expect(asked.filter { $0.hasPrefix("roots") || $0.hasPrefix("order") } == [])
    #expect(asked.filter { $0.hasPrefix("credits") } == ["credits of 3"], "it still joins the certificate")
  }

  @Test func whatTheKeyHasSignedIsNotSignedAgain() async throws {
    let group = try await group(isThere: true)
    var validator = behind(group.network)
    _ = play(group, to: &validator)
    _ = validator.handle(.caughtUp)
    let first = group.network.firstWeights
    var directives = validator.handle(.firstWeights(task: group.network.task, first))
    while !directives.isEmpty {
      let directive = directives.removeFirst()
      if case .measureCredits = directive { Issue.record("all three stand in the log") }
      guard case .fetchPackets(let task, let window, let digests) = directive else { continue }
      let packets = Dictionary(uniqueKeysWithValues: digests.map { ($0, group.blobs[$0] ?? []) })
      directives += validator.handle(.packets(task: task, window: window, packets))
    }
    #expect(validator.model(of: group.network.task)?.model.number == 3)
  }

  /// A validator that was stopped for a while goes on in silence, and speaks again at the end.
  @Test func whoFallsBehindIsSilentUntilTheEnd() async throws {
    let group = try await group(versions: 4)
    var validator = Validator(
      key: group.network.validatorKeys[3], secretSeed: group.network.secretSeed(of: 3),
      genesis: group.network.genesis)
    let isTask: (Envelope) -> Bool = { $0.kind == Transaction.Kind.taskCreation.rawValue }
    let opened = try #require(group.envelopes.firstIndex(where: isTask)) + 1
    var directives = group.envelopes[..<opened].flatMap {
      validator.handle(.record(Replica.CheckedRecord($0.wireBytes, id: $0.id)))
    }
    #expect(summary(directives) == ["first weights", "order seedCommitment"])
    _ = validator.handle(.firstWeights(task: group.network.task, group.network.firstWeights))
    #expect(validator.handle(.fellBehind).isEmpty)
    directives = play(group, to: &validator, from: opened)
    #expect(summary(directives).filter { $0 != "announce" } == ["packets of 0: 3"], "the first plan's")
    #expect(summary(validator.handle(.caughtUp)) == ["order seedCommitment"])
  }

  /// Whoever cannot hold the past asks for a state that it can go on from.
  @Test func theQueueIsBounded() async throws {
    let group = try await group()
    var validator = behind(group.network, queueUpdates: 6)
    _ = play(group, to: &validator)
    #expect(summary(validator.handle(.caughtUp)).last == "state 1...3")
    #expect(
      summary(validator.handle(.firstWeights(task: group.network.task, group.network.firstWeights)))
        == ["state 1...3"])
  }

  /// At every record of a log the end may be: all secrets that are owed are ordered then, everything that is
  /// ordered is taken, and nothing twice.
  @Test func atAnyEndItOrdersWhatIsOwed() async throws {
    let group = try await group(isThere: true, versions: 2)
    let key = group.network.validatorKeys[3].publicKey
    for end in 1...group.envelopes.count {
      var validator = behind(group.network)
      for envelope in group.envelopes[..<end] {
        _ = validator.handle(.record(Replica.CheckedRecord(envelope.wireBytes, id: envelope.id)))
      }
      let duties = validator.replica.duties(of: key, in: group.network.task)
      var ordered: [UInt32] = []
      for case .order(let envelope) in validator.handle(.caughtUp) {
        ordered.append(envelope.kind)
        let record = Replica.CheckedRecord(envelope.wireBytes, id: envelope.id)
        #expect(validator.replica.refusal(of: record) == nil, "after \(end) records")
        #expect(!group.envelopes[..<end].contains { $0.id == envelope.id }, "after \(end) records")
      }
      let kinds: [Transaction.Kind?] = [
        duties?.seedReveal.map { _ in .seedReveal }, duties?.seedCommitment.map { _ in .seedCommitment },
      ]
      #expect(ordered == kinds.compactMap { $0?.rawValue }, "after \(end) records")
    }
  }
}
