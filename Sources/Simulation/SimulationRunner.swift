import Aggregation
import Engines
import Learning
import Ledger
import Numerics
import Settings

/// Runs a scenario in memory, however many contributors it has.
public struct SimulationRunner: Sendable {
  private static let networkName = "simulation"
  /// Of the last windows alone: a matrix has a cell for each validator and update.
  private static let keptMatrices = 4

  /// The scenario.
  public let scenario: Scenario
  private let dataset: Dataset
  private let threads: Int

  /// Reads the scenario's data.
  ///
  /// - Parameters:
  ///   - scenario: what is run
  ///   - threads: how many trainings run at a time; nothing but time depends on it
  /// - Throws: `LearningError`, or `EngineError` for a file that cannot be read
  public init(_ scenario: Scenario, threads: Int) throws {
    self.scenario = scenario
    self.threads = threads
    dataset = try DatasetLoader.load(scenario.data.source)
    BLAS.setThreads(1)
  }

  /// Runs the scenario.
  ///
  /// - Parameters:
  ///   - title: the report's title
  ///   - progress: called with each version as it becomes final
  public func run(title: String, progress: @Sendable (RunRecord.Version) -> Void) async throws
    -> SimulationRecord
  {
    let clock = ContinuousClock()
    let (start, residentBytes) = (clock.now, ProcessUsage.residentBytes)
    let federation = try Federation(scenario, dataset: dataset, variant: .asPlanned)
    let genesis = try federation.genesis(Self.networkName, scenario)
    var settings = RunSettings(scenario, name: Self.networkName, rule: scenario.merge.rule)
    settings.threads = threads
    settings.keptMatrices = Self.keptMatrices
    var simulation = LearningSimulation(
      federation, settings: settings, log: InMemoryLog(network: genesis.network), blobs: InMemoryBlobStore(),
      genesis: genesis)
    let (ready, coreSeconds) = (clock.now, ProcessUsage.coreSeconds)
    var run = try await simulation.run(progress: progress)
    run.wallSeconds = (clock.now - ready) / .seconds(1)
    let computed = ProcessUsage.coreSeconds - coreSeconds
    let cost = SimulationRecord.Cost(
      clientRounds: simulation.clientRounds,
      clientRoundsPerSecond: Double(simulation.clientRounds) / run.wallSeconds, wallSeconds: run.wallSeconds,
      setupSeconds: (ready - start) / .seconds(1), threads: threads, coreSeconds: computed,
      trainingCoreSeconds: simulation.trainingCoreSeconds,
      trainingShare: simulation.trainingCoreSeconds / computed,
      bytesPerContributor: (ProcessUsage.residentBytes - residentBytes) / scenario.contributors.count,
      peakBytes: ProcessUsage.peakBytes)
    let specification = try ModelSpecification(parsing: scenario.model)
    let summary = DemoRecord.Summary(scenario, title: title, parameters: specification.layout.count)
    return SimulationRecord(summary: summary, run: run, cost: cost)
  }
}
