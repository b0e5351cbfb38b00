import Aggregation
import Numerics

@testable import Simulation

/// Records such as a tournament leaves, made up from a seed or cell by cell.
enum SampleTournament {
  /// A grid of two rules, two attacks, two skews, two seeds, and none or ten attackers.
  static var grid: TournamentGrid {
    var grid = TournamentGrid()
    grid.rules = [.trust, .mean]
    grid.attacks = [.signFlip, .noise]
    grid.attackers = [0, 10]
    grid.seeds = [1, 2]
    return grid
  }

  static func result(
    _ rule: String, _ attack: String?, skew: Double = 0.1, attackers: Int = 10, seed: UInt64 = 1,
    _ accuracy: Double
  ) -> TournamentRecord.Result {
    TournamentRecord.Result(
      cell: TournamentCell(
        rule: rule, attack: attack, skew: skew, attackers: attack == nil ? 0 : attackers, seed: seed),
      figures: TournamentFigures(accuracy: accuracy))
  }

  static func results(seed: UInt64) -> [TournamentRecord.Result] {
    var random = SeededRandom(seed: seed)
    return grid.cells.map { planned in
      var figures = TournamentFigures(accuracy: random.uniform())
      figures.bestAccuracy = figures.accuracy
      figures.honestRejected = random.uniform() / 10
      figures.silencedHonest = random.integer(below: 4)
      figures.payRatio = planned.cell.attack == nil ? nil : random.uniform()
      figures.backdoorSuccess = planned.cell.attack == "noise" ? random.uniform() : nil
      figures.bitsPerParameter = 0.2
      figures.windows = 60
      figures.wallSeconds = random.uniform()
      return TournamentRecord.Result(cell: planned.cell, figures: figures)
    }
  }

  /// A peer's file with rules in this order, one cell a (rule, attack, accuracy).
  static func peer(_ cells: [(rule: String, attack: String?, accuracy: Double)], seed: UInt64 = 1) -> String {
    let list = cells.map { cell in
      let attack = cell.attack.map { "\"\($0)\"" } ?? "null"
      return "{\"rule\": \"\(cell.rule)\", \"attack\": \(attack), \"skew\": 0.1, "
        + "\"attackers\": \(cell.attack == nil ? 0 : 10), \"seed\": \(seed), "
        + "\"accuracy\": \(cell.accuracy), \"seconds\": 3}"
    }
    return "{\"peer\": \"other 1.0\", \"cells\": [\(list.joined(separator: ", "))], \"host\": \"x\"}"
  }

  static func read(_ peer: String) throws(TournamentError) -> PeerResults {
    try PeerResults(json: Array(peer.utf8), name: "peer.json")
  }
}
