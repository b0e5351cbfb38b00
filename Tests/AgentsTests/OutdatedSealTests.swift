import AgentsTestKit
import Learning
import Ledger
import Testing
import Updates
import Wire

@testable import Agents

/// A contributor whose packet is sealed to validators that others have followed.
struct OutdatedSealTests {
  private let network: TestNetwork
  private static let nothing = PublishedVersion(certificate: nil, steps: [])

  init() throws { network = try TestNetwork(candidates: 1) }

  /// What a contributor hears that has no version to follow, when another task's has changed the validators.
  private func handovers() async throws -> PublishedVersion {
    var group = ValidatorGroup(network)
    try await group.begin()
    try await group.order(network.bond(of: 4, units: 1_000))
    try await group.runWindow(sequence: 1, by: [0, 1, 2])
    #expect(group.handovers.count == 1)
    return PublishedVersion(certificate: nil, steps: [], handovers: group.handovers)
  }

  private func contributor(_ memory: ContributorMemory? = nil) throws -> Contributor {
    try Contributor(
      key: network.contributorKeys[0], genesis: network.genesis, offer: network.offer,
      model: try FollowedModel(
        network.offer, firstWeights: network.firstWeights, genesis: network.genesis),
      standing: .init(isRegistered: true), memory: memory)
  }

  private func trained() -> Contributor.Event {
    .trained(
      TrainingResult(weights: network.firstWeights.map { $0 + 0.1 }, examples: 1, steps: 1, loss: 0))
  }

  private func message(_ commitment: Envelope?) throws -> Commitment? {
    guard let commitment, case .commitment(let message) = try Transaction(commitment) else { return nil }
    return message
  }

  /// A contributor that has committed to its update, and the commitment.
  private func committing() throws -> (Contributor, Envelope) {
    var node = try contributor()
    #expect(node.handle(.started).pulls == [0])
    #expect(node.handle(.pulled(Self.nothing)).trainings.count == 1)
    let commitment = try #require(node.handle(trained()).orders.first)
    #expect(try message(commitment)?.epoch == 0)
    return (node, commitment)
  }

  /// Trains again from the same version, and seals to those in force.
  private func expectAnotherUpdate(of contributor: Contributor) async throws {
    var node = contributor
    #expect(node.handle(.pulled(try await handovers())).trainings.count == 1)
    #expect(node.version == 0 && node.epoch == 1)
    let again = try #require(try message(node.handle(trained()).orders.first))
    #expect(again.epoch == 1 && again.baseVersion == 0 && again.sequence == 2)
    let update = try #require(node.memory.update)
    let recipients = network.seal.recipients(node.validators)
    for key in network.validatorKeys {
      let opened = try network.seal.open(update.packet, from: node.publicKey, by: key, among: recipients)
      #expect(opened.key?.digest == again.keyDigest)
    }
    #expect(node.memory.last == SentUpdate(baseVersion: 0, epoch: 1, packet: again.packet))
    #expect(node.handle(.returned(again.packet)).isEmpty, "it is not idle")
  }

  @Test(arguments: [false, true]) func aRefusedSealHasItTrainAgain(_ isUploading: Bool) async throws {
    var (node, commitment) = try committing()
    var order = commitment.id
    if isUploading {
      order = try #require(node.handle(.accepted(order)).uploads.first).submission.id
    }
    #expect(node.handle(.refusedSeal(Digest.zero)).isEmpty)
    let directives = node.handle(.refusedSeal(order))
    #expect(directives.pulls == [0] && directives.reports.count == 1)
    #expect(node.memory.update == nil, "it is of no use any more")
    // A gateway that says so, and has no handover to show, gets no second update.
    #expect(node.handle(.pulled(Self.nothing)).isEmpty)
    #expect(node.handle(.announced(version: 0)).pulls == [0], "it asks again at the next occasion")
    try await expectAnotherUpdate(of: node)
  }

  @Test func anUpdateThatIsGivenBackIsTrainedAnew() async throws {
    var (node, commitment) = try committing()
    let upload = try #require(node.handle(.accepted(commitment.id)).uploads.first)
    _ = node.handle(.accepted(upload.submission.id))
    #expect(node.handle(.announced(version: 0)).isEmpty)
    #expect(node.handle(.returned(Digest(of: [1], in: .blob))).isEmpty, "somebody else's")
    #expect(node.handle(.returned(Packet.digest(of: upload.packet))).pulls == [0])
    #expect(node.handle(.pulled(Self.nothing)).isEmpty, "nobody has come into force")
    #expect(node.handle(.returned(Packet.digest(of: upload.packet))).pulls == [0])
    try await expectAnotherUpdate(of: node)
  }

  /// The commitment stood in the log before the validators changed; only the upload shows that it is void.
  @Test func anUpdateOfALifeBeforeIsDroppedForItsSeal() async throws {
    let (former, commitment) = try committing()
    for isCommitmentRefused in [false, true] {
      var node = try contributor(former.memory)
      #expect(node.handle(.started).orders == [commitment])
      let answer: Contributor.Event =
        isCommitmentRefused ? .refusedSeal(commitment.id) : .accepted(commitment.id)
      let upload = try #require(node.handle(answer).uploads.first)
      let directives = node.handle(.refusedSeal(upload.submission.id))
      #expect(directives.pulls == [0] && directives.reports.count == 1)
      try await expectAnotherUpdate(of: node)
    }
  }

  /// The next life knows which update it was.
  @Test func whatIsGivenBackBetweenTwoLivesIsTrainedAnew() async throws {
    var (former, commitment) = try committing()
    let upload = try #require(former.handle(.accepted(commitment.id)).uploads.first)
    _ = former.handle(.accepted(upload.submission.id))
    let bytes = former.memory.wireBytes
    var node = try contributor(try ContributorMemory(wireBytes: bytes, limit: bytes.count))
    #expect(node.handle(.started).pulls == [0])
    #expect(node.handle(.pulled(Self.nothing)).isEmpty, "an update from this version is under way")
    #expect(node.handle(.returned(Packet.digest(of: upload.packet))).pulls == [0])
    try await expectAnotherUpdate(of: node)
  }
}
