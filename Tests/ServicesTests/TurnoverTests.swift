import Agents
import AgentsTestKit
import Aggregation
import Door
import Engines
import Learning
import Ledger
import Services
import Testing
import Updates
import Wire

/// Validators that change under services.
@Suite(.serialized, .timeLimit(.minutes(5))) struct TurnoverTests {
  /// Four validators hand a task whose packets nobody else may open over to four that could open none so far.
  @Test func everybodyIsReplacedWhileServicesWork() async throws {
    let cluster = try TestCluster(TestNetwork(seed: 51, candidates: 4, privacy: .sealedKept))
    let network = cluster.network
    try await cluster.begin(registering: false)
    let recorders = network.validatorKeys.map { _ in EventRecorder() }
    let validators = recorders.indices.map { Running(cluster.validator($0, events: recorders[$0])) }
    let door = try await cluster.door()
    let events = EventRecorder()
    let contributors = (0..<3).map { Running(cluster.contributor($0, [door.url], events: events)) }
    try await cluster.waitFor(version: 2)
    for place in 0..<4 {
      try await cluster.order(network.bond(of: 4 + place, units: 1_000))
      try await cluster.order(network.unbond(of: place, units: 1_000))
    }
    let candidates = Set(network.validatorKeys.suffix(4).map(\.publicKey))
    try await cluster.wait { replica, _ in Set(replica.validators.members.map(\.key)) == candidates }
    let version = await cluster.replica.tasks[network.task]?.version ?? 0
    try await cluster.waitFor(version: version + 3)
    for node in contributors + validators { try await node.kill() }
    await door.close()
    #expect(await cluster.finals.last?.epoch == cluster.replica.validators.epoch)
    for (place, recorder) in recorders.enumerated() {
      #expect(recorder.events(named: "taskHalted") == [] && recorder.events(named: "recomputing") == [])
      // What a validator of the genesis may open it never has to be handed.
      if place >= 4 { #expect(recorder.events(named: "resumed").last?.fields["source"]?.count == 64) }
    }
    #expect(events.events.filter { $0.level == .error } == [])
  }

  /// Another task's version changes the validators, and gives back the only update of a window that waits for
  /// more.
  @Test func anUpdateThatWasGivenBackIsTrainedAnewWithoutANewVersion() async throws {
    let cluster = try TestCluster(TestNetwork(seed: 52, candidates: 1))
    let network = cluster.network
    try await cluster.begin()
    let validators = cluster.validators()
    let door = try await cluster.door()
    let events = EventRecorder()
    let running = Running(
      cluster.contributor(0, [door.url], events: events) {
        $0.task = network.task
        $0.pollSeconds = 0.05
      })
    try await cluster.wait { ($0.tasks[$1]?.collectedUpdates ?? 0) == 1 }
    try await cluster.order(network.bond(of: 4, units: 1_000))
    try await finishWindow(of: try await otherTask(cluster), cluster)
    try await cluster.wait { replica, _ in replica.validators.epoch == 1 }
    try await cluster.wait { ($0.tasks[$1]?.collectedUpdates ?? 0) == 1 && $0.validators.epoch == 1 }
    let key = network.contributorKeys[0].publicKey
    let epochs = try await cluster.orders(of: key, .commitment).map { envelope in
      guard case .commitment(let message) = try Transaction(envelope) else { return UInt64.max }
      #expect(message.baseVersion == 0)
      return message.epoch
    }
    #expect(epochs == [0, 1])
    for node in validators + [running] { try await node.kill() }
    await door.close()
  }

  /// A second task of the same author, which trains the same model.
  private func otherTask(_ cluster: TestCluster) async throws -> TaskOffer {
    let network = cluster.network
    let creation = TestNetwork.creation(
      of: try .init(parsing: TestNetwork.model), weights: network.firstWeights,
      policy: network.offer.specification.merge, network: network.network, author: network.author, nonce: 1,
      escrowUnits: 500)
    try await cluster.order(creation)
    return try TaskOffer(opening: creation, network: network.network)
  }

  /// Sends as many updates to a task as its first window takes.
  private func finishWindow(of offer: TaskOffer, _ cluster: TestCluster) async throws {
    let network = cluster.network
    for contributor in 1...3 {
      let upload = try await network.honestUpload(
        by: contributor, from: network.firstWeights, base: 0, sequence: 1)
      let key = network.contributorKeys[contributor]
      let payload = try network.opened(upload.packet, by: key.publicKey).payload
      let packet = Packet(
        task: offer.id, baseVersion: 0, contributor: key.publicKey, sequence: 1, payload: payload)
      let update = PackedUpdate(
        wrapping: packet.wireBytes, base: 0, sequence: 1,
        under: PacketSeal(offer, network: network.network), to: network.genesis.validators, by: key)
      _ = try await cluster.blobs.put(update.packet)
      try await cluster.order(update.commitment)
      try await cluster.order(update.submission)
    }
  }
}
