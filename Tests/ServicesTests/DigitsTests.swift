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

/// Handwritten digits, learned by a network on disk that is switched off in the middle.
@Suite(.serialized, .timeLimit(.minutes(10))) struct DigitsTests {
  private static let seed: UInt64 = 51
  private static let nodes = 3

  /// Everybody's keys and data, which outlast the machine.
  private struct World {
    let place: TemporaryNetwork
    let genesis: Genesis
    let creation: Envelope
    let firstWeights: [Float]
    let author: SigningKey
    let validatorKeys: [SigningKey]
    let contributorKeys: [SigningKey]
    let references: [ValidatorService.Reference]
    let trainers: [NativeTrainer]
    let test: NativeTrainer

    init() throws {
      place = try TemporaryNetwork()
      let model = try ModelSpecification(parsing: "softmax(64,10)")
      let digits = try Digits.load()
      let split = try ReferenceSplit(
        of: digits, validators: nodes, examplesPerClass: 6, testCount: 400, seed: seed)
      author = try TestNetwork.key(seed, "author", 0)
      validatorKeys = try (0..<nodes).map { try TestNetwork.key(seed, "validator", $0) }
      contributorKeys = try (0..<nodes).map { try TestNetwork.key(seed, "contributor", $0) }
      genesis = try Genesis(
        name: "digits", validators: validatorKeys.map { .init(key: $0.publicKey, stakeUnits: 1_000) },
        allocations: ([author] + contributorKeys).map { .init(key: $0.publicKey, units: 10_000) })
      firstWeights = model.initialWeights(seed: seed)
      creation = TestNetwork.creation(
        of: model, weights: firstWeights,
        policy: MergePolicy(windowSize: UInt32(nodes), upForm: .dense8, downForm: .dense8),
        network: genesis.network, author: author)
      references = try split.references.map { indices in
        let examples = try digits.subset(indices)
        return .init(
          whole: try NativeTrainer(model, examples),
          byGroup: try RootUpdates.trainers(for: model, reference: examples))
      }
      trainers = try (0..<nodes).map { node in
        let indices = split.training.enumerated().filter { $0.offset % nodes == node }.map(\.element)
        return try NativeTrainer(model, try digits.subset(indices))
      }
      test = try NativeTrainer(model, try digits.subset(split.test))
    }
  }

  /// Runs everything on one machine until a version is final, and pulls the plug.
  private func run(_ world: World, to version: UInt64) async throws {
    let log = try await world.place.folder.openLog(world.genesis.network, access: .readWrite)
    let blobs = try await world.place.folder.openBlobs(access: .readWrite)
    _ = try await blobs.put(FlatWeights.encode(world.firstWeights))
    _ = try await log.append([LogAppend(id: world.creation.id, bytes: world.creation.wireBytes)])
    let door = try await Door.open(world.genesis, log: log, blobs: blobs, DoorConfiguration())
    let events = EventRecorder()
    let running = (0..<Self.nodes).flatMap { node in
      let folder = world.place.folder.path + "/state"
      let reference = world.references[node]
      let trainer = world.trainers[node]
      return [
        Running(
          ValidatorService(
            key: world.validatorKeys[node],
            secretSeed: Digest(of: world.validatorKeys[node].publicKey.bytes, in: .blob),
            genesis: world.genesis, log: log, blobs: blobs,
            configuration: .init(folder: "\(folder)/validator-\(node)"),
            reference: { _, _ in reference }, report: events.report)),
        Running(
          ContributorService(
            key: world.contributorKeys[node], genesis: world.genesis, gateways: [door.url],
            configuration: .init(folder: "\(folder)/contributor-\(node)"),
            trainer: { _ in trainer }, report: events.report)),
      ]
    }
    var replica = Replica(world.genesis)
    while (replica.tasks[world.creation.id]?.version ?? 0) < version {
      _ = try await log.waitForHead(beyond: replica.chain.length)
      for record in try await log.read(from: LogPosition(replica.chain.length), limit: 1_000) {
        _ = replica.apply(record.bytes, id: record.id)
      }
    }
    for node in running { try await node.kill() }
    await door.close()
    try await log.close()
    await blobs.close()
    #expect(events.events.filter { $0.level == .error } == [])
  }

  @Test func aNetworkThatIsSwitchedOffGoesOnLearning() async throws {
    let world = try World()
    print("seed \(Self.seed)")
    try world.place.folder.write(world.genesis)
    for version in [2, 4, 8] as [UInt64] { try await run(world, to: version) }
    let found = try await ModelReader.read(.final, in: world.place.folder)
    let accuracy = try #require(await world.test.evaluate(found.model.weights).accuracy)
    #expect(found.model.number >= 8 && accuracy > 0.8, "\(accuracy) at version \(found.model.number)")
    // Nothing in the folder beside the network belongs to it: the audit reads log and blobs.
    let audit = try await NetworkAudit.run(world.place.folder)
    #expect(audit.heads.map(\.version) == [found.model.number])
  }
}
