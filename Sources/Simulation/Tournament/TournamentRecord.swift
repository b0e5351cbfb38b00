import Aggregation
import Foundation
import Settings
import Updates

/// What a tournament came to: every cell, what they come to over the seeds, the worst cases, and peers beside
/// them.
///
/// It is what `tournament.json` holds and what the report draws.
public struct TournamentRecord: Sendable, Codable {
  /// What the runs had in common, in the numbers that a reader wants beside the results.
  public struct Setting: Sendable, Codable {
    /// The model's canonical name.
    public var model: String
    /// The data, in words.
    public var data: String
    /// How many contributors trained.
    public var contributors: Int
    /// How many validators judged.
    public var validators: Int
    /// How many windows were asked for.
    public var windows: Int
    /// How many updates closed a window.
    public var windowSize: Int
    /// The form of the contributors' packets.
    public var upForm: String
    /// The rule that the others are held against.
    public var defaultRule: String
    /// The seeds.
    public var seeds: [UInt64]
  }

  /// A finished cell.
  public struct Result: Sendable, Codable {
    /// What sets its run apart.
    public var cell: TournamentCell
    /// What it came to.
    public var figures: TournamentFigures

    /// Puts a result together.
    public init(cell: TournamentCell, figures: TournamentFigures) {
      self.cell = cell
      self.figures = figures
    }
  }

  /// What the runs had in common.
  public let setting: Setting
  /// The finished cells, in the grid's order.
  public let results: [Result]
  /// The peers' results, as they were read.
  public let peers: [PeerResults]
  /// Each rule under each attack over the seeds: our rules in the grid's order, then the peers'.
  public let summaries: [TournamentSummary]
  /// Each rule's worst case over the attacks, for every skew and number of attackers.
  public let worstCases: [WorstCase]
  /// Our default rule against each peer's best rule, column by column.
  public let comparisons: [PeerComparison]
  /// The same for the worst cases over those attacks that both sides met.
  public let worstComparisons: [PeerComparison]

  /// Computes summaries and comparisons.
  public init(_ grid: TournamentGrid, results: [Result], peers: [PeerResults] = []) {
    let scenario = grid.scenario
    setting = Setting(
      model: scenario.model, data: scenario.data.source.title, contributors: scenario.contributors.count,
      validators: scenario.validators.count, windows: scenario.windows,
      windowSize: Int(scenario.merge.windowSize), upForm: scenario.merge.upForm.description,
      defaultRule: grid.defaultRule.name, seeds: grid.seeds)
    self.results = results
    self.peers = peers
    summaries =
      TournamentSummary.of(results) + peers.flatMap { TournamentSummary.of($0) }
    worstCases = WorstCase.of(summaries)
    let scores = results.map { TournamentScore($0.cell, accuracy: $0.figures.accuracy) }
      .filter { $0.cell.rule == grid.defaultRule.name }
    comparisons = peers.flatMap { PeerComparison.byColumn(scores, $0) }
    worstComparisons = peers.flatMap { PeerComparison.ofWorstCases(scores, $0) }
  }

  /// The record as indented JSON with sorted keys. Numbers that are not finite are written as strings.
  public func json() throws -> [UInt8] { Array(try RecordJSON.encoder(isIndented: true).encode(self)) }
}
