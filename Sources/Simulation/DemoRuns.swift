public import Agents
import Aggregation
import Engines
import Foundation
import Learning
import Ledger
import Numerics
import Settings
import Wire

/// The runs of a demo: the scenario itself, and the two it is held against.
public enum DemoRun: String, Sendable, CaseIterable {
  /// The scenario, on the embedded engines.
  case tributary = "tributary"
  /// The same contributors, all of whom do what the protocol asks.
  case noAttackers = "no attackers"
  /// The same attackers, with plain averaging in place of judging.
  case plainAveraging = "plain averaging"

  var variant: Federation.Variant { self == .noAttackers ? .allHonest : .asPlanned }
}

/// Runs scenarios from the first transaction to the last version.
public struct DemoRunner: Sendable {
  /// The name in the genesis of every demo's network.
  public static let networkName = "demo"

  /// The scenario.
  public let scenario: Scenario
  private let dataset: Dataset

  /// Reads the scenario's data.
  ///
  /// - Throws: `LearningError`, or `EngineError` for a file that cannot be read
  public init(_ scenario: Scenario) throws {
    self.scenario = scenario
    dataset = try DatasetLoader.load(scenario.data.source)
    BLAS.setThreads(1)
  }

  /// What a report says of the scenario.
  ///
  /// - Parameter title: the report's title
  public func summary(title: String) throws -> DemoRecord.Summary {
    let specification = try ModelSpecification(parsing: scenario.model)
    return DemoRecord.Summary(scenario, title: title, parameters: specification.layout.count)
  }

  /// Runs the scenario on the embedded engines, and leaves a sealed network behind.
  ///
  /// - Parameters:
  ///   - folder: where the network goes; it must not exist
  ///   - progress: called with each version as it becomes final
  public func run(in folder: NetworkFolder, progress: @Sendable (RunRecord.Version) -> Void) async throws
    -> RunRecord
  {
    let federation = try Federation(scenario, dataset: dataset, variant: .asPlanned)
    let genesis = try federation.genesis(Self.networkName, scenario)
    try FileManager.default.createDirectory(atPath: folder.keysPath, withIntermediateDirectories: true)
    try folder.write(genesis)
    try writeKeys(of: federation, to: folder)
    let log = try await folder.openLog(genesis.network, access: .readWrite)
    let blobs = try await folder.openBlobs(access: .readWrite)
    let outcome: Result<RunRecord, any Error>
    do {
      outcome = .success(try await run(.tributary, federation, genesis, log, blobs, progress))
    } catch {
      outcome = .failure(error)
    }
    try await log.close()
    await blobs.close()
    try Manifest.write(sealing: folder.path)
    return try outcome.get()
  }

  /// Runs one of the comparisons in memory.
  ///
  /// - Parameter progress: called with each version as it becomes final
  public func run(_ demoRun: DemoRun, progress: @Sendable (RunRecord.Version) -> Void) async throws
    -> RunRecord
  {
    let federation = try Federation(scenario, dataset: dataset, variant: demoRun.variant)
    let genesis = try federation.genesis(Self.networkName, scenario)
    return try await run(
      demoRun, federation, genesis, InMemoryLog(network: genesis.network), InMemoryBlobStore(), progress)
  }

  private func run(
    _ demoRun: DemoRun, _ federation: Federation, _ genesis: Genesis, _ log: any LogEngine,
    _ blobs: any BlobStore,
    _ progress: @Sendable (RunRecord.Version) -> Void
  ) async throws -> RunRecord {
    var settings = RunSettings(
      scenario, name: demoRun.rawValue, rule: demoRun == .plainAveraging ? .mean : scenario.merge.rule)
    // The comparisons are about what is learnt, and nobody reads what they send.
    if demoRun != .tributary { settings.privacy = .plain }
    settings.signs = settings.signs || demoRun == .tributary
    let clock = ContinuousClock()
    let start = clock.now
    var simulation = LearningSimulation(
      federation, settings: settings, log: log, blobs: blobs, genesis: genesis)
    var record = try await simulation.run(progress: progress)
    record.wallSeconds = (clock.now - start) / .seconds(1)
    return record
  }

  private func writeKeys(of federation: Federation, to folder: NetworkFolder) throws {
    try KeyFile.create(federation.author, at: folder.keysPath + "/author.key")
    for (index, judge) in federation.judges.enumerated() {
      try KeyFile.create(judge.key, at: folder.keysPath + "/validator-\(index).key")
    }
    for (index, member) in federation.members.enumerated() {
      try KeyFile.create(member.key, at: folder.keysPath + "/contributor-\(index).key")
    }
  }
}
