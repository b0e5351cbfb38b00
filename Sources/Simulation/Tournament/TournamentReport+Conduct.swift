/// One figure of conduct for every rule of ours and every attack of a panel.
struct ConductTable: Sendable {
  let title: String
  /// The number that is shown, and that the bounds are for; nil where there is none.
  let value: @Sendable (TournamentSummary.Conduct) -> Double?
  let text: @Sendable (Double) -> String
  /// Numbers from which a cell is shaded deeper.
  let bounds: [Double]

  static let all = [
    ConductTable(
      title: "Honest updates rejected, in percent", value: \.honestRejected,
      text: { NumberText.fixed(100 * $0, decimals: 1) }, bounds: [0.01, 0.03, 0.1, 0.25, 0.5]),
    ConductTable(
      title: "Honest contributors silenced for the whole run, in the worst of the seeds",
      value: { Double($0.silencedHonest) }, text: NumberText.rounded, bounds: [1, 2, 4, 8, 16]),
    ConductTable(
      title: "Attackers’ pay a head, over everyone’s", value: \.payRatio,
      text: { NumberText.fixed($0, decimals: 2) }, bounds: [0.05, 0.1, 0.25, 0.5, 1]),
    ConductTable(
      title: "Triggered examples that fall to the backdoor, in percent", value: \.backdoorSuccess,
      text: { NumberText.fixed(100 * $0, decimals: 1) }, bounds: [0.05, 0.1, 0.25, 0.5, 0.75]),
  ]

  func hasNumbers(for summaries: [TournamentSummary]) -> Bool {
    summaries.contains { $0.conduct.flatMap(value) != nil }
  }

  func markup(_ own: [TournamentSummary], _ columns: [TournamentColumn]) -> Markup {
    var rules: [String] = []
    for summary in own where !rules.contains(summary.rule) { rules.append(summary.rule) }
    let rows = rules.map { rule in
      HeatTable.Row(
        name: rule,
        cells: columns.map { column in cell(own.first { $0.rule == rule && $0.column == column }) })
    }
    return HeatTable(name: title, columns: columns.map(TournamentReport.name), rows: rows).markup
  }

  private func cell(_ summary: TournamentSummary?) -> HeatTable.Cell {
    guard let number = summary?.conduct.flatMap(value) else { return .none }
    return HeatTable.Cell(text: text(number), level: HeatTable.level(number, bounds: bounds))
  }
}
