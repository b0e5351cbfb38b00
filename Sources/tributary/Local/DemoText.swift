import Agents
import Foundation
import Simulation

/// What a demo prints: the figures of its record, for a terminal.
enum DemoText {
  static func lines(_ record: DemoRecord, _ folder: DemoFolder) -> [String] {
    let figures = record.figures
    return [""] + accuracy(figures) + [""] + groups(figures) + [""] + validators(figures) + [""]
      + reasons(figures) + [""]
      + traffic(figures)
      + [
        "",
        "versions \(figures.versions) final, from \(record.run.logRecords) log records, replayed and checked",
        "root     \(record.auditedRoot)",
        "time     \(number(record.wallSeconds, digits: 1)) s",
        "report   \(folder.reportPath)",
        "figures  \(folder.summaryPath)",
        "check    tributary audit \(folder.network.path)",
      ]
  }

  private static func accuracy(_ figures: DemoFigures) -> [String] {
    var rows = [["accuracy on the test set", ""], ["  Tributary, under attack", percent(figures.accuracy)]]
    if let clean = figures.cleanAccuracy { rows.append(["  Tributary, no attackers", percent(clean)]) }
    if let mean = figures.averagingAccuracy {
      rows.append(["  plain averaging, same attack", percent(mean)])
    }
    if let success = figures.backdoorSuccess {
      rows.append(["  triggered examples that fall to the backdoor", percent(success)])
    }
    return TextTable.lines(rows)
  }

  /// What contributors did and were paid, a group a row.
  static func groups(_ figures: DemoFigures) -> [String] {
    let header = ["group", "nodes", "updates", "merged", "credit/node", "units/node", "units"]
    let rows = (figures.groups + [figures.honest, figures.hostile]).map { group in
      [
        group.name, "\(group.members)", "\(group.updates)", "\(group.merged)",
        number(group.creditNatsPerHead, digits: 4), number(group.paidUnitsPerHead, digits: 0),
        "\(group.paidUnits)",
      ]
    }
    return TextTable.lines([header] + rows)
  }

  /// What validators were paid, a conduct a row; the pay of an honest one is 1.
  static func validators(_ figures: DemoFigures) -> [String] {
    let parts = figures.validatorPay.first?.parts ?? []
    let header =
      ["validators", "nodes", "units", "pay", "least", "greatest"] + parts.map { "\($0.first)-\($0.last)" }
    let rows = figures.validatorPay.map { pay in
      ["  " + pay.conduct, "\(pay.validators)", "\(pay.paidUnits)"]
        + ([pay.share, pay.leastShare, pay.greatestShare] + pay.parts.map(\.share)).map {
          number($0, digits: 2)
        }
    }
    return TextTable.lines([header] + rows)
  }

  private static func reasons(_ figures: DemoFigures) -> [String] {
    let header = ["rejected because", "updates", "of honest", "measured", "limit", "unit", "mostly from"]
    let rows = figures.reasons.map { reason in
      let groups = reason.groups.prefix(3).map { "\($0.group) \($0.updates)" }.joined(separator: ", ")
      return [
        reason.name, "\(reason.updates)", "\(reason.honestUpdates)", measure(reason.measured),
        measure(reason.limit), reason.unit, groups,
      ]
    }
    return TextTable.lines([header] + rows, leftAligned: [0, 5, 6])
  }

  /// A median measure or its limit; a dash for a check that answers yes or no.
  private static func measure(_ value: Double?) -> String {
    value.map { number($0, digits: $0 == $0.rounded() ? 0 : 4) } ?? "-"
  }

  private static func traffic(_ figures: DemoFigures) -> [String] {
    TextTable.lines([
      ["sent", "bytes", "dense Float32", "smaller"],
      ["up", "\(figures.bytesUp)", "\(figures.denseBytesUp)", ratio(figures.denseBytesUp, figures.bytesUp)],
      [
        "down", "\(figures.bytesDown)", "\(figures.denseBytesDown)",
        ratio(figures.denseBytesDown, figures.bytesDown),
      ],
    ])
  }

  private static func percent(_ share: Double) -> String { number(100 * share, digits: 1) + " %" }

  private static func ratio(_ dense: Int, _ sent: Int) -> String {
    sent > 0 ? number(Double(dense) / Double(sent), digits: 1) + "x" : "-"
  }

  private static func number(_ value: Double, digits: Int) -> String { String(format: "%.\(digits)f", value) }
}
