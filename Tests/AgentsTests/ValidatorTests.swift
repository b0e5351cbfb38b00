import AgentsTestKit
import Aggregation
import Attribution
import Learning
import Ledger
import Numerics
import Testing
import Updates
import Wire

@testable import Agents

/// Validators in a group: what others send them, and what they come to.
struct ValidatorTests {
  private func begun(_ seed: UInt64 = 1, conducts: [ValidatorGroup.Conduct]? = nil) async throws
    -> ValidatorGroup
  {
    var group = ValidatorGroup(try TestNetwork(seed: seed), conducts: conducts)
    try await group.begin()
    return group
  }

  /// Three updates of the first window: a good one, one whose packet is nowhere, and nonsense of a kind.
  private func verdict(on nonsense: (ValidatorGroup) async throws -> TestNetwork.Upload) async throws
    -> Receipt
  {
    var group = try await begun()
    try await group.runWindow(sequence: 1, by: [0, 1])
    let upload = try await nonsense(group)
    try await group.take(upload)
    #expect(group.halts.isEmpty)
    #expect(group.finals.count == 1, "the window goes on without it")
    return try #require(group.receipts.first { $0.packet == upload.digest })
  }

  @Test func everyoneComesToTheSameModel() async throws {
    var group = try await begun()
    for sequence in 1...3 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    #expect(group.finals.map(\.version) == [1, 2, 3])
    #expect(Set(group.validators.map { $0.model(of: group.network.task) }).count == 1)
    let state = try #require(group.validators[0].model(of: group.network.task))
    #expect(group.finals.last?.parametersRoot == state.parametersRoot)
    #expect(group.finals.last?.residualRoot == state.residualRoot)
    for window in 0...2 as ClosedRange<UInt64> {
      #expect(group.receipts.contains { $0.window == window && $0.weight > 0 }, "window \(window)")
    }
    #expect(group.halts.isEmpty && group.declined.isEmpty)
  }

  @Test func aMissingPacketIsUnavailable() async throws {
    var group = try await begun()
    try await group.runWindow(sequence: 1, by: [0, 1])
    let upload = group.network.upload([1, 2, 3], by: 2, base: 0, sequence: 1)
    try await group.order(upload.commitment)
    try await group.order(upload.submission)
    #expect(group.finals.count == 1)
    #expect(group.receipts.first { $0.packet == upload.digest }?.verdict == .reject(.unavailable))
    #expect(group.halts.isEmpty)
  }

  @Test(arguments: [[], [0], [UInt8](repeating: 0xFF, count: 400)])
  func nonsenseForAPacketIsMalformed(_ bytes: [UInt8]) async throws {
    let receipt = try await verdict { $0.network.upload(bytes, by: 2, base: 0, sequence: 1) }
    #expect(receipt.verdict == .reject(.malformed))
    #expect(receipt.weight == 0 && receipt.credit == 0 && receipt.paidUnits == 0)
  }

  @Test func packetsThatDoNotFitAreRejectedWithTheReason() async throws {
    func packet(
      task: Digest? = nil, base: UInt64 = 0, by index: Int = 2, count: Int = 15, form: PacketForm = .dense8,
      value: Int32 = 1 << 16
    ) -> (ValidatorGroup) async throws -> TestNetwork.Upload {
      { group in
        let network = group.network
        let payload = Payload(encoding: [Int32](repeating: value, count: count), form: form)
        let packet = Packet(
          task: task ?? network.task, baseVersion: base,
          contributor: network.contributorKeys[index].publicKey, sequence: 1, payload: payload)
        return network.upload(packet.wireBytes, by: 2, base: 0, sequence: 1)
      }
    }
    let stranger = Digest(of: [1], in: .blob)
    #expect(try await verdict(on: packet(task: stranger)).verdict == .reject(.wrongTask))
    #expect(try await verdict(on: packet(by: 3)).verdict == .reject(.wrongContributor))
    #expect(try await verdict(on: packet(count: 14)).verdict == .reject(.wrongShape))
    #expect(try await verdict(on: packet(form: .dense4)).verdict == .reject(.wrongForm))
    #expect(try await verdict(on: packet(base: 1)).verdict == .reject(.futureBase))
    #expect(try await verdict(on: packet(value: 0)).verdict == .reject(.empty))
  }

