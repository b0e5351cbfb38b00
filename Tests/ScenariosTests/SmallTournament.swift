import Aggregation

@testable import Simulation

/// A tournament that takes a moment: eight contributors, three windows, 650 parameters.
enum SmallTournament {
  static var grid: TournamentGrid {
    var grid = TournamentGrid()
    grid.scenario.model = "softmax(64,10)"
    grid.scenario.contributors.count = 8
    grid.scenario.windows = 3
    grid.scenario.testExamples = 60
    grid.scenario.referenceExamplesPerValidator = 30
    grid.scenario.merge.windowSize = 4
    grid.rules = [.trust, .mean]
    grid.attacks = [.signFlip, .labelFlip]
    grid.skews = [0.3]
    grid.attackers = [0, 2]
    grid.seeds = [1, 2]
    return grid
  }

  /// What every cell came to, without the time that it took.
  static func run(_ grid: TournamentGrid, jobs: Int) async throws -> [TournamentCell: TournamentFigures] {
    var found: [TournamentCell: TournamentFigures] = [:]
    try await TournamentRunner(grid).run(grid.cells, jobs: jobs) { planned, figures in
      found[planned.cell] = figures.untimed
    }
    return found
  }
}

extension TournamentFigures {
  /// The same without the time that the run took.
  var untimed: TournamentFigures {
    var figures = self
    figures.wallSeconds = 0
    return figures
  }
}
