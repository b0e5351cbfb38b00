import Numerics
import Testing

@testable import Simulation

/// Whole networks in which everything fails that can.
@Suite struct FaultSimulationTests {
  /// Runs seeds side by side.
  ///
  /// - Returns: the failure of the first seed that failed, if any did
  private func firstFailure(_ seeds: ClosedRange<UInt64>, _ runner: FaultRunner) async throws -> FaultFailure? {
    for first in stride(from: seeds.lowerBound, through: seeds.upperBound, by: 4) {
      let failures = try await withThrowingTaskGroup(of: FaultFailure?.self) { group in
        for seed in first...min(first + 3, seeds.upperBound) {
          group.addTask {
            do {
              _ = try await runner.run(seed: seed)
              return nil
            } catch let failure as FaultFailure {
              return failure
            }
          }
        }
        return try await group.reduce(into: [FaultFailure]()) { if let failure = $1 { $0.append(failure) } }
      }
      if let failure = failures.min(by: { $0.plan.seed < $1.plan.seed }) { return failure }
    }
    return nil
  }

  @Test(.timeLimit(.minutes(5))) func soundNetworksKeepEveryInvariant() async throws {
    let failure = try await firstFailure(1...50, FaultRunner())
    #expect(failure == nil, "tributary simulate --faults --seed \(failure?.plan.seed ?? 0)")
  }

  @Test(.timeLimit(.minutes(5)), arguments: Flaw.allCases) func everyPlantedBugIsFound(_ flaw: Flaw) async throws {
    let failure = try #require(try await firstFailure(1...200, FaultRunner(planting: flaw)))
    print("\(flaw.rawValue): found by seed \(failure.plan.seed): \(failure)")
    let expected: Set<Invariant> =
      switch flaw {
      case .looseQuorum: [.certificates]
      case .unstableTies: [.agreement]
      case .missingDeduplication: [.once]
      case .lostSync: [.durability]
      case .doubleReward: [.payments]
      }
    #expect(expected.contains(failure.invariant))
  }
}
