import AgentsTestKit
import Aggregation
import Learning
import Ledger
import Testing
import Updates
import Wire

@testable import Agents

/// A contributor in every state, given what it waits for, what it does not, and what is wrong.
struct ContributorTests {
  private let network: TestNetwork
  private static let nothing = PublishedVersion(certificate: nil, steps: [])

  init() throws { network = try TestNetwork() }

  private func contributor(_ index: Int = 0) throws -> Contributor {
    try Contributor(
      key: network.contributorKeys[index], genesis: network.genesis, offer: network.offer,
      firstWeights: network.firstWeights)
  }

  private func result(_ weights: [Float]) -> TrainingResult {
    TrainingResult(weights: weights, examples: 1, steps: 1, loss: 0)
  }

  private func moved(by distance: Float) -> TrainingResult {
    result(network.firstWeights.map { $0 + distance })
  }

  /// The states by name, each reached by the events that lead there.
  private enum State: String, CaseIterable {
    case off, registering, pulling, training, committing, uploading, idle
  }

  private func contributor(in state: State) throws -> (Contributor, outstanding: Digest?) {
    var node = try contributor()
    if state == .off { return (node, nil) }
    let registration = try #require(node.handle(.started).orders.first).id
    if state == .registering { return (node, registration) }
    _ = node.handle(.accepted(registration))
    if state == .pulling { return (node, nil) }
    _ = node.handle(.pulled(Self.nothing))
    if state == .training { return (node, nil) }
    let commitment = try #require(node.handle(.trained(moved(by: 0.1))).orders.first).id
    if state == .committing { return (node, commitment) }
    let submission = try #require(node.handle(.accepted(commitment)).uploads.first).submission.id
    if state == .uploading { return (node, submission) }
    _ = node.handle(.accepted(submission))
    return (node, nil)
  }

  @Test func oneRoundGoesFromRegistrationToUpload() throws {
    var node = try contributor()
    let registration = try #require(node.handle(.started).orders.first)
    #expect(registration.id == network.registration(of: 0).id)
    #expect(node.handle(.accepted(registration.id)).pulls == [0])
    let plan = try #require(node.handle(.pulled(Self.nothing)).trainings.first)
    #expect(plan.weights == network.firstWeights)
    #expect(plan.configuration.batchSize == 8)
    let commitment = try #require(node.handle(.trained(moved(by: 0.25))).orders.first)
    let upload = try #require(node.handle(.accepted(commitment.id)).uploads.first)
    let packet = try network.opened(upload.packet, by: node.publicKey)
    #expect(packet.header.contributor == node.publicKey)
    #expect(packet.header.sequence == 1)
    guard case .commitment(let message) = try Transaction(commitment) else {
      Issue.record("not a commitment")
      return
    }
    #expect(message.packet == Packet.digest(of: upload.packet))
    #expect(node.handle(.accepted(upload.submission.id)).isEmpty)
    #expect(node.handle(.announced(version: 1)).pulls == [0])
  }

