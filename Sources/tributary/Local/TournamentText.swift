import Foundation
import Simulation

/// What a tournament prints: its plan, and the worst cases of its record, for a terminal.
enum TournamentText {
  /// The cells that a grid has, one a line, or as a list of objects.
  static func plan(_ grid: TournamentGrid, asJSON: Bool) -> String {
    let cells = grid.cells.map(\.cell)
    if asJSON {
      return JSONText.of([
        "cells": cells.map { cell -> [String: Any] in
          [
            "rule": cell.rule, "attack": cell.attack ?? NSNull(), "skew": cell.skew,
            "attackers": cell.attackers, "seed": cell.seed,
          ]
        }
      ])
    }
    let rows = cells.map { cell in
      [
        cell.rule, cell.attack ?? "-", "skew \(cell.skew)", "\(cell.attackers) attackers",
        "seed \(cell.seed)",
      ]
    }
    return (TextTable.lines(rows, leftAligned: [0, 1, 2]) + ["\(cells.count) cells"]).joined(separator: "\n")
  }

  /// A cell in a few words.
  static func name(_ cell: TournamentCell) -> String {
    let attackers = cell.attack.map { " against \(cell.attackers) of \($0)" } ?? ""
    return "\(cell.rule)\(attackers), skew \(cell.skew), seed \(cell.seed)"
  }

  static func lines(_ record: TournamentRecord, _ folder: TournamentFolder) -> [String] {
    var lines: [String] = []
    for panel in record.panels {
      lines += [
        "", "skew \(panel.skew), \(panel.attackers) of \(record.setting.contributors) contributors attack",
      ]
      lines += worstCases(record, panel)
      lines += comparison(record, panel)
    }
    if record.panels.isEmpty { lines += [""] + withoutAttackers(record) }
    return lines + [
      "",
      "time     \(number(record.results.reduce(0) { $0 + $1.figures.wallSeconds }, digits: 0)) s in all runs",
      "report   \(folder.reportPath)", "figures  \(folder.recordPath)",
    ]
  }

  private static func worstCases(_ record: TournamentRecord, _ panel: TournamentPanel) -> [String] {
    let header = [
      "rule", "no attack", "worst", "points", "under", "honest rejected", "silenced", "pay/head",
      "backdoor",
    ]
    let rows = record.worstCases.filter { panel.has($0) }.map { worst in
      let conduct = worst.conduct
      return [
        worst.source == TournamentSummary.own ? worst.rule : "\(worst.source) \(worst.rule)",
        percent(worst.gap.map { worst.accuracy + $0 }), percent(worst.accuracy),
        points(worst.gap.map { -$0 }), worst.attack, percent(conduct?.honestRejected),
        conduct.map { "\($0.silencedHonest)" } ?? "-",
        conduct?.payRatio.map { number($0, digits: 2) } ?? "-", percent(conduct?.backdoorSuccess),
      ]
    }
    return TextTable.lines([header] + rows, leftAligned: [0, 4])
  }

  private static func comparison(_ record: TournamentRecord, _ panel: TournamentPanel) -> [String] {
    record.worstComparisons.filter { panel.has($0.column) }.map { comparison in
      "\(record.setting.defaultRule) less the best of \(comparison.peer), \(comparison.peerRule), "
        + "each in its worst case: \(points(comparison.difference)) points"
    }
  }

  private static func withoutAttackers(_ record: TournamentRecord) -> [String] {
    let rows = record.summaries.map { ["\($0.rule)", "skew \($0.column.skew)", percent($0.accuracy.mean)] }
    return TextTable.lines([["rule", "data", "accuracy"]] + rows, leftAligned: [0, 1])
  }

  private static func percent(_ share: Double?) -> String {
    share.map { number(100 * $0, digits: 1) + " %" } ?? "-"
  }

  private static func points(_ share: Double?) -> String {
    share.map { String(format: "%+.1f", 100 * $0) } ?? "-"
  }

  private static func number(_ value: Double, digits: Int) -> String { String(format: "%.\(digits)f", value) }
}
