import Foundation
import Simulation

/// What simulations print: the figures of one record, and of several side by side.
enum SimulationText {
  static func lines(_ record: SimulationRecord, _ folder: SimulationFolder) -> [String] {
    [""] + TextTable.lines(rows(of: [record])) + [""] + DemoText.groups(record.figures) + [""]
      + DemoText.validators(record.figures)
      + ["", "report   \(folder.reportPath)", "figures  \(folder.recordPath)"]
  }

  /// Records side by side, a column each.
  static func comparison(_ records: [(name: String, record: SimulationRecord)]) -> [String] {
    TextTable.lines([[""] + records.map(\.name)] + rows(of: records.map(\.record)))
  }

  /// A figure a row: its name, then its value in each record.
  private static func rows(of records: [SimulationRecord]) -> [[String]] {
    func row(_ name: String, _ value: (SimulationRecord) -> String) -> [String] {
      [name] + records.map(value)
    }
    return [
      row("accuracy on the test set") { percent($0.figures.accuracy) },
      row("loss on the test set, nats") { $0.figures.loss.map { number($0, digits: 4) } ?? "-" },
      row("versions") { "\($0.figures.versions)" },
      row("virtual time, s") { number($0.figures.virtualSeconds, digits: 1) },
      row("contributors") { "\($0.summary.contributors)" },
      row("  of them hostile") { "\($0.summary.hostile)" },
      row("client-rounds") { "\($0.cost.clientRounds)" },
      row("mean staleness, versions") { number($0.figures.meanStaleness, digits: 2) },
      row("honest updates rejected") { rejected($0.figures.honest) },
      row("hostile updates rejected") { rejected($0.figures.hostile) },
      row("credit an honest node, nats") { number($0.figures.honest.creditNatsPerHead, digits: 6) },
      row("credit a hostile node, nats") { number($0.figures.hostile.creditNatsPerHead, digits: 6) },
      row("units an honest node") { number($0.figures.honest.paidUnitsPerHead, digits: 1) },
      row("units a hostile node") { number($0.figures.hostile.paidUnitsPerHead, digits: 1) },
      row("bytes up") { "\($0.figures.bytesUp)" },
      row("bytes down") { "\($0.figures.bytesDown)" },
      row("time, s") { number($0.cost.wallSeconds, digits: 1) },
      row("client-rounds/s") { number($0.cost.clientRoundsPerSecond, digits: 0) },
      row("cores busy") { number($0.cost.coreSeconds / $0.cost.wallSeconds, digits: 2) },
      row("training arithmetic, of cores' time") { percent($0.cost.trainingShare) },
      row("resident bytes a contributor") { "\($0.cost.bytesPerContributor)" },
      row("peak memory, bytes") { "\($0.cost.peakBytes)" },
    ]
  }

  private static func rejected(_ group: DemoFigures.Group) -> String {
    group.updates > 0 ? "\(group.rejected) of \(group.updates)" : "-"
  }

  private static func percent(_ share: Double) -> String { number(100 * share, digits: 1) + " %" }

  private static func number(_ value: Double, digits: Int) -> String { String(format: "%.\(digits)f", value) }
}
