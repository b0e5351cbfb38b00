/// The report of a tournament as one page that needs nothing else: no scripts, no fonts, no network.
public enum TournamentReport {
  /// Points of accuracy below the best rule without attackers from which a cell is shaded deeper.
  private static let gapBounds = [0.01, 0.02, 0.05, 0.10, 0.25]

  /// The page as HTML. One record gives one page, to the byte.
  public static func html(_ record: TournamentRecord) -> String {
    Report.page(
      title: "Tournament of aggregation rules",
      styles: [Markup.style(ReportStyle.sheet), Markup.style(HeatStyle.sheet)],
      body: [
        head(record),
        Markup.element("main", [:], [worstCases(record)] + record.panels.map { panel($0, record) }),
        footer(record),
      ])
  }

  // MARK: Worst cases

  /// A column a panel, a row a rule: what an attacker who knows the rule can choose from.
  private static func worstCases(_ record: TournamentRecord) -> Markup {
    let skews = distinct(record.summaries.filter { $0.source == TournamentSummary.own }.map(\.column.skew))
    let names = skews.map { "skew \($0), no attack" } + record.panels.map(title)
    let rows = contenders(record).map { contender in
      let clean = skews.map { skew in
        let summary = contender.summaries.first { $0.column.attack == nil && $0.column.skew == skew }
        return summary.map { accuracyCell($0, record) } ?? .none
      }
      let worst = record.panels.map { panel in
        let found = record.worstCases.first { contender.has($0) && panel.has($0) }
        return found.map { worstCell($0, record) } ?? .none
      }
      return HeatTable.Row(name: contender.name, cells: clean + worst)
    }
    let differences = record.peers.map(\.peer).map { peer in
      differenceRow(record, peer) { comparisons, worstComparisons in
        skews.map { skew in
          differenceCell(comparisons.first { $0.column.attack == nil && $0.column.skew == skew })
        } + record.panels.map { panel in differenceCell(worstComparisons.first { panel.has($0.column) }) }
      }
    }
    guard !rows.isEmpty else {
      return Report.section("The worst case by rule", "", Markup.element("p", "No cell was run."))
    }
    return Report.section(
      "The worst case by rule",
      "Mean accuracy in percent over the seeds: without attackers, and under the attack that does most harm.",
      HeatTable(name: "Worst case by rule", columns: names, rows: rows + differences).markup, keys)
  }

  private static func worstCell(_ worst: WorstCase, _ record: TournamentRecord) -> HeatTable.Cell {
    let gap = worst.gap.map { "; \(NumberText.points(-$0)) points to the rule without attackers" } ?? ""
    return HeatTable.Cell(
      text: NumberText.fixed(100 * worst.accuracy, decimals: 1),
      level: level(worst.accuracy, skew: worst.skew, record),
      tip: "\(worst.rule) under \(worst.attack)\(gap)")
  }

  private static var keys: Markup {
    let meanings = ["less than 1", "1", "2", "5", "10", "25 points or more"]
    return Markup.element(
      "ul", ["class": "keys"],
      meanings.enumerated().map { Report.key("level-\($0)", "", $1) }
        + [Markup.element("li", "below the best of our rules without attackers on the same data")])
  }

  // MARK: Panels

  private static func panel(_ panel: TournamentPanel, _ record: TournamentRecord) -> Markup {
    let columns = record.columns(of: panel)
    let rows = contenders(record).compactMap { contender -> HeatTable.Row? in
      let summaries = columns.map { column in contender.summaries.first { $0.column == column } }
      let worst = zip(columns, summaries).filter { $0.0.attack != nil }.compactMap(\.1?.accuracy.mean).min()
      guard let worst else { return nil }
      let cells = summaries.map { summary -> HeatTable.Cell in
        guard let summary else { return .none }
        var cell = accuracyCell(summary, record)
        cell.isWorst = summary.column.attack != nil && summary.accuracy.mean == worst
        return cell
      }
      let worstCase = record.worstCases.first { contender.has($0) && panel.has($0) }
      return HeatTable.Row(
        name: contender.name, cells: cells + [worstCase.map { worstCell($0, record) } ?? .none])
    }
    let differences = record.peers.map(\.peer).map { peer in
      differenceRow(record, peer) { comparisons, worstComparisons in
        columns.map { column in differenceCell(comparisons.first { $0.column == column }) }
          + [differenceCell(worstComparisons.first { panel.has($0.column) })]
      }
    }
    return Report.section(
      title(panel).prefix(1).uppercased() + title(panel).dropFirst(),
      "Accuracy in percent, the mean over \(NumberText.counted(record.setting.seeds.count, "seed")); "
        + "the worst of each row is underlined.",
      HeatTable(
        name: "Accuracy, \(title(panel))", columns: columns.map(name) + ["worst case"],
        rows: rows + differences
      )
      .markup,
      conduct(panel, record))
  }