  /// The same versions in every order of what a validator waits for, each up to nine records late: when its
  /// roots come last, others have decided and made the version final before it judges.
  @Test(arguments: [0, 3]) func answersMayComeInAnyOrder(_ lagRecords: Int) async throws {
    let recording = try await Recording(versions: 3)
    #expect(Answer.orders.count == 24)
    for order in Answer.orders {
      var player = Player(recording, order: order, lagRecords: lagRecords)
      try await player.play()
      try await player.release()
      #expect(player.halts.isEmpty, "\(order)")
      #expect(player.validator.model(of: recording.network.task) == recording.state, "\(order)")
      #expect(player.attested.map(\.root) == recording.group.finals.map(\.root), "\(order)")
      #expect(player.rowCommitments == recording.rowCommitments, "\(order)")
    }
  }

  /// With one update a window the step is that update. Who judges after it merged must not take it for a
  /// replay.
  @Test func aStepIsNotHeldAgainstItsOwnUpdates() async throws {
    let recording = try await Recording(versions: 3, contributors: [0])
    #expect(recording.rows.contains { $0.cells[0].verdict == .admit })
    for order in Answer.orders {
      var player = Player(recording, order: order, lagRecords: 3)
      try await player.play()
      try await player.release()
      #expect(player.rowCommitments == recording.rowCommitments, "\(order)")
    }
  }

  /// Others go on by several versions while this validator waits; it judges what it can, and merges
  /// everything.
  @Test(arguments: [10, 100]) func whoFallsBehindCatchesUp(_ lagRecords: Int) async throws {
    let recording = try await Recording(versions: 5)
    for order in Answer.orders {
      var player = Player(recording, order: order, lagRecords: lagRecords)
      try await player.play()
      try await player.release()
      #expect(player.halts.isEmpty, "\(order)")
      #expect(player.validator.model(of: recording.network.task) == recording.state, "\(order)")
      #expect(player.attested == recording.group.finals, "\(order)")
    }
  }

