/// Runs simulations of faults, a plan a seed, and makes those that fail smaller.
///
/// ```swift
/// let outcome = try await FaultRunner().run(seed: 7)
/// if let failure = outcome.failure { print(failure, failure.plan) }
/// ```
public struct FaultRunner: Sendable {
  /// What a seed came to.
  public struct Outcome: Sendable {
    /// The seed.
    public let seed: UInt64
    /// Events that were handled.
    public let events: Int
    /// Records that the log came to.
    public let records: Int
    /// Versions that became final.
    public let versions: UInt64
    /// How often a node crashed.
    public let crashes: Int
    /// Virtual seconds.
    public let seconds: Double
    /// What the run came by, and how often.
    public let encounters: [Encounter: Int]
  }

  /// How many smaller plans are tried for one that fails.
  public static let shrinkingRunsLimit = 200

  private let flaw: Flaw?

  /// Prepares to run.
  public init() {
    flaw = nil
  }

  /// Prepares to run networks in which there is a bug.
  package init(planting flaw: Flaw) {
    self.flaw = flaw
  }

  /// Runs the plan of a seed.
  ///
  /// - Throws: `FaultFailure` if an invariant did not hold
  public func run(seed: UInt64) async throws -> Outcome {
    let summary = try await run(FaultPlan(seed: seed))
    return Outcome(
      seed: seed, events: summary.events, records: summary.records, versions: summary.versions,
      crashes: summary.crashes, seconds: summary.seconds, encounters: summary.encounters)
  }

  func run(_ plan: FaultPlan) async throws -> FaultSimulation.Summary {
    var simulation = try FaultSimulation(plan, flaw: flaw)
    return try await simulation.run()
  }

  /// Makes the plan of a failure smaller, for as long as the same invariant does not hold.
  ///
  /// - Returns: the failure of the smallest plan found
  public func shrink(_ failure: FaultFailure) async throws -> FaultFailure {
    var smallest = failure
    _ = try await failure.plan.shrunk(runsLimit: Self.shrinkingRunsLimit) { plan in
      do {
        _ = try await run(plan)
        return false
      } catch let found as FaultFailure where found.invariant == failure.invariant {
        smallest = found
        return true
      } catch is FaultFailure {
        return false
      }
    }
    return smallest
  }
}
