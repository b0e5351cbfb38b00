import Agents
import AgentsTestKit
import Aggregation
import Engines
import Learning
import Ledger
import Settings
import Testing
import Wire

@testable import Simulation

/// Whole runs through the simulation's driver.
struct RunTests {
  /// The log's last chain digest covers every byte of every record.
  @Test(arguments: [1, 7, 4_711] as [UInt64]) func aSeedGivesOneLog(_ seed: UInt64) async throws {
    let alone = try await SmallRun(seed: seed).run()
    // The same among others, which compete for the threads that training and measuring run on.
    let among = try await withThrowingTaskGroup(of: [LogRecord].self) { group in
      for _ in 0..<4 { group.addTask { try await SmallRun(seed: seed).run().records } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    #expect(!alone.records.isEmpty)
    for records in among { #expect(records == alone.records, "seed \(seed)") }
  }

  @Test func anotherSeedGivesAnotherLog() async throws {
    let (one, other) = (try await SmallRun(seed: 1).run(), try await SmallRun(seed: 2).run())
    #expect(one.records.last?.chain != other.records.last?.chain)
  }

  @Test(arguments: [3, 7] as [UInt64]) func honestContributorsEarnMore(_ seed: UInt64) async throws {
    var run = SmallRun(seed: seed)
    run.scenario.windows = 8
    let figures = DemoFigures(run: try await run.run().record, cleanRun: nil, averagingRun: nil)
    #expect(figures.honest.members == 9 && figures.hostile.members == 3)
    #expect(figures.hostile.updates > 0, "seed \(seed): nobody was hostile")
    #expect(figures.honest.paidUnitsPerHead > 2 * figures.hostile.paidUnitsPerHead, "seed \(seed)")
    #expect(figures.honest.creditNatsPerHead > figures.hostile.creditNatsPerHead, "seed \(seed)")
  }

  @Test func everyRecordConservesUnits() async throws {
    let outcome = try await SmallRun().run()
    var replica = Replica(outcome.genesis)
    var paid: UInt64 = 0
    for record in outcome.records {
      for event in replica.apply(record.bytes, id: record.id) {
        if case .paid(let payout) = event { paid += payout.shares.reduce(0) { $0 + $1.units } }
      }
      #expect(replica.conservesUnits, "record \(record.position.index)")
    }
    #expect(replica.chain.digest == outcome.records.last?.chain)
    #expect(paid > 0)
    #expect(paid == outcome.record.flows.reduce(0) { $0 + $1.units })
    #expect(outcome.record.escrowUnits + paid == SmallRun().scenario.reward.escrowUnits)
  }

  @Test func followersHoldTheValidatorsWeights() async throws {
    let outcome = try await SmallRun().run()
    var states: [UInt64: [Float]] = [:]
    var replay = NetworkReplay(outcome.genesis, blobs: outcome.blobs)
    for record in outcome.records {
      for header in try await replay.apply(record) {
        states[header.version] = replay.models[outcome.task]?.model.weights
      }
    }
    #expect(states.count == 4)
    var followers = 0
    for contributor in outcome.contributors where contributor.version > 0 {
      let expected = try #require(states[contributor.version])
      #expect(contributor.weights.map(\.bitPattern) == expected.map(\.bitPattern))
      followers += 1
    }
    #expect(followers > 6)
    for validator in outcome.validators {
      let model = try #require(validator.model(of: outcome.task)?.model)
      #expect(model.number >= 3)
      if let expected = states[model.number] { #expect(model.weights == expected) }
    }
  }

  /// 6,010 parameters are two chunks, so that threads divide the work.
  @Test func threadsDoNotMatter() async throws {
    var run = SmallRun()
    run.scenario.model = "mlp(64,80,10)"
    run.scenario.windows = 2
    let outcome = try await run.run()
    var models: Set<ModelState> = []
    for threads in [1, 2, 3] {
      var replay = NetworkReplay(outcome.genesis, blobs: outcome.blobs, threads: threads)
      for record in outcome.records { try await replay.apply(record) }
      #expect(replay.progress.versions == 2)
      models.insert(try #require(replay.models[outcome.task]))
    }
    #expect(models.count == 1)
    #expect(models.first?.model.weights.count == 6_010)
  }

  @Test func oneSilentValidatorOfFourIsNoHindrance() async throws {
    var run = SmallRun()
    run.scenario.validators.count = 3
    run.silentValidators = 1
    let outcome = try await run.run()
    #expect(outcome.record.versions.map(\.number) == [0, 1, 2, 3, 4])
  }

  @Test func withTwoSilentValidatorsOfFourNothingBecomesFinal() async throws {
    var run = SmallRun()
    run.scenario.validators.count = 2
    run.silentValidators = 2
    var (simulation, log, _) = try run.simulation()
    await #expect(
      throws: SimulationError("the run stands still at version 0: nothing is left to happen")
    ) { _ = try await simulation.run { _ in } }
    var replica = Replica(simulation.genesis)
    for record in try await log.read(from: .start, limit: 100_000) {
      for event in replica.apply(record.bytes, id: record.id) {
        if case .versionFinal = event { Issue.record("a version is final with half of the stake") }
      }
    }
    let task = try #require(simulation.offer?.id)
    #expect(replica.tasks[task]?.collectedUpdates == 12, "contributors did their part")
  }
}

/// What a demo leaves on disk.
struct DemoRunnerTests {
  @Test func theNetworkOnDiskPassesTheAudit() async throws {
    let network = try TemporaryNetwork()
    let folder = NetworkFolder(network.folder.path + "/network")
    let record = try await DemoRunner(SmallRun().scenario).run(in: folder) { _ in }
    let finding = try await NetworkAudit.run(folder)
    #expect(finding.isSealed)
    #expect(finding.progress.versions == 4)
    #expect(finding.progress.records == record.logRecords)
    #expect(finding.heads.map(\.root.hex) == [record.versions.last?.root])
  }

  @Test func theComparisonsRunTheSameScenario() async throws {
    let runner = try DemoRunner(SmallRun().scenario)
    let clean = try await runner.run(.noAttackers) { _ in }
    let averaging = try await runner.run(.plainAveraging) { _ in }
    #expect(clean.contributors.allSatisfy { $0.isHonest })
    #expect(averaging.contributors.count { !$0.isHonest } == 3)
    #expect(averaging.rejections.isEmpty, "plain averaging rejects nobody")
    #expect(Set(clean.contributors.map(\.name)) == Set(averaging.contributors.map(\.name)))
  }

  @Test func aRunThatIsCancelledLeavesASealedNetwork() async throws {
    let network = try TemporaryNetwork()
    let folder = NetworkFolder(network.folder.path + "/network")
    let runner = try DemoRunner(SmallRun().scenario)
    let task = Task {
      try await runner.run(in: folder) { version in
        if version.number == 2 { withUnsafeCurrentTask { $0?.cancel() } }
      }
    }
    await #expect(throws: CancellationError.self) { _ = try await task.value }
    let finding = try await NetworkAudit.run(folder)
    #expect(finding.isSealed)
    #expect(finding.progress.versions == 2)
  }
}
