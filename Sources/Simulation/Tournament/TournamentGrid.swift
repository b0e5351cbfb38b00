public import Aggregation
import Learning
import Ledger
import Updates

/// The settings of a tournament: every rule meets every attack, on every skew of the data, with every number
/// of attackers, under every seed.
///
/// A grid is read from a JSON5 file in which every field may be left out:
///
/// ```swift
/// let grid = try TournamentGrid(json5: bytes, name: "grid.json5")
/// print(grid.cells.count)
/// print(TournamentGrid.documentedDefault)     // every field, with what it means
/// ```
public struct TournamentGrid: Equatable, Sendable {
  /// What the runs have in common. The lists below set its seed, its partition, its rule, who is hostile, and
  /// how many attackers the rule tolerates that has to be told.
  public var scenario = Self.defaultScenario
  /// The rules that merge.
  public var rules = MergePolicy.Rule.allCases
  /// What attackers do, all of them the same in one run.
  public var attacks = Scenario.Hostility.allCases
  /// Dirichlet's alpha over labels: the smaller, the less alike the contributors' data.
  public var skews = [0.1, 1.0]
  /// How many contributors attack. With none there is one run a rule, not one an attack.
  public var attackers = [0, 10, 20]
  /// The seeds. One of them decides data, keys, first weights and attackers, whatever the rule.
  public var seeds: [UInt64] = [1, 2, 3]

  /// The default grid.
  public init() {}

  /// The rule that the others are held against: the scenario's own.
  public var defaultRule: MergePolicy.Rule { scenario.merge.rule }

  /// Fifty equally fast contributors on the digits, half of which fill a window.
  private static var defaultScenario: Scenario {
    var scenario = Scenario()
    scenario.validators.count = 1
    scenario.referenceExamplesPerValidator = 100
    scenario.contributors = Scenario.Contributors(
      count: 50, devices: DeviceSettings(slowness: .same(1)), hostile: [:])
    scenario.windows = 60
    // Nobody reads what a tournament sends.
    scenario.privacy = .plain
    scenario.merge.windowSize = 25
    return scenario
  }
}

/// One cell of a tournament: what sets its run apart from the others of the grid.
public struct TournamentCell: Sendable, Codable, Hashable {
  /// The rule's name in a scenario.
  public var rule: String
  /// The attack's name in a scenario; nil without attackers.
  public var attack: String?
  /// Dirichlet's alpha over labels.
  public var skew: Double
  /// How many contributors attack.
  public var attackers: Int
  /// The seed.
  public var seed: UInt64
}

extension TournamentGrid {
  /// A cell, and the scenario that its run plays.
  public struct PlannedCell: Sendable {
    /// What sets the run apart.
    public let cell: TournamentCell
    /// The grid's scenario with that filled in.
    public let scenario: Scenario
  }

  /// The cells in the order in which they run: those that share their data stand together.
  public var cells: [PlannedCell] {
    seeds.flatMap { seed in
      skews.flatMap { skew in
        rules.flatMap { rule in
          attackers.flatMap { count in
            (count == 0 ? [nil] : attacks.map(Optional.some)).map { attack in
              planned(rule, attack, skew: skew, attackers: count, seed: seed)
            }
          }
        }
      }
    }
  }

  private func planned(
    _ rule: MergePolicy.Rule, _ attack: Scenario.Hostility?, skew: Double, attackers: Int, seed: UInt64
  ) -> PlannedCell {
    PlannedCell(
      cell: TournamentCell(
        rule: rule.name, attack: attack?.rawValue, skew: skew, attackers: attackers, seed: seed),
      scenario: scenario(rule, attack, skew: skew, attackers: attackers, seed: seed))
  }

  /// The grid's scenario with a cell's choices filled in.
  func scenario(
    _ rule: MergePolicy.Rule, _ attack: Scenario.Hostility?, skew: Double, attackers: Int, seed: UInt64
  ) -> Scenario {
    var scenario = scenario
    scenario.seed = seed
    scenario.data.partition = .dirichletLabels(alpha: skew)
    scenario.merge.rule = rule
    scenario.contributors.hostile = attack.map { [$0: attackers] } ?? [:]
    // Rules that have to be told how many attackers to expect are told the truth.
    let share = (10_000 * attackers + scenario.contributors.count - 1) / scenario.contributors.count
    scenario.merge.toleratedBasisPoints = UInt32(min(share, AggregationLimits.toleratedBasisPoints))
    return scenario
  }
}