  @Test func aPacketThatComesLateIsFetchedAgain() async throws {
    var group = try await begun()
    try await group.runWindow(sequence: 1, by: [0, 1])
    let upload = try await group.network.honestUpload(by: 2, from: group.weights, base: 0, sequence: 1)
    group.late[3] = [upload.digest]
    try await group.take(upload)
    #expect(group.halts.isEmpty)
    #expect(group.receipts.first { $0.packet == upload.digest }?.verdict == .admit)
    #expect(
      group.validators[3].model(of: group.network.task) == group.validators[0].model(of: group.network.task))
    try await group.runWindow(sequence: 2, by: [0, 1, 2])
    #expect(group.finals.count == 2)
    #expect(group.validators[3].model(of: group.network.task)?.model.number == 2)
  }

  @Test func withoutAnAdmittedPacketAValidatorHaltsAndNamesIt() async throws {
    let recording = try await Recording(versions: 1)
    var player = Player(recording)
    let lost = try #require(recording.group.receipts.first).packet
    player.lost = [lost]
    try await player.play()
    #expect(player.halts.count == 1)
    #expect(player.halts.first?.contains(lost.hex) == true)
    #expect(player.attested.isEmpty)
  }

  /// The bytes under a name are other bytes: as good as missing.
  @Test func bytesWithAnotherNameAreNotTaken() async throws {
    let recording = try await Recording(versions: 1)
    var player = Player(recording)
    let swapped = try #require(recording.group.receipts.first).packet
    player.replaced = [swapped: [1, 2, 3]]
    try await player.play()
    #expect(player.halts.count == 1)
    #expect(player.rows.first?.cells.contains { $0.verdict == .reject(.unavailable) } == true)
  }

  /// A supermajority signs a root that this validator does not come to, before or after it merged.
  @Test(arguments: [false, true]) func anotherFinalRootHalts(_ comesLate: Bool) async throws {
    let recording = try await Recording(versions: 1)
    var player = Player(recording, lagRecords: comesLate ? 1_000 : 0)
    player.forgesFinal = true
    try await player.play()
    try await player.release()
    #expect(player.halts.count == 1)
    #expect(player.halts.first?.contains("version 1 is final with root") == true)
  }

  @Test func aRestartedValidatorReplaysToTheSameModel() async throws {
    var group = try await begun(3)
    for sequence in 1...3 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    var again = ValidatorGroup(group.network)
    again.blobs = group.blobs
    // What validators order again on replay has the same bytes, so it stands in the log once.
    for envelope in group.envelopes { try await again.order(envelope) }
    #expect(Set(again.envelopes.map(\.id)) == Set(group.envelopes.map(\.id)))
    #expect(again.finals.map(\.root) == group.finals.map(\.root))
    for (one, other) in zip(again.validators, group.validators) {
      #expect(one.model(of: group.network.task) == other.model(of: group.network.task))
    }
  }

  @Test func aTaskWithAWrongRootIsDeclinedAndOthersGoOn() async throws {
    let network = try TestNetwork()
    var group = ValidatorGroup(network)
    let creation = TestNetwork.creation(
      of: try .init(parsing: TestNetwork.model), weights: network.firstWeights, root: .zero,
      policy: network.offer.specification.merge, network: network.network, author: network.contributorKeys[5],
      escrowUnits: 1)
    try await group.order(creation)
    #expect(group.declined.count == 4 && group.halts.isEmpty)
    #expect(group.validators.allSatisfy { $0.model(of: creation.id) == nil })
    try await group.order(network.creation)
    for index in 0..<3 { try await group.order(network.registration(of: index)) }
    try await group.runWindow(sequence: 1, by: [0, 1, 2])
    #expect(group.finals.map(\.task) == [network.task])
  }

  @Test func firstWeightsOfAnotherTaskAreDeclined() throws {
    let network = try TestNetwork()
    for weights in [[], [Float](repeating: 0, count: 15), [.nan], network.firstWeights + [0]] {
      var validator = Validator(
        key: network.validatorKeys[0], secretSeed: .zero, genesis: network.genesis)
      let record = Replica.CheckedRecord(network.creation.wireBytes, id: network.creation.id)
      _ = validator.handle(.record(record))
      let directives = validator.handle(.firstWeights(task: network.task, weights))
      guard case .decline(let task, _)? = directives.first, directives.count == 1 else {
        Issue.record("\(weights.count) weights: \(directives)")
        continue
      }
      #expect(task == network.task)
      #expect(validator.model(of: network.task) == nil)
    }
  }

  @Test func answersForUnknownTasksAndWindowsDoNothing() async throws {
    let network = try TestNetwork()
    var group = ValidatorGroup(network)
    try await group.begin()
    var validator = group.validators[0]
    let roots = try RootUpdates([[Float](repeating: 1, count: 15)])
    let credits = CreditRow(credits: [], lossBefore: 0, lossAfter: 0)
    for task in [network.task, .zero] {
      #expect(validator.handle(.packets(task: task, window: 3, [:])).isEmpty)
      #expect(validator.handle(.rootsMeasured(task: task, window: 3, roots)).isEmpty)
      #expect(validator.handle(.creditsMeasured(task: task, version: 3, credits)).isEmpty)
    }
    #expect(validator.handle(.firstWeights(task: .zero, [1])).isEmpty)
    #expect(validator.handle(.firstWeights(task: network.task, [1])).isEmpty, "it has them already")
  }
}
