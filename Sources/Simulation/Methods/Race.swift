import Aggregation
import Engines
public import Learning
import Ledger
import Numerics

/// Runs a scenario's task to an accuracy, by Tributary or by another method, in virtual time.
///
/// All of them have the same contributors, data, devices and local training; they differ in what a server
/// does, and in the bytes that go over the links.
public struct Race: Sendable {
  private static let networkName = "race"

  /// The scenario, whose windows are the most versions that are made.
  public var scenario: Scenario
  /// When a run is given up, in virtual seconds.
  public var secondsLimit = Double.infinity
  /// Every how many versions the model is measured.
  public var measuredInterval: UInt64 = 1
  /// Of how many measured versions the mean is to reach the scenario's accuracy, at least 1. A single version
  /// may be far better than those beside it.
  public var averagedVersions = 1
  /// How many trainings run at a time; nothing but time depends on it.
  public var threads: Int
  private let dataset: Dataset

  /// A race on a data set.
  public init(_ scenario: Scenario, on dataset: Dataset, threads: Int) {
    self.scenario = scenario
    self.dataset = dataset
    self.threads = threads
    BLAS.setThreads(1)
  }

  /// Runs the scenario through the real contributors, validators and gateway.
  ///
  /// - Throws: `SimulationError`, `LearningError`, or `CancellationError`
  public func run() async throws -> RunRecord {
    let federation = try Federation(scenario, dataset: dataset, variant: .asPlanned)
    let genesis = try federation.genesis(Self.networkName, scenario)
    var simulation = LearningSimulation(
      federation, settings: settings, log: InMemoryLog(network: genesis.network), blobs: InMemoryBlobStore(),
      genesis: genesis)
    return try await simulation.run { _ in }
  }

  /// Runs the same contributors under another method.
  ///
  /// - Throws: `SimulationError`, `LearningError` if the model diverges, or `CancellationError`
  public func run(_ method: PeerMethod) async throws -> RunRecord {
    let federation = try Federation(scenario, dataset: dataset, variant: .asPlanned)
    let weights = federation.specification.initialWeights(seed: scenario.seed)
    var simulation = MethodSimulation(federation, settings: settings, method: method.server(weights))
    return try await simulation.run { _ in }
  }

  private var settings: RunSettings {
    var settings = RunSettings(scenario, name: Self.networkName, rule: scenario.merge.rule)
    settings.threads = threads
    settings.keptMatrices = 0
    settings.secondsLimit = secondsLimit
    settings.averagedVersions = averagedVersions
    settings.measuring = MeasuringSchedule(interval: measuredInterval, finalVersions: 0)
    return settings
  }
}

extension ArraySlice<RunRecord.Version> {
  /// The mean accuracy of the last so many versions, 0...1; zero if there are fewer.
  func meanAccuracy(of count: Int) -> Double {
    self.count < count ? 0 : suffix(count).reduce(0) { $0 + $1.accuracy } / Double(count)
  }
}

extension [RunRecord.Version] {
  /// When so many versions in a row were so accurate in the mean, in virtual seconds; nil if they never were.
  public func seconds(to accuracy: Double, over count: Int) -> Double? {
    indices.first { self[...$0].meanAccuracy(of: count) >= accuracy }.map { self[$0].seconds }
  }
}
