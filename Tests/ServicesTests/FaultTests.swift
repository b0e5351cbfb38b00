import Agents
import AgentsTestKit
import Aggregation
import Engines
import Learning
import Ledger
import Numerics
import Services
import Synchronization
import Testing
import Wire

/// Engines and trainers that fail, hang, or come late, and tasks that cannot be worked on.
@Suite(.serialized, .timeLimit(.minutes(5))) struct FaultTests {
  private func begun(seed: UInt64) async throws -> (TestCluster, [Running]) {
    let cluster = try TestCluster(TestNetwork(seed: seed))
    try await cluster.begin()
    return (cluster, [0, 1].map { Running(cluster.validator($0, events: EventRecorder())) })
  }

  /// Counts down for every key, from the same number.
  private final class Countdown<Key: Hashable & Sendable>: Sendable {
    private let left = Mutex<[Key: Int]>([:])
    private let count: Int

    init(_ count: Int) { self.count = count }

    func isOver(_ key: Key) -> Bool {
      left.withLock { left in
        let now = left[key] ?? count
        left[key] = now - 1
        return now <= 0
      }
    }
  }

  private static func error(_ code: EngineError.Code) -> EngineError {
    EngineError(code, at: "test", problem: "it is so", remedy: "wait")
  }

  /// A store that lags, and one that cannot be reached for longer than anything may be missing.
  @Test(arguments: [(EngineError.Code.missing, 3), (.unreachable, 20)])
  func packetsThatComeLateAreJudged(_ code: EngineError.Code, _ times: Int) async throws {
    let (cluster, running) = try await begun(seed: 21)
    let countdown = Countdown<Digest>(times)
    let blobs = MortalBlobs(
      blobs: cluster.blobs, death: Death(),
      willGet: { (digest) throws(EngineError) in
        guard countdown.isOver(digest) else { throw Self.error(code) }
      })
    let events = EventRecorder()
    let slow = Running(cluster.validator(3, blobs: blobs, events: events))
    try await cluster.run(to: 2)
    let rows = try await cluster.orders(of: cluster.network.validatorKeys[3].publicKey, .assessment)
    let cells = try rows.flatMap { envelope -> [Assessment.Cell] in
      guard case .assessment(let row) = try Transaction(envelope) else { return [] }
      return row.cells
    }
    #expect(cells.count == 6 && !cells.contains { $0.verdict == .reject(.unavailable) })
    #expect(events.events(named: "packetsMissing") == [])
    for validator in running + [slow] { try await validator.kill() }
  }

  /// A log that fails before it has stored a record, and one that fails afterwards.
  private struct FlakyLog: LogEngine {
    let log: any LogEngine
    let before: Countdown<Digest>
    let after: Countdown<Digest>
    var limits: EngineLimits { log.limits }

    func append(_ records: [LogAppend]) async throws(EngineError) -> [LogPosition] {
      guard before.isOver(records[0].id) else { throw FaultTests.error(.unreachable) }
      let positions = try await log.append(records)
      guard after.isOver(records[0].id) else { throw FaultTests.error(.system) }
      return positions
    }

    func read(from position: LogPosition, limit: Int) async throws(EngineError) -> [LogRecord] {
      try await log.read(from: position, limit: limit)
    }

    func head() async throws(EngineError) -> LogHead { try await log.head() }

    func waitForHead(beyond length: UInt64) async throws(EngineError) -> LogHead {
      try await log.waitForHead(beyond: length)
    }

    func close() async throws(EngineError) {}
  }

  @Test func ordersAreRepeatedUntilTheyStand() async throws {
    let (cluster, running) = try await begun(seed: 22)
    let flaky = FlakyLog(log: cluster.log, before: Countdown(2), after: Countdown(1))
    let events = EventRecorder()
    let validator = Running(cluster.validator(3, log: flaky, events: events))
    try await cluster.run(to: 2)
    #expect(events.events(named: "orderDelayed").count >= 3)
    #expect(await cluster.late == [])
    for validator in running + [validator] { try await validator.kill() }
  }

  /// A trainer that never ends, unless it is cancelled.
  private struct HangingTrainer: Trainer {
    let trainer: NativeTrainer
    let began: AsyncStream<Void>.Continuation
    var layout: ParameterLayout { trainer.layout }

    func initialWeights(seed: UInt64) throws(LearningError) -> [Float] { [] }

    func train(
      _ weights: [Float], _ configuration: TrainingConfiguration
    ) async throws(LearningError) -> TrainingResult { throw .cancelled }

    func evaluate(_ weights: [Float]) async throws(LearningError) -> Evaluation { throw .cancelled }

    func gradient(_ weights: [Float]) async throws(LearningError) -> GradientResult {
      began.yield()
      while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
      throw .cancelled
    }
  }

  /// Nobody waits for a trainer that hangs: the status comes, and the service stops when it is told to.
  @Test func aServiceStopsInTheMiddleOfMeasuring() async throws {
    let (cluster, running) = try await begun(seed: 23)
    let (begins, began) = AsyncStream.makeStream(of: Void.self)
    let hanging = HangingTrainer(trainer: cluster.network.references[3].whole, began: began)
    let network = cluster.network
    let events = EventRecorder()
    var configuration = ValidatorService.Configuration(folder: cluster.folder("hanging"))
    configuration.pauses = TestCluster.pauses
    let service = ValidatorService(
      key: network.validatorKeys[3], secretSeed: network.secretSeed(of: 3), genesis: network.genesis,
      log: cluster.log, blobs: cluster.blobs, configuration: configuration,
      reference: { _, _ in .init(whole: hanging, byGroup: [hanging]) }, report: events.report)
    let validator = Running(service)
    try await cluster.fillWindow()
    for await _ in begins { break }
    #expect(await service.status().tasks.first?.fault == nil)
    try await validator.kill()
    #expect(events.events(named: "measuringFailed") == [])
    for validator in running { try await validator.kill() }
  }

  /// A task whose first weights are not those that were named, and one that no trainer fits: each is left
  /// alone, and said so, while the other goes on.
  @Test func tasksThatCannotBeWorkedOnAreLeftAlone() async throws {
    let (cluster, running) = try await begun(seed: 24)
    let network = cluster.network
    let wrong = TestNetwork.creation(
      of: try .init(parsing: TestNetwork.model), weights: network.firstWeights, root: .zero,
      policy: network.offer.specification.merge, network: network.network, author: network.contributorKeys[5],
      nonce: 1, escrowUnits: 1)
    try await cluster.order(wrong)
    let events = EventRecorder()
    let service = cluster.validator(3, events: events)
    let validator = Running(service)
    let declined = await events.first(named: "taskDeclined")
    #expect(declined.fields["task"] == wrong.id.hex)
    try await cluster.run(to: 2)
    let tasks = await service.status().tasks
    #expect(tasks.count == 2 && tasks.first { $0.id == wrong.id }?.fault?.contains("first weights") == true)
    #expect(tasks.first { $0.id == network.task }?.fault == nil)
    for validator in running + [validator] { try await validator.kill() }
  }

  @Test func aTrainerThatDoesNotFitGivesUpItsTask() async throws {
    let (cluster, running) = try await begun(seed: 25)
    let network = cluster.network
    let third = Running(cluster.validator(2, events: EventRecorder()))
    let events = EventRecorder()
    let service = ValidatorService(
      key: network.validatorKeys[3], secretSeed: network.secretSeed(of: 3), genesis: network.genesis,
      log: cluster.log, blobs: cluster.blobs,
      configuration: {
        var configuration = ValidatorService.Configuration(folder: cluster.folder("unfit"))
        configuration.pauses = TestCluster.pauses
        return configuration
      }(),
      reference: { _, specification in
        throw LearningError.invalidSpecification(specification.trainer.name, reason: "unknown")
      },
      report: events.report)
    let validator = Running(service)
    try await cluster.run(to: 1)
    let halted = await events.first(named: "taskHalted")
    #expect(halted.fields["reason"]?.contains("unknown") == true)
    try await cluster.run(to: 2)
    #expect(try await cluster.orders(of: network.validatorKeys[3].publicKey, .assessment) == [])
    for validator in running + [third, validator] { try await validator.kill() }
  }

  /// The log's own chain does not follow from its records.
  @Test func aLogThatBreaksEndsTheService() async throws {
    let network = try TestNetwork(seed: 26)
    let log = InMemoryLog(network: Digest(of: [1], in: .blob))
    _ = try await log.append([LogAppend(id: network.creation.id, bytes: network.creation.wireBytes)])
    let cluster = try TestCluster(network)
    let service = cluster.validator(0, log: log, events: EventRecorder())
    let error = await #expect(throws: EngineError.self) { try await service.run() }
    #expect(error?.code == .damaged)
  }

  @Test func aFolderIsForOneServiceAtATime() async throws {
    let (cluster, running) = try await begun(seed: 28)
    let events = EventRecorder()
    let services = (0..<2).map { _ in cluster.validator(2, events: events) }
    let first = Running(services[0])
    _ = await events.first(named: "caughtUp")
    let error = await #expect(throws: EngineError.self) { try await services[1].run() }
    #expect(error?.code == .inUse)
    try await first.kill()
    let second = Running(services[1])
    try await cluster.run(to: 1)
    for validator in running + [second] { try await validator.kill() }
  }

  @Test func aClosedLogEndsTheService() async throws {
    let (cluster, running) = try await begun(seed: 27)
    let events = EventRecorder()
    let validator = Running(cluster.validator(3, events: events))
    _ = await events.first(named: "caughtUp")
    await cluster.log.close()
    try await validator.task.value
    for validator in running { try await validator.task.value }
  }

  /// Pauses grow, and chance takes half at most.
  @Test func pausesGrowToTheLongest() {
    var pauses = Pauses(firstSeconds: 0.5, longestSeconds: 30)
    pauses.random = { 0 }
    #expect((0...9).map { pauses.seconds(after: $0) } == [0.5, 0.5, 1, 2, 4, 8, 16, 30, 30, 30])
    pauses.random = { 0.999 }
    #expect(pauses.seconds(after: 1) > 0.25 && pauses.seconds(after: 1) < 0.26)
    #expect(pauses.seconds(after: .max) > 15)
  }
}
