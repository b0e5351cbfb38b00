import AgentsTestKit
import Aggregation
import Learning
import Ledger
import Numerics
import Testing
import Updates
import Wire

@testable import Agents

struct TaskOfferTests {
  private let network: TestNetwork
  init() throws { network = try TestNetwork() }

  @Test func theAuthorsEnvelopeIsOpened() throws {
    let offer = try TaskOffer(opening: network.creation, network: network.network)
    #expect(offer.id == network.creation.id)
    #expect(offer.author == network.author.publicKey)
    let weights = try offer.firstWeights(from: FlatWeights.encode(network.firstWeights))
    #expect(weights == network.firstWeights)
  }

  @Test func aChangedBodyIsRefused() throws {
    var bytes = network.creation.wireBytes
    for place in stride(from: 0, to: bytes.count, by: 7) {
      bytes[place] ^= 1
      if let envelope = try? Envelope(wireBytes: bytes, limit: 1 << 20) {
        #expect(throws: AgentError.self, "byte \(place)") {
          try TaskOffer(opening: envelope, network: network.network)
        }
      }
      bytes[place] ^= 1
    }
  }

  @Test func anotherNetworksTaskIsRefused() throws {
    let other = try TestNetwork(seed: 2)
    #expect(throws: AgentError.task("the task belongs to another network")) {
      try TaskOffer(opening: other.creation, network: network.network)
    }
  }

  @Test func anotherTransactionIsRefused() throws {
    #expect(throws: AgentError.task("the envelope opens no task")) {
      try TaskOffer(opening: network.registration(of: 0), network: network.network)
    }
    let garbage = Envelope(kind: 5, body: [1, 2, 3], signedBy: network.author)
    #expect(throws: AgentError.self) { try TaskOffer(opening: garbage, network: network.network) }
  }

  @Test func anotherBlobIsRefused() throws {
    let blob = FlatWeights.encode(network.firstWeights)
    for place in blob.indices {
      var changed = blob
      changed[place] ^= 0x80
      #expect(throws: AgentError.self) { try network.offer.firstWeights(from: changed) }
    }
    #expect(throws: AgentError.self) { try network.offer.firstWeights(from: []) }
    #expect(throws: AgentError.self) { try network.offer.firstWeights(from: blob + [0]) }
  }

  /// The author names a blob of another length than the model's.
  @Test func aBlobOfAnotherLengthIsRefused() throws {
    let specification = network.offer.specification
    let creation = TaskCreation(
      network: network.network, nonce: 0,
      specification: TaskSpecification(
        name: "short", trainer: specification.trainer, parameterCount: 16,
        firstWeights: specification.firstWeights, firstParametersRoot: specification.firstParametersRoot,
        training: specification.training, merge: specification.merge, reward: specification.reward),
      escrowUnits: 0)
    let offer = try TaskOffer(
      opening: Transaction.taskCreation(creation).signed(by: network.author), network: network.network)
    #expect(throws: AgentError.task("the first weights have 60 bytes instead of 64")) {
      try offer.firstWeights(from: FlatWeights.encode(network.firstWeights))
    }
  }

  @Test func flatWeightsKeepEveryBit() {
    var random = SeededRandom(seed: 5)
    let words =
      (0..<200).map { _ in UInt32(truncatingIfNeeded: random.next()) } + [0, 0x8000_0000, 0x7FC0_0001]
    let weights = words.map { Float(bitPattern: $0) }
    let bytes = FlatWeights.encode(weights)
    #expect(bytes.count == 4 * words.count)
    #expect(FlatWeights.decode(bytes).map(\.bitPattern) == words)
    #expect(FlatWeights.encode([1]) == [0, 0, 0x80, 0x3F])
  }
}

struct FollowedModelTests {
  @Test func stepsLeadToTheCertifiedVersion() async throws {
    let network = try TestNetwork()
    var group = ValidatorGroup(network)
    try await group.begin()
    for sequence in 1...3 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    var model = try FollowedModel(network.offer, firstWeights: network.firstWeights, genesis: network.genesis)
    let header = try model.follow(group.published(after: 0))
    #expect(header == group.finals.last)
    #expect(model.model.weights.map(\.bitPattern) == group.weights.map(\.bitPattern))
    #expect(try model.follow(group.published(after: 3)) == nil, "there is nothing new")
    #expect(try model.follow(PublishedVersion(certificate: nil, steps: [])) == nil)
  }

  @Test func whatIsWrongIsRefusedAndForgotten() async throws {
    let network = try TestNetwork()
    var group = ValidatorGroup(network)
    try await group.begin()
    for sequence in 1...2 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    var model = try FollowedModel(network.offer, firstWeights: network.firstWeights, genesis: network.genesis)
    for (name, answer) in try WrongAnswers.all(group) {
      #expect(throws: AgentError.self, "\(name)") { try model.follow(answer) }
      #expect(model.model.number == 0 && model.model.weights == network.firstWeights, "\(name)")
    }
    try model.follow(group.published(after: 0))
    #expect(model.model.number == 2)
  }

  @Test(arguments: [Float.nan, .infinity]) func firstWeightsThatAreNotFiniteAreRefused(_ value: Float) throws
  {
    let network = try TestNetwork()
    #expect(throws: AgentError.self) {
      try FollowedModel(network.offer, firstWeights: [value], genesis: network.genesis)
    }
    #expect(throws: AgentError.self) {
      try FollowedModel(network.offer, firstWeights: [], genesis: network.genesis)
    }
  }
}
