import Aggregation
import Ledger
import Numerics
import Testing

@testable import Simulation

/// Every kind of hostile contributor, through the same gateway, log and validators as everyone.
@Suite(.timeLimit(.minutes(10))) struct HostilityTests {
  private static func run(_ kind: Scenario.Hostility, seed: UInt64 = 7) -> SmallRun {
    var run = SmallRun(seed: seed)
    run.scenario.contributors.devices.slowness = .same(1)
    run.scenario.contributors.hostile = [kind: 3]
    run.scenario.windows = 2
    return run
  }

  @Test(arguments: Scenario.Hostility.allCases)
  func everyKindRunsAndRepeatsItself(kind: Scenario.Hostility) async throws {
    let outcome = try await Self.run(kind).run()
    #expect(outcome.record.versions.map(\.number) == [0, 1, 2])
    #expect(outcome.record.groups.map(\.name) == ["honest", kind.rawValue])
    let hostile = outcome.record.contributors.filter { !$0.isHonest }
    #expect(hostile.count == 3)
    #expect(hostile.contains { $0.bytesUp > 0 && $0.denseBytesUp > 0 }, "they send updates")
    #expect(hostile.allSatisfy { $0.reports.keys.allSatisfy { !$0.contains("cannot be sent") } })
    let again = try await Self.run(kind).run()
    #expect(again.records == outcome.records, "a seed gives one log")
  }

  @Test(arguments: [.alieOptimised, .mimic, .drift, .flooding] as [Scenario.Hostility])
  func moreWindowsRepeatThemselvesToo(kind: Scenario.Hostility) async throws {
    var run = Self.run(kind, seed: 11)
    run.scenario.windows = 6
    run.scenario.merge.rule = .mean
    let (one, other) = (try await run.run(), try await run.run())
    #expect(one.records == other.records)
  }

  @Test func theGatewayHoldsAFloodBack() async throws {
    var run = Self.run(.flooding)
    run.scenario.contributors.hostile = [.flooding: 1]
    run.scenario.windows = 6
    let record = try await run.run().record
    let flooder = try #require(record.contributors.first { !$0.isHonest })
    let limit = Int(run.scenario.merge.updatesPerContributorPerWindow) * run.scenario.windows
    #expect(flooder.updates <= limit, "\(flooder.updates) updates in \(run.scenario.windows) windows")
    #expect(flooder.updates > 0)
    let refusal = "update refused: \(Refusal.heldBack.explanation)"
    #expect(flooder.reports.keys.contains(refusal), "told: \(flooder.reports)")
  }

  @Test func aBackdoorIsMeasured() async throws {
    var run = Self.run(.backdoor)
    run.scenario.contributors.hostile = [.backdoor: 5]
    run.scenario.contributors.count = 12
    run.scenario.windows = 12
    run.scenario.merge.rule = .mean
    let record = try await run.run().record
    let success = try #require(record.finalBackdoorSuccess)
    #expect(success == record.versions.last?.backdoorSuccess)
    #expect(success > 0.5, "plain averaging takes the trigger in: \(success)")
    run.scenario.contributors.hostile = [.labelFlip: 5]
    let clean = try await run.run().record
    #expect(clean.finalBackdoorSuccess == nil)
    #expect(clean.versions.allSatisfy { $0.backdoorSuccess == 0 })
  }

  @Test func attackersSeeAWindowOfHonestUpdates() async throws {
    var (simulation, _, _) = try Self.run(.ipm).simulation()
    _ = try await simulation.run { _ in }
    let view = simulation.recorder.view
    #expect(!view.updates.isEmpty && view.updates.count <= 6)
    #expect(Set(view.updates.map(\.sender)).count == view.updates.count, "one of each")
    #expect(view.updates.allSatisfy { simulation.federation.members[$0.sender].isHonest })
    #expect(view.steps.count == 2)
    var (alone, _, _) = try Self.run(.labelFlip).simulation()
    _ = try await alone.run { _ in }
    #expect(alone.recorder.view.updates.isEmpty, "nobody looks")
  }
}
