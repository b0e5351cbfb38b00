import Testing

@testable import Simulation

/// Whole networks in which everything fails that can. `scripts/test` runs more seeds, optimised.
@Suite struct FaultSimulationTests {
  /// The failure of the first seed that fails.
  private func firstFailure(_ seeds: ClosedRange<UInt64>, _ runner: FaultRunner) async throws -> FaultFailure?
  {
    for seed in seeds {
      do { _ = try await runner.run(seed: seed) } catch let failure as FaultFailure { return failure }
    }
    return nil
  }

  @Test(.timeLimit(.minutes(5)), arguments: 1...2)
  func soundNetworksKeepEveryInvariant(seed: UInt64) async throws {
    let outcome = try await FaultRunner().run(seed: seed)
    #expect(outcome.versions >= 2)
  }

  @Test(.timeLimit(.minutes(5)), arguments: Flaw.allCases)
  func everyPlantedBugIsFound(_ flaw: Flaw) async throws {
    let failure = try #require(try await firstFailure(1...200, FaultRunner(planting: flaw)))
    print("\(flaw.rawValue): found by seed \(failure.plan.seed) of 200: \(failure)")
    let invariant: Invariant =
      switch flaw {
      case .looseQuorum: .certificates
      case .unstableTies: .agreement
      case .missingDeduplication: .once
      case .lostSync: .durability
      case .doubleReward: .payments
      }
    #expect(failure.invariant == invariant)
  }

  @Test(.timeLimit(.minutes(5))) func aSeedGivesOneRun() async throws {
    var plan = FaultPlan(seed: 5)
    plan.calmSeconds = 3
    var first = try FaultSimulation(plan)
    var second = try FaultSimulation(plan)
    #expect(try await first.run() == second.run())
  }

  @Test(.timeLimit(.minutes(5))) func aFailureIsMadeSmaller() async throws {
    let runner = FaultRunner(planting: .doubleReward)
    let failure = try #require(try await firstFailure(1...20, runner))
    let smallest = try await runner.shrink(failure)
    #expect(smallest.invariant == failure.invariant)
    #expect(smallest.plan.faults.isEmpty)
    #expect(smallest.plan.hostile.isEmpty)
    #expect(smallest.plan.validators.allSatisfy { $0.conduct == .honest })
    #expect(smallest.plan.links == .calm)
    await #expect(throws: FaultFailure.self) { _ = try await runner.run(smallest.plan) }
  }

  @Test func aFailureSaysWhatHappenedAndWhere() {
    let failure = FaultFailure(
      plan: FaultPlan(seed: 1), invariant: .durability, detail: "a record is gone", event: 12, seconds: 3.456)
    #expect(
      failure.description
        == "'nothing acknowledged is lost' does not hold after event 12, at 3.46 s: a record is gone")
  }
}
