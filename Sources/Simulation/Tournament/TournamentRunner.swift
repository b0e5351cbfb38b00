import Aggregation
import Engines
import Learning
import Ledger
import Numerics
import Settings
public import Wire

/// Runs the cells of a tournament, several at a time.
public struct TournamentRunner: Sendable {
  /// One version in so many is measured before the last ones, since measuring costs as much as training.
  static let measuredEvery: UInt64 = 10

  private static let networkName = "tournament"

  /// The tournament.
  public let grid: TournamentGrid
  let dataset: Dataset
  private let datasetDigest: Digest

  /// Reads the grid's data.
  ///
  /// - Throws: `LearningError`, or `EngineError` for a file that cannot be read
  public init(_ grid: TournamentGrid) throws {
    self.grid = grid
    dataset = try DatasetLoader.load(grid.scenario.data.source)
    datasetDigest = dataset.digest(in: Self.cellDomain)
    BLAS.setThreads(1)
  }

  private static let cellDomain = HashDomain("trib.cell")

  /// Names a cell by everything that decides its result: the scenario, the examples, and what is measured.
  public func key(of planned: TournamentGrid.PlannedCell) -> Digest {
    var hasher = DigestHasher(in: Self.cellDomain)
    hasher.update(datasetDigest)
    hasher.update(Self.measuredEvery)
    hasher.update(UInt64(TournamentFigures.averagedVersions))
    hasher.update(Array(planned.scenario.documented.utf8))
    return hasher.finish()
  }

  /// Runs cells, and hands over each result as it comes in, one at a time.
  ///
  /// The results do not depend on `jobs`, save for the time that they took.
  ///
  /// - Parameters:
  ///   - cells: what to run, in the order of `TournamentGrid.cells`
  ///   - jobs: how many run at a time, at least 1
  ///   - finished: what to do with a result; a run begins when it returns
  /// - Throws: `CancellationError`, what `finished` throws, and errors that are no outcome of a run
  public func run(
    _ cells: [TournamentGrid.PlannedCell], jobs: Int,
    finished: (TournamentGrid.PlannedCell, TournamentFigures) async throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: (Int, TournamentFigures).self) { group in
      var dealt: (cell: TournamentCell, data: DealtData)?
      var running = 0
      for (index, planned) in cells.enumerated() {
        if running >= jobs, let (done, figures) = try await group.next() {
          running -= 1
          try await finished(cells[done], figures)
        }
        try Task.checkCancellation()
        let data: DealtData
        if let last = dealt, last.cell.sharesData(with: planned.cell) {
          data = last.data
        } else {
          data = try DealtData(try DealingPlan(planned.scenario), of: dataset)
          dealt = (planned.cell, data)
        }
        group.addTask { (index, try await Self.figures(planned, data)) }
        running += 1
      }
      for try await (done, figures) in group { try await finished(cells[done], figures) }
    }
  }

  /// Plays one cell in memory.
  private static func figures(
    _ planned: TournamentGrid.PlannedCell, _ data: DealtData
  ) async throws -> TournamentFigures {
    let scenario = planned.scenario
    let clock = ContinuousClock()
    let start = clock.now
    let federation = try Federation(scenario, data: data, variant: .asPlanned)
    let genesis = try federation.genesis(networkName, scenario)
    var settings = RunSettings(scenario, name: networkName, rule: scenario.merge.rule)
    settings.measuring = MeasuringSchedule(
      interval: measuredEvery, finalVersions: UInt64(TournamentFigures.averagedVersions))
    var simulation = LearningSimulation(
      federation, settings: settings, log: InMemoryLog(network: genesis.network), blobs: InMemoryBlobStore(),
      genesis: genesis)
    var failure: String?
    do {
      _ = try await simulation.run { _ in }
    } catch let error as SimulationError {
      failure = error.description
    } catch let error as LearningError {
      failure = error.description
    }
    // Training that is cancelled fails as well; that says nothing of the rule.
    try Task.checkCancellation()
    var figures = TournamentFigures(simulation.record, failure: failure)
    figures.wallSeconds = (clock.now - start) / .seconds(1)
    return figures
  }
}

extension TournamentCell {
  /// Whether two cells deal out the same examples to the same nodes.
  func sharesData(with other: TournamentCell) -> Bool { skew == other.skew && seed == other.seed }
}

extension Dataset {
  /// Names examples by what training sees of them: all features as little-endian Float32, one example after
  /// another, then all labels as little-endian Int32.
  func digest(in domain: HashDomain) -> Digest {
    Digest(
      of: Kernels.littleEndianBytes(of: features[...]) + Kernels.littleEndianBytes(of: labels[...]),
      in: domain)
  }
}