  /// How our own rules treat honest contributors and attackers: a table for each figure that was measured.
  private static func conduct(_ panel: TournamentPanel, _ record: TournamentRecord) -> Markup {
    let columns = record.columns(of: panel)
    let own = record.summaries.filter { $0.source == TournamentSummary.own && columns.contains($0.column) }
    let tables = ConductTable.all.filter { $0.hasNumbers(for: own) }.flatMap { table in
      [Markup.element("h3", table.title), table.markup(own, columns)]
    }
    return Markup.element(
      "details", [:],
      [Markup.element("summary", "How honest contributors fared, and attackers")] + tables)
  }

  private static func title(_ panel: TournamentPanel) -> String {
    "skew \(panel.skew), \(NumberText.counted(panel.attackers, "attacker"))"
  }

  static func name(_ column: TournamentColumn) -> String { column.attack ?? "no attack" }

  // MARK: Rows and cells

  /// A rule of ours or a peer's, with everything that is known of it.
  private struct Contender {
    let source: String
    let rule: String
    let summaries: [TournamentSummary]

    var name: String { source == TournamentSummary.own ? rule : "\(source): \(rule)" }

    func has(_ worst: WorstCase) -> Bool { worst.source == source && worst.rule == rule }
  }

  private static func contenders(_ record: TournamentRecord) -> [Contender] {
    distinct(record.summaries.map { [$0.source, $0.rule] }).map { key in
      Contender(
        source: key[0], rule: key[1],
        summaries: record.summaries.filter { $0.source == key[0] && $0.rule == key[1] })
    }
  }

  private static func accuracyCell(
    _ summary: TournamentSummary, _ record: TournamentRecord
  ) -> HeatTable.Cell {
    let accuracy = summary.accuracy
    var tip = "\(summary.rule), \(name(summary.column)): \(NumberText.percent(accuracy.mean))"
    if accuracy.count > 1 {
      tip += ", from \(NumberText.percent(accuracy.least)) to \(NumberText.percent(accuracy.greatest))"
    }
    if summary.column.attack != nil, let gap = summary.gap {
      tip += "; \(NumberText.points(-gap)) points to the rule without attackers"
    }
    if let failures = summary.conduct?.failures, failures > 0 {
      tip += "; \(NumberText.counted(failures, "run")) broke off"
    }
    return HeatTable.Cell(
      text: NumberText.fixed(100 * accuracy.mean, decimals: 1),
      level: level(accuracy.mean, skew: summary.column.skew, record), tip: tip)
  }

  /// How far an accuracy is below that of the best of our rules without attackers on the same data.
  private static func level(_ accuracy: Double, skew: Double, _ record: TournamentRecord) -> Int {
    let clean = record.summaries.filter {
      $0.source == TournamentSummary.own && $0.column.attack == nil && $0.column.skew == skew
    }
    guard let best = clean.map(\.accuracy.mean).max() else { return 0 }
    return HeatTable.level(best - accuracy, bounds: gapBounds)
  }

  /// Our default rule less a peer's best one: from its comparisons by column, and from those of worst cases.
  private static func differenceRow(
    _ record: TournamentRecord, _ peer: String,
    cells: ([PeerComparison], [PeerComparison]) -> [HeatTable.Cell]
  ) -> HeatTable.Row {
    HeatTable.Row(
      name: "\(record.setting.defaultRule) less the best of \(peer)",
      cells: cells(
        record.comparisons.filter { $0.peer == peer }, record.worstComparisons.filter { $0.peer == peer }),
      isTotal: true)
  }

  private static func differenceCell(_ comparison: PeerComparison?) -> HeatTable.Cell {
    guard let comparison else { return .none }
    return HeatTable.Cell(
      text: NumberText.points(comparison.difference),
      level: HeatTable.level(-comparison.difference, bounds: [1e-9] + gapBounds),
      tip:
        "\(NumberText.percent(comparison.accuracy)) against \(NumberText.percent(comparison.peerAccuracy)) "
        + "with \(comparison.peerRule)")
  }

  private static func distinct<Value: Hashable>(_ values: [Value]) -> [Value] {
    var seen: Set<Value> = []
    return values.filter { seen.insert($0).inserted }
  }
}

extension TournamentRecord {
  /// A panel's columns: first without attackers, where that was run, then the attacks in their order.
  func columns(of panel: TournamentPanel) -> [TournamentColumn] {
    var seen: Set<TournamentColumn> = []
    let belonging = summaries.map(\.column).filter { column in
      panel.has(column) || column.attack == nil && column.skew == panel.skew
    }
    let distinct = belonging.filter { seen.insert($0).inserted }
    return distinct.filter { $0.attack == nil } + distinct.filter { $0.attack != nil }
  }
}
