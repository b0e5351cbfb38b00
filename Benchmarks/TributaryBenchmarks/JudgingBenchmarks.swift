import Foundation
import Numerics

/// Judging large windows of sparse updates: how many a core judges a second, stage by stage, how that grows,
/// and how much memory the whole process takes.
///
/// Each window is judged by a process of its own, so that its peak memory is its own.
enum JudgingBenchmarks {
  /// What one process measures.
  struct Window {
    let updateCount: Int
    let parameterCount: Int

    var name: String { "\(updateCount) x \(Report.text(Double(parameterCount)))" }
  }

  private static let million = 1_000_000
  /// The first two differ in the number of updates, and the second and the last one in that of parameters.
  private static let windows = [
    Window(updateCount: 1_000, parameterCount: million), Window(updateCount: 5_000, parameterCount: million),
    Window(updateCount: 1_000, parameterCount: 10 * million),
  ]
  /// In the order in which a window meets them.
  private static let stages = ["decode", "checks", "sketch", "copies", "spectral", "trust"]
  /// What a window may take, all in all.
  private static let memoryBudgetBytes = 2e9

  static func run() throws -> Report {
    var report = Report(name: "judging")
    let figures = try windows.map { window in
      let figures = try measured(window)
      add(figures, of: window, to: &report)
      return figures
    }
    let total = figures.map { $0.stageSeconds.values.reduce(0, +) }
    let copies = figures.map { $0.stageSeconds["copies", default: 0] }
    let updates = Double(windows[1].updateCount) / Double(windows[0].updateCount)
    let parameters = Double(windows[2].parameterCount) / Double(windows[0].parameterCount)
    report.add("judging grows with updates", exponent(total[1] / total[0], updates), unit: "power")
    report.add("copies grow with updates", exponent(copies[1] / copies[0], updates), unit: "power")
    report.add("judging grows with parameters", exponent(total[2] / total[0], parameters), unit: "power")
    return report
  }

  /// x in growth = factor^x.
  private static func exponent(_ growth: Double, _ factor: Double) -> Double { log(growth) / log(factor) }

  private static func add(_ figures: JudgingFigures, of window: Window, to report: inout Report) {
    let count = Double(window.updateCount)
    for (stage, seconds) in stages.compactMap({ stage in figures.stageSeconds[stage].map { (stage, $0) } }) {
      let bound = stage == "sketch" ? ("unpack", count / figures.unpackSeconds) : nil
      report.add("\(window.name): \(stage)", count / seconds, unit: "updates/s a core", bound: bound)
    }
    let total = figures.stageSeconds.values.reduce(0, +)
    report.add("\(window.name): all stages", count / total, unit: "updates/s a core")
    report.add(
      "\(window.name): judge, \(figures.threads) threads", count / figures.threadedSeconds, unit: "updates/s")
    report.add("\(window.name): payloads", figures.payloadBytes / count, unit: "bytes an update")
    report.add(
      "\(window.name): memory, whole process", figures.peakBytes, unit: "bytes",
      bound: ("budget", memoryBudgetBytes))
  }

  private static func measured(_ window: Window) throws -> JudgingFigures {
    let output = try Subprocess.output(
      of: CommandLine.arguments[0],
      [JudgingFigures.command, "\(window.updateCount)", "\(window.parameterCount)"])
    return try JSONDecoder().decode(JudgingFigures.self, from: output)
  }
}
