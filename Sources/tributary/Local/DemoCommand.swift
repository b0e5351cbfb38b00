import Agents
import Engines
import Foundation
import Ledger
import Simulation
import Wire

/// `tributary demo`: a whole network on one machine, under attack, beside the same without attackers and with
/// plain averaging.
enum DemoCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "demo", summary: "train a model across simulated contributors, some hostile, and write a report",
    options: [
      .init(name: "--out", value: "DIR", help: "where to write (tributary-demo)"),
      .init(name: "--scenario", value: "FILE", help: "settings in JSON5; every field has a default"),
      .init(name: "--seed", value: "N", help: "another seed than the scenario's"),
      .init(name: "--print-scenario", value: nil, help: "print the default settings, with what each means"),
      .init(name: "--json", value: nil, help: "print summary.json instead of tables"),
    ],
    example: "tributary demo --seed 11 --out demo-11 && xdg-open demo-11/report.html")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    if arguments.has("--print-scenario") {
      print(Scenario.documentedDefault)
      return .success
    }
    let scenario = try scenario(arguments)
    let folder = DemoFolder(arguments.text("--out") ?? "tributary-demo")
    try folder.prepare()
    let record = try await Interruptible.run { try await play(scenario, in: folder) }
    try folder.write(record)
    if arguments.has("--json") {
      print(String(decoding: try record.json(), as: UTF8.self))
    } else {
      print(DemoText.lines(record, folder).joined(separator: "\n"))
    }
    return .success
  }

  private static func scenario(_ arguments: CommandLineArguments) throws -> Scenario {
    var scenario = try Scenario(path: arguments.text("--scenario"))
    if let seed: UInt64 = try arguments.number("--seed", in: 0...UInt64.max, command: specification) {
      scenario.seed = seed
    }
    return scenario
  }

  private static func play(_ scenario: Scenario, in folder: DemoFolder) async throws -> DemoRecord {
    let clock = ContinuousClock()
    let start = clock.now
    let runner = try DemoRunner(scenario)
    // The run on disk waits for it much of the time; the comparisons, in memory, use what that leaves.
    async let clean = runner.run(.noAttackers, progress: progress(.noAttackers, scenario))
    async let averaging = runner.run(.plainAveraging, progress: progress(.plainAveraging, scenario))
    let main = try await runner.run(in: folder.network, progress: progress(.tributary, scenario))
    let audit = try await NetworkAudit.run(folder.network)
    return DemoRecord(
      summary: try runner.summary(title: "Tributary demo"), run: main, cleanRun: try await clean,
      averagingRun: try await averaging, auditedRoot: audit.heads.first?.root.hex ?? "",
      wallSeconds: (clock.now - start) / .seconds(1))
  }

  /// Shows every version of the scenario's own run, and how the comparisons beside it end.
  private static func progress(_ run: DemoRun, _ scenario: Scenario) -> @Sendable (RunRecord.Version) -> Void
  {
    let bar = ProgressBar(title: run.rawValue, total: scenario.windows)
    return { version in
      guard run == .tributary || version.number == UInt64(scenario.windows) else { return }
      let loss = String(format: "%.3f", version.loss)
      let accuracy = String(format: "%.1f %%", 100 * version.accuracy)
      let window = version.number > 0 ? "window \(version.number)/\(scenario.windows)" : "start"
      bar.show(
        Int(version.number),
        "\(window.padded(to: 14)) version \(version.number)  loss \(loss)  accuracy \(accuracy)")
    }
  }
}

/// The folder that a demo writes.
struct DemoFolder: Sendable {
  let path: String

  init(_ path: String) { self.path = path }

  var network: NetworkFolder { NetworkFolder(path + "/network") }
  var reportPath: String { path + "/report.html" }
  var summaryPath: String { path + "/summary.json" }

  /// Makes room: replaces an earlier demo's output, and touches nothing else.
  func prepare() throws {
    let files = FileManager.default
    if let entries = try? files.contentsOfDirectory(atPath: path), !entries.isEmpty {
      guard Set(entries).isSubset(of: ["network", "report.html", "summary.json"]) else {
        throw UsageError(
          "\(path) holds other files than a demo's; name another folder with --out", command: "demo")
      }
      guard !entries.contains("network") || (try? network.genesis().name) == DemoRunner.networkName else {
        throw UsageError(
          "\(network.path) is no demo's network, or damaged; remove it or name another folder with --out",
          command: "demo")
      }
      for entry in entries { try files.removeItem(atPath: path + "/" + entry) }
    }
    try OutputFolder(path: path, command: "demo").make()
  }

  func write(_ record: DemoRecord) throws {
    try AtomicFile.write(try record.json(), to: summaryPath)
    try AtomicFile.write(Array(Report.html(record).utf8), to: reportPath)
  }
}
