import Agents
import AgentsTestKit
import Door
import Engines
import Foundation
import HTTP
import Ledger
import Services
import Synchronization
import Testing
import Updates
import Wire

/// Contributors as services: whole networks on loopback, and contributors and gateways that are killed.
@Suite(.serialized, .timeLimit(.minutes(5))) struct ContributorServiceTests {
  private func begun(seed: UInt64) async throws -> (TestCluster, [Running]) {
    let cluster = try TestCluster(TestNetwork(seed: seed))
    try await cluster.begin(registering: false)
    return (cluster, cluster.validators())
  }

  private func isReceipt(ofWindow window: Int) -> @Sendable (ServiceEvent) -> Bool {
    { $0.name == "receipt" && $0.fields["window"] == "\(window)" }
  }

  @Test func contributorsMakeVersionsAndHearOfEachUpdateOnce() async throws {
    let (cluster, validators) = try await begun(seed: 31)
    let door = try await cluster.door()
    let events = EventRecorder()
    let others = [1, 2].map { Running(cluster.contributor($0, [door.url], events: EventRecorder())) }
    let service = cluster.contributor(0, [door.url], events: events)
    let first = Running(service)
    try await cluster.waitFor(version: 3)
    _ = await events.first(where: isReceipt(ofWindow: 1))
    #expect(await service.status().task == cluster.network.task)
    try await first.kill()
    let second = Running(cluster.contributor(0, [door.url], events: events))
    try await cluster.waitFor(version: 5)
    _ = await events.first(where: isReceipt(ofWindow: 3))
    for node in others + [second] { try await node.kill() }
    let receipts = events.events(named: "receipt").map { $0.fields["packet"] ?? "" }
    #expect(Set(receipts).count == receipts.count && receipts.count >= 4)
    #expect(events.events(named: "joined").count == 2)
    #expect(events.events.filter { $0.level == .error || $0.name == "gatewayFailed" } == [])
    #expect(events.events(named: "contributor") == [])
    await door.close()
    for validator in validators { try await validator.kill() }
  }

  /// Where a gateway is killed while it deals with a contributor's second update.
  struct Place: Sendable, CustomTestStringConvertible {
    enum Step: CaseIterable, Sendable { case commitment, packet, submission }
    let step: Step
    let moment: Death.Moment
    var testDescription: String { "\(step), \(moment)" }

    static let all: [Place] = Step.allCases.flatMap { step in
      Death.Moment.allCases.map { Place(step: step, moment: $0) }
    }
  }

  /// A gateway that is killed together with its engines, over the contributor's update of version 1.
  private func mortalDoor(_ cluster: TestCluster, _ place: Place, _ death: Death) async throws -> Door {
    let key = cluster.network.contributorKeys[0].publicKey
    let packet = Mutex<Digest?>(nil)
    let log = MortalLog(log: cluster.log, death: death, moment: place.moment) { record in
      guard let envelope = try? Envelope.open(record.bytes), envelope.signer == key else { return false }
      switch try? Transaction(envelope) {
      case .commitment(let message)? where message.baseVersion == 1:
        packet.withLock { $0 = message.packet }
        return place.step == .commitment
      case .submission(let message)?:
        return place.step == .submission && packet.withLock { $0 == message.packet }
      default: return false
      }
    }
    let blobs = MortalBlobs(
      blobs: cluster.blobs, death: death, moment: place.moment,
      kills: { bytes in
        place.step == .packet && packet.withLock { $0 == Digest(of: bytes, in: .blob) }
      })
    return try await cluster.door(log: log, blobs: blobs)
  }

  /// No version starts from two commitments of one contributor, and every commitment was followed up.
  private func checkOrders(_ cluster: TestCluster, _ place: Place) async throws {
    let key = cluster.network.contributorKeys[0].publicKey
    let commitments = try await cluster.orders(of: key, .commitment).compactMap { envelope in
      if case .commitment(let message) = try Transaction(envelope) { message } else { nil }
    }
    let submitted = try await cluster.orders(of: key, .submission).compactMap { envelope in
      if case .submission(let message) = try Transaction(envelope) { message.packet } else { nil }
    }
    #expect(Set(commitments.map(\.baseVersion)).count == commitments.count, "\(place)")
    #expect(Set(submitted).count == submitted.count, "\(place)")
    #expect(
      commitments.filter { $0.baseVersion <= 1 }.allSatisfy { submitted.contains($0.packet) }, "\(place)")
  }

  /// Gateway and contributor are killed together, and only three contribute: without the update that was
  /// under way there is no second version.
  @Test(arguments: Place.all) func anUpdateUnderWayIsSentAfterARestart(_ place: Place) async throws {
    let (cluster, validators) = try await begun(seed: 32)
    let healthy = try await cluster.door()
    let death = Death()
    let mortal = try await mortalDoor(cluster, place, death)
    let others = [1, 2].map { Running(cluster.contributor($0, [healthy.url], events: EventRecorder())) }
    let first = Running(cluster.contributor(0, [mortal.url], events: EventRecorder()))
    await death.happened()
    try await first.kill()
    let path = "\(cluster.folder("contributor-0"))/\(cluster.network.task.hex).contributor"
    let kept = try #require(FileManager.default.contents(atPath: path)).dropFirst(32)
    let memory = try ContributorMemory(wireBytes: Array(kept), limit: 1 << 20)
    #expect(memory.last?.baseVersion == 1 && memory.feedback.residual.contains { $0 != 0 })
    let update = try #require(memory.update)
    let events = EventRecorder()
    let second = Running(cluster.contributor(0, [healthy.url], events: events))
    try await cluster.waitFor(version: 3)
    let digest = Packet.digest(of: update.packet).hex
    _ = await events.first { $0.name == "receipt" && $0.fields["packet"] == digest }
    try await checkOrders(cluster, place)
    for node in others + [second] { try await node.kill() }
    await healthy.close()
    await mortal.close()
    for validator in validators { try await validator.kill() }
  }

  /// The gateway goes silent in the middle of an order, and the contributor gives the same to another one.
  @Test(arguments: Place.all) func anotherGatewayTakesOver(_ place: Place) async throws {
    let (cluster, validators) = try await begun(seed: 33)
    let healthy = try await cluster.door()
    let death = Death()
    let mortal = try await mortalDoor(cluster, place, death)
    let others = [1, 2].map { Running(cluster.contributor($0, [healthy.url], events: EventRecorder())) }
    let events = EventRecorder()
    let node = Running(
      cluster.contributor(0, [mortal.url, healthy.url], events: events) { $0.client.stallSeconds = 3 })
    try await cluster.waitFor(version: 3)
    _ = await events.first(where: isReceipt(ofWindow: 1))
    try await checkOrders(cluster, place)
    #expect(events.events(named: "gatewayFailed").contains { $0.fields["gateway"] == mortal.url })
    for node in others + [node] { try await node.kill() }
    await healthy.close()
    await mortal.close()
    for validator in validators { try await validator.kill() }
  }

  @Test func withTooFewUnitsItWaitsForThem() async throws {
    let (cluster, validators) = try await begun(seed: 34)
    let door = try await cluster.door()
    let poor = try TestNetwork.key(9, "poor", 0)
    let events = EventRecorder()
    let node = Running(cluster.contributor(0, [door.url], key: poor, events: events))
    let missing = await events.first(named: "unitsMissing")
    #expect(missing.level == .error && missing.fields["bondUnits"] == "1000")
    #expect(missing.fields["balanceUnits"] == "0" && missing.fields["account"] == poor.publicKey.hex)
    try await cluster.order(
      Transaction.transfer(
        Transfer(network: cluster.network.network, nonce: 0, recipient: poor.publicKey, units: 1_000)
      ).signed(by: cluster.network.contributorKeys[5]))
    _ = await events.first(named: "submitted")
    try await node.kill()
    await door.close()
    for validator in validators { try await validator.kill() }
  }

  @Test(arguments: [0, 40, 1_000]) func aDamagedMemoryIsPassedOver(_ bytes: Int) async throws {
    let (cluster, validators) = try await begun(seed: 35)
    let door = try await cluster.door()
    let folder = cluster.folder("contributor-0")
    let path = "\(folder)/\(cluster.network.task.hex).contributor"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(repeating: 7, count: bytes).write(to: URL(fileURLWithPath: path))
    let events = EventRecorder()
    let node = Running(cluster.contributor(0, [door.url], events: events))
    let passed = await events.first(named: "memoryPassedOver")
    #expect(passed.fields["file"] == path)
    _ = await events.first(named: "submitted")
    try await node.kill()
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    await door.close()
    for validator in validators { try await validator.kill() }
  }
}
