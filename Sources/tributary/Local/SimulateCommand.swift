import Engines
import Foundation
import JSON5
import Simulation

/// `tributary simulate`: a scenario in memory, with as many contributors as there is memory for; or whole
/// networks in which everything fails that can.
enum SimulateCommand {
  static let command = Command(specification: specification, run: run)

  static let specification = CommandSpecification(
    name: "simulate",
    summary: "run a scenario in memory, with thousands of contributors, and write a report; or try faults",
    operands: ["SCENARIO"],
    options: [
      .init(name: "--out", value: "DIR", help: "where to write (tributary-simulation)"),
      .init(name: "--versions", value: "N", help: "other versions than the scenario's windows"),
      .init(name: "--contributors", value: "N", help: "another number of contributors than the scenario's"),
      .init(name: "--seed", value: "N", help: "another seed than the scenario's; of faults, one seed"),
      .init(name: "--threads", value: "N", help: "trainings at a time (one a core); no result depends on it"),
      .init(name: "--json", value: nil, help: "print simulation.json instead of tables"),
    ] + FaultsCommand.options,
    example: "tributary simulate examples/simulations/ten-thousand.json5 --out ten-thousand")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    if arguments.has(FaultsCommand.option) { return try await FaultsCommand.run(arguments) }
    let path = arguments.operands[0]
    let scenario = try scenario(path, arguments)
    let threads: Int =
      try arguments.number("--threads", in: 1...256, command: specification)
      ?? ProcessInfo.processInfo.activeProcessorCount
    let folder = SimulationFolder(arguments.text("--out") ?? "tributary-simulation")
    try folder.prepare()
    let progress = SimulationProgress(total: scenario.windows)
    let title = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
    let record = try await Interruptible.run {
      try await SimulationRunner(scenario, threads: threads).run(title: title) { progress.show($0) }
    }
    try folder.write(record)
    print(
      arguments.has("--json")
        ? String(decoding: try record.json(), as: UTF8.self)
        : SimulationText.lines(record, folder).joined(separator: "\n"))
    return .success
  }

  /// The scenario with what the command line changes of it, checked as a whole.
  private static func scenario(_ path: String, _ arguments: CommandLineArguments) throws -> Scenario {
    var scenario = try Scenario(path: path)
    if let seed: UInt64 = try arguments.number("--seed", in: 0...UInt64.max, command: specification) {
      scenario.seed = seed
    }
    if let windows: Int = try arguments.number("--versions", in: 1...10_000, command: specification) {
      scenario.windows = windows
    }
    if let count: Int = try arguments.number("--contributors", in: 1...65_535, command: specification) {
      scenario.contributors.count = count
    }
    return try Scenario(json5: Array(scenario.documented.utf8), name: path)
  }
}

/// Shows each version, and when the last one may be final.
private struct SimulationProgress {
  private let bar: ProgressBar
  private let total: Int
  private let start = ContinuousClock().now

  init(total: Int) {
    bar = ProgressBar(title: "simulation", total: total)
    self.total = total
  }

  func show(_ version: RunRecord.Version) {
    let done = Int(version.number)
    let left = (ContinuousClock().now - start) / Double(max(1, done)) * Double(total - done)
    let estimate = done == 0 ? "" : "  \(ProgressBar.text(left)) left"
    let loss = String(format: "%.3f", version.loss)
    let accuracy = String(format: "%.1f %%", 100 * version.accuracy)
    bar.show(done, "version \(done)/\(total)  loss \(loss)  accuracy \(accuracy)\(estimate)")
  }
}

/// The folder that a simulation writes.
///
///     simulation.json      the record
///     report.html          the report
struct SimulationFolder: Sendable {
  static let recordName = "simulation.json"

  let path: String

  init(_ path: String) { self.path = path }

  var recordPath: String { path + "/" + Self.recordName }
  var reportPath: String { path + "/report.html" }

  /// Makes the folder, unless there is one with a simulation in it, which is written over.
  func prepare() throws(UsageError) {
    try OutputFolder(path: path, command: "simulate").make(for: "a simulation's") {
      Set($0).isSubset(of: [Self.recordName, "report.html"])
    }
  }

  func write(_ record: SimulationRecord) throws {
    try AtomicFile.write(try record.json(), to: recordPath)
    try AtomicFile.write(Array(SimulationReport.html(record).utf8), to: reportPath)
  }

  /// Reads what `write` wrote; a path of its JSON file will do as well.
  func record() throws -> SimulationRecord {
    let file = path.hasSuffix(".json") ? path : recordPath
    return try SimulationRecord(
      json: try FileReader.read(file, limitBytes: SimulationRecord.fileBytesLimit))
  }
}
