import Foundation
import Simulation

/// The whole command, as a process of its own: `tributary demo` with its default scenario.
enum DemoBenchmarks {
  private static let runs = 3
  private static let wallSecondsLimit = 60.0

  static func run() throws -> Report {
    var report = Report(name: "demo")
    let command = try command()
    let (wallSeconds, record) = try TemporaryFolder.with { folder in
      var times: [Double] = []
      for run in 1...runs {
        let start = ContinuousClock.now
        _ = try Subprocess.output(of: command, ["demo", "--out", "\(folder)/demo"])
        times.append((ContinuousClock.now - start) / .seconds(1))
        Progress.say("  run \(run) of \(runs)")
      }
      let summary = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/demo/summary.json"))
      return (Stopwatch.median(times), try DemoRecord(json: Array(summary)))
    }
    report.add(
      "wall time, three runs and an audit", wallSeconds, unit: "s", bound: ("budget", wallSecondsLimit))
    add(record.figures, to: &report)
    return report
  }

  private static func add(_ figures: DemoFigures, to report: inout Report) {
    report.add(
      "accuracy under attack", figures.accuracy, unit: "",
      peer: figures.cleanAccuracy.map { ("no attackers", $0) })
    if let averaging = figures.averagingAccuracy {
      report.add("accuracy of plain averaging", averaging, unit: "", peer: ("Tributary", figures.accuracy))
    }
    report.add("versions", Double(figures.versions), unit: "")
    report.add(
      "bytes up", Double(figures.bytesUp), unit: "bytes",
      peer: ("dense Float32", Double(figures.denseBytesUp)))
    report.add(
      "bytes down", Double(figures.bytesDown), unit: "bytes",
      peer: ("dense Float32", Double(figures.denseBytesDown)))
  }

  /// The command stands where this program stands.
  static func command() throws -> String {
    let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let command = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("tributary")
      .path
    guard FileManager.default.isExecutableFile(atPath: command) else {
      throw BenchmarkError("there is no \(command): `make bench` builds it")
    }
    return command
  }
}