  /// In no state does an event that is not awaited change what the contributor does next.
  @Test(arguments: [State.off, .registering, .pulling, .training, .committing, .uploading, .idle])
  private func strayEventsDoNothing(_ state: State) throws {
    var (node, outstanding) = try contributor(in: state)
    var twin = node
    let stranger = Digest(of: [1], in: .blob)
    #expect(node.handle(.accepted(stranger)).isEmpty)
    #expect(node.handle(.refused(stranger, "no")).isEmpty)
    if state != .off { #expect(node.handle(.started).isEmpty) }
    if state != .training {
      #expect(node.handle(.trained(moved(by: 1))).isEmpty)
      #expect(node.handle(.trainingFailed("no")).isEmpty)
    }
    if state != .pulling { #expect(node.handle(.pulled(Self.nothing)).isEmpty) }
    let next: Contributor.Event =
      switch state {
      case .off: .started
      case .pulling: .pulled(Self.nothing)
      case .training: .trained(moved(by: 0.5))
      case .idle: .announced(version: 1)
      case .registering, .committing, .uploading: .accepted(try #require(outstanding))
      }
    #expect(node.handle(next).summary == twin.handle(next).summary, "\(state.rawValue)")
  }

  /// However a request or a training ends badly, the next announcement starts the next round.
  @Test(arguments: [State.pulling, .training, .committing, .uploading])
  private func failuresLeaveNoOneStuck(_ state: State) throws {
    for id in [nil, Digest.zero] {
      var (node, outstanding) = try contributor(in: state)
      let directives =
        state == .training
        ? node.handle(.trainingFailed("out of memory"))
        : node.handle(.refused(id ?? outstanding ?? .zero, "no room"))
      #expect(directives.reports.count == 1, "\(state.rawValue)")
      #expect(node.handle(.announced(version: 1)).pulls == [0], "\(state.rawValue)")
    }
  }

  /// Nothing was sent from the version, so that it is trained on again; after an update it never is.
  @Test func aVersionIsTrainedOnAgainOnlyAfterAFailure() throws {
    var (node, _) = try contributor(in: .training)
    for _ in 0..<3 {
      #expect(node.handle(.trainingFailed("killed")).reports.count == 1)
      #expect(node.handle(.announced(version: 0)).pulls == [0])
      #expect(node.handle(.pulled(Self.nothing)).trainings.count == 1)
    }
    let upload = try #require(node.handle(.trained(moved(by: 0.5))).orders.first)
    let packet = node.handle(.accepted(upload.id))
    #expect(packet.count == 1 && node.handle(.announced(version: 0)).isEmpty)
  }

  /// In any state, and whatever else it is at: only its own task and its own rejected updates.
  @Test(arguments: State.allCases)
  private func aRejectionIsToldToTheOwnerInWords(_ state: State) async throws {
    let receipts = try await rejectedReceipts()
    let own = try #require(receipts.first { $0.contributor == network.contributorKeys[0].publicKey })
    var (node, _) = try contributor(in: state)
    #expect(
      node.handle(.judged(own)).reports == [
        "update rejected in window 0: The packet's bytes are not a valid update. "
          + "Encode it again with this version's codec."
      ])
    for receipt in receipts where receipt.contributor != node.publicKey {
      #expect(node.handle(.judged(receipt)).isEmpty)
    }
    var admitted = try contributor(1)
    let other = try #require(receipts.first { $0.contributor == admitted.publicKey })
    #expect(other.verdict == .admit)
    #expect(admitted.handle(.judged(other)).isEmpty)
  }

  /// The receipts of a window in which the first contributor sent nonsense.
  private func rejectedReceipts() async throws -> [Receipt] {
    var group = ValidatorGroup(network)
    try await group.begin()
    try await group.take(network.upload([1, 2, 3], by: 0, base: 0, sequence: 1))
    try await group.runWindow(sequence: 1, by: [1, 2])
    return group.receipts
  }

  @Test func aRefusedRegistrationCanBeTriedAgain() throws {
    var (node, outstanding) = try contributor(in: .registering)
    let reports = node.handle(.refused(try #require(outstanding), "insufficientUnits")).reports
    #expect(reports == ["registration refused: insufficientUnits"])
    #expect(node.handle(.announced(version: 1)).isEmpty)
    #expect(node.handle(.started).orders.count == 1)
  }

  @Test(arguments: [[], [Float](repeating: 0, count: 14), [Float](repeating: 0, count: 16)])
  func trainingThatReturnsAnotherNumberOfWeightsIsReported(_ weights: [Float]) throws {
    var (node, _) = try contributor(in: .training)
    let directives = node.handle(.trained(result(weights)))
    #expect(directives.reports == ["training returned \(weights.count) weights, not 15"])
    #expect(directives.count == 1)
    #expect(node.handle(.announced(version: 1)).pulls == [0])
  }

  @Test(arguments: [Float.nan, .infinity, -.infinity])
  func trainingThatReturnsNonsenseIsReported(_ value: Float) throws {
    var (node, _) = try contributor(in: .training)
    var weights = network.firstWeights
    weights[7] = value
    let directives = node.handle(.trained(result(weights)))
    #expect(directives.reports.count == 1)
    #expect(directives.count == 1)
    #expect(node.handle(.announced(version: 1)).pulls == [0])
  }

  @Test func hugeWeightsSaturate() throws {
    var (node, _) = try contributor(in: .training)
    let commitment = try #require(node.handle(.trained(moved(by: 1e30))).orders.first)
    let upload = try #require(node.handle(.accepted(commitment.id)).uploads.first)
    _ = try network.opened(upload.packet, by: node.publicKey)
  }

  @Test func announcedVersionsThatDoNotExistCauseNoSecondUpdate() throws {
    var (node, _) = try contributor(in: .idle)
    #expect(node.handle(.announced(version: .max)).pulls == [0])
    #expect(node.handle(.pulled(Self.nothing)).isEmpty)
    #expect(node.handle(.announced(version: 1)).pulls == [0])
  }

  @Test func anAnnouncementDuringWorkIsTakenUpAfterwards() throws {
    for state in [State.committing, .uploading] {
      var (node, outstanding) = try contributor(in: state)
      #expect(node.handle(.announced(version: 1)).isEmpty)
      let id = try #require(outstanding)
      #expect(node.handle(.refused(id, "late")).pulls == [0])
    }
    var (node, submission) = try contributor(in: .uploading)
    #expect(node.handle(.announced(version: 1)).isEmpty)
    #expect(node.handle(.accepted(try #require(submission))).pulls == [0])
  }

  @Test func sequencesGrowAndSeedsDiffer() async throws {
    var group = ValidatorGroup(network)
    try await group.begin()
    var node = try contributor(5)
    let registration = try #require(node.handle(.started).orders.first).id
    _ = node.handle(.accepted(registration))
    var published = Self.nothing
    var seeds: Set<UInt64> = []
    for version in 0..<3 as Range<UInt64> {
      let plan = try #require(node.handle(.pulled(published)).trainings.first)
      seeds.insert(plan.configuration.seed)
      let trained = try await network.trainers[5].train(plan.weights, plan.configuration)
      let commitment = try #require(node.handle(.trained(trained)).orders.first)
      let upload = try #require(node.handle(.accepted(commitment.id)).uploads.first)
      let packet = try network.opened(upload.packet, by: node.publicKey)
      #expect(packet.header.sequence == version + 1)
      #expect(packet.header.baseVersion == version)
      _ = node.handle(.accepted(upload.submission.id))
      try await group.runWindow(sequence: version + 1, by: [0, 1, 2])
      #expect(node.handle(.announced(version: version + 1)).pulls == [version])
      published = group.published(after: version)
    }
    #expect(seeds.count == 3)
  }

  /// Down to the bit, and with nothing but steps to go by.
  @Test func aFollowerHoldsTheValidatorsWeights() async throws {
    let policy = MergePolicy(
      windowSize: 3, upForm: .sparse(keptPerChunk: 1_024), downForm: .sparse(keptPerChunk: 1_024))
    let network = try TestNetwork(seed: 4, policy: policy)
    var group = ValidatorGroup(network)
    try await group.begin()
    var node = try Contributor(
      key: network.contributorKeys[0], genesis: network.genesis, offer: network.offer,
      firstWeights: network.firstWeights)
    _ = node.handle(.accepted(try #require(node.handle(.started).orders.first).id))
    for version in 1...5 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: version, by: [0, 1, 2])
      #expect(node.handle(.pulled(group.published(after: node.version))).trainings.count == 1)
      #expect(node.version == version)
      for validator in group.validators {
        #expect(
          validator.model(of: network.task)?.model.weights.map(\.bitPattern) == node.weights.map(\.bitPattern)
        )
      }
      _ = node.handle(.trainingFailed("not now"))
      _ = node.handle(.announced(version: version + 1))
    }
    #expect(node.weights != network.firstWeights)
  }

  @Test func wrongAnswersLeaveTheModelAsItWas() async throws {
    var group = ValidatorGroup(network)
    try await group.begin()
    for sequence in 1...2 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    for (name, published) in try WrongAnswers.all(group) {
      var (node, _) = try contributor(in: .idle)
      _ = node.handle(.announced(version: 2))
      let directives = node.handle(.pulled(published))
      #expect(directives.reports.count == 1 && directives.count == 1, "\(name)")
      #expect(node.version == 0, "\(name)")
      #expect(node.weights == network.firstWeights, "\(name)")
      #expect(node.handle(.announced(version: 2)).pulls == [0], "\(name)")
      #expect(node.handle(.pulled(group.published(after: 0))).trainings.count == 1, "\(name)")
      #expect(node.version == 2, "\(name)")
    }
  }
}

extension [Contributor.Directive] {
  var orders: [Envelope] { compactMap { if case .order(let envelope) = $0 { envelope } else { nil } } }
  var uploads: [(packet: [UInt8], submission: Envelope)] {
    compactMap { if case .upload(let packet, let submission) = $0 { (packet, submission) } else { nil } }
  }
  var pulls: [UInt64] { compactMap { if case .pull(let version, _) = $0 { version } else { nil } } }
  var trainings: [(weights: [Float], configuration: TrainingConfiguration)] {
    compactMap { if case .train(let weights, let plan) = $0 { (weights, plan) } else { nil } }
  }
  var reports: [String] { compactMap { if case .report(let text) = $0 { text } else { nil } } }
  var summary: String { map { "\($0)" }.joined(separator: "\n") }
}
