import Aggregation
import JSON5
import Learning
import Testing

@testable import Simulation

@Suite("Tournament grid") struct TournamentGridTests {
  private func read(_ text: String) throws(SettingsError) -> TournamentGrid {
    try TournamentGrid(json5: Array(text.utf8), name: "grid.json5")
  }

  @Test("an empty object is the default, and so is the documented default")
  func defaults() throws {
    #expect(try read("{}") == TournamentGrid())
    #expect(try read(TournamentGrid.documentedDefault) == TournamentGrid())
    #expect(TournamentGrid().rules.count == MergePolicy.Rule.allCases.count)
    #expect(TournamentGrid().attacks.count == Scenario.Hostility.allCases.count)
  }

  @Test("every scenario of the default grid is free of contradictions")
  func defaultScenarios() {
    for planned in TournamentGrid().cells { #expect(planned.scenario.firstConflict == nil) }
  }

  @Test("fields that are given replace defaults, and no others")
  func partial() throws {
    let grid = try read(
      "{ scenario: { windows: 3, merge: { rule: 'mean' } }, rules: ['mean'], attackers: [5], skews: [1] }")
    var expected = TournamentGrid()
    expected.scenario.windows = 3
    expected.scenario.merge.rule = .mean
    expected.rules = [.mean]
    expected.attackers = [5]
    expected.skews = [1]
    #expect(grid == expected)
    #expect(grid.defaultRule == .mean)
  }

  @Test("without attackers there is one cell a rule, skew and seed; with them, one an attack")
  func enumeration() throws {
    let grid = try read(
      """
      { rules: ['trust', 'mean'], attacks: ['noise', 'scaled', 'replay'], skews: [0.1, 1, 5],
        attackers: [0, 4, 7], seeds: [3, 18446744073709551615] }
      """)
    let cells = grid.cells.map(\.cell)
    #expect(cells.count == 2 * 3 * 2 * (1 + 3 + 3))
    #expect(Set(cells).count == cells.count)
    #expect(cells.filter { $0.attack == nil }.count == 2 * 3 * 2)
    #expect(cells.allSatisfy { ($0.attack == nil) == ($0.attackers == 0) })
    // Data are dealt out once for neighbours: a skew and seed never come up again once they are left.
    var groups: [[Double]] = []
    for cell in cells where groups.last != [cell.skew, Double(cell.seed)] {
      groups.append([cell.skew, Double(cell.seed)])
    }
    #expect(groups.count == 6 && Set(groups).count == 6)
  }

  @Test("a cell's scenario is the grid's with the cell's choices, and nothing else")
  func scenarios() throws {
    let grid = try read("{ scenario: { windows: 9 }, attacks: ['noise'], attackers: [0, 4] }")
    for planned in grid.cells {
      var expected = grid.scenario
      expected.seed = planned.cell.seed
      expected.data.partition = .dirichletLabels(alpha: planned.cell.skew)
      expected.merge.rule = try #require(
        MergePolicy.Rule.allCases.first { $0.name == planned.cell.rule })
      expected.merge.toleratedBasisPoints = planned.cell.attackers == 0 ? 0 : 800
      expected.contributors.hostile = planned.cell.attackers == 0 ? [:] : [.noise: 4]
      #expect(planned.scenario == expected)
    }
  }

  @Test(
    "errors name the file, the line, the field and the remedy",
    arguments: [
      ("[]", "grid.json5:1:1: the file is a list; it must be an object"),
      ("{ ruels: [] }", "grid.json5:1:3: unknown field 'ruels'; did you mean 'rules'?"),
      (
        "{ scenario: { widnows: 3 } }",
        "grid.json5:1:15: unknown field 'scenario.widnows'; did you mean 'scenario.win"
      ),
      ("{ scenario: { windows: 0 } }", "scenario.windows is 0; it must be a whole number from 1 to 10000"),
      ("{\n rules: ['trsut'] }", "grid.json5:2:10: rules[0]: there is no 'trsut'; did you mean 'trust'?"),
      (
        "{ attacks: ['noise', 'sing-flip'] }",
        "attacks[1]: there is no 'sing-flip'; did you mean 'sign-flip'?"
      ),
      ("{ attacks: [3] }", "attacks[0] is a number; it must be a string"),
      ("{ attacks: 'noise' }", "attacks is a string; it must be a list"),
      ("{ skews: [] }", "skews is 0 values; it must be a list of 1 to 64"),
      ("{ skews: [0] }", "skews[0] is 0.0; it must be a number from 0.001"),
      ("{ skews: ['x'] }", "skews[0] is a string; it must be a number"),
      ("{ skews: [1, 0.5, 1.0] }", "skews[2]: it is in the list already"),
      ("{ attackers: [-1] }", "attackers[0] is -1.0; it must be a whole number"),
      (
        "{ attackers: [51] }",
        "scenario.contributors.count: 51 hostile contributors do not fit into 50"
      ),
      ("{ seeds: [0.5] }", "seeds[0] is 0.5; it must be a whole number"),
      ("{ scenario: { seed: 1 } }", "scenario.seed: the grid sets it; use seeds in its place"),
      (
        "{ scenario: { data: { partition: 'iid' } } }", "scenario.data.partition: the grid sets it; use skews"
      ),
      (
        "{ scenario: { contributors: {\n hostile: { noise: 1 } } } }",
        "grid.json5:2:11: scenario.contributors.hostile: the grid sets it; use attacks and attackers"
      ),
      (
        "{ scenario: { merge: { windowSize: 51 } } }",
        "scenario.merge.windowSize: a window of 51 updates never"
      ),
      ("{ rules: }", "grid.json5:1:10: unexpected '}'; expected a value"),
    ])
  func errors(text: String, expected: String) {
    let error = #expect(throws: SettingsError.self) { try read(text) }
    let description = error?.description ?? ""
    #expect(description.contains(expected), "\(description)")
    #expect(description.contains("grid.json5"))
  }

  @Test("a grid of too many cells is refused before it is spelled out")
  func size() {
    let list = (0..<64).map { "\($0 + 1)" }.joined(separator: ", ")
    let text = "{ skews: [\(list)], seeds: [\(list)], attackers: [5, 6, 7, 8] }"
    let error = #expect(throws: SettingsError.self) { try read(text) }
    #expect(error?.description.contains("more than the limit of \(TournamentLimits.cells)") == true)
    let long = "{ seeds: [\((0...64).map { "\($0)" }.joined(separator: ", "))] }"
    #expect(throws: SettingsError.self) { try read(long) }
  }
}
