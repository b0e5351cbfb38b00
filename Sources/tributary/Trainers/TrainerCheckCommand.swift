import Foundation
import Trainers

/// `tributary trainer check`: tells the author of a trainer what is wrong with it.
enum TrainerCheckCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "trainer check", summary: "find out what is wrong with a trainer, in seconds",
    operands: ["FILE-OR-COMMAND"],
    options: [
      .init(name: "--folder", value: "DIR", help: "where it runs (the current folder)"),
      .init(name: "--python", value: "PROGRAM", help: "what runs a .py file (python3)"),
      .init(name: "--argument", value: "TEXT", help: "an argument for it; may be repeated"),
      .init(name: "--seed", value: "N", help: "decides weights, batches and directions (1)"),
      .init(name: "--steps", value: "N", help: "the steps of a training run (3)"),
      .init(name: "--batch-size", value: "N", help: "the examples of a step (32)"),
      .init(name: "--start-seconds", value: "N", help: "what it may take to start (120)"),
      .init(name: "--call-seconds", value: "N", help: "what a call may take (600)"),
      .init(name: "--memory", value: "MIB", help: "what its processes may have (no limit)"),
      .json,
    ],
    example: "tributary trainer check train.py")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    let command = try command(arguments)
    var settings = TrainerCheck.Settings()
    settings.seed =
      try arguments.number("--seed", in: 0...UInt64.max, command: specification) ?? settings.seed
    settings.steps = try arguments.number("--steps", in: 1...10_000, command: specification) ?? settings.steps
    settings.batchSize =
      try arguments.number("--batch-size", in: 1...1_000_000, command: specification) ?? settings.batchSize
    let found = settings
    let report = try await Interruptible.run {
      try await TrainerCheck.run(command, found) { _ in }
    }
    print(arguments.has("--json") ? json(report) : text(report))
    return report.isFine ? .success : .damaged
  }

  /// A Python file is run by Python; anything else is the program itself.
  private static func command(_ arguments: CommandLineArguments) throws -> TrainerCommand {
    let seconds = 1...86_400
    let operand = arguments.operands[0]
    var words = [operand] + arguments.texts("--argument")
    if operand.hasSuffix(".py") { words.insert(arguments.text("--python") ?? "python3", at: 0) }
    var command = TrainerCommand(words, folder: arguments.text("--folder") ?? ".")
    if let limit = try arguments.number("--start-seconds", in: seconds, command: specification) {
      command.limits.startSeconds = Double(limit)
    }
    if let limit = try arguments.number("--call-seconds", in: seconds, command: specification) {
      (command.limits.trainSeconds, command.limits.judgeSeconds) = (Double(limit), Double(limit))
    }
    if let limit = try arguments.number("--memory", in: 1...1 << 30, command: specification) {
      command.limits.memoryBytes = limit << 20
    }
    return command
  }

  private static func text(_ report: TrainerCheck.Report) -> String {
    var lines = report.findings.map { finding in
      let mark =
        switch finding.verdict {
        case .passed: "ok    "
        case .noted: "note  "
        case .failed: "WRONG "
        }
      let remedy = finding.remedy.isEmpty ? "" : "\n        -> \(finding.remedy)"
      let text = finding.text.split(separator: "\n").map { Console.shown(String($0)) }
      return "\(mark) \(finding.subject.padded(to: 10)) \(text.joined(separator: "\n        "))\(remedy)"
    }
    if !report.costs.isEmpty {
      let rows = report.costs.map { cost in
        [
          cost.call, "\(cost.count)", String(format: "%.4f", cost.medianSeconds),
          "\(cost.peakMemoryBytes >> 20)",
        ]
      }
      lines += [""] + TextTable.lines([["call", "calls", "seconds", "MiB at most"]] + rows)
    }
    let failed = report.findings.count { $0.verdict == .failed }
    lines += [
      "", failed == 0 ? "the trainer is fine" : "\(failed) of \(report.findings.count) findings are wrong",
    ]
    return lines.joined(separator: "\n")
  }

  private static func json(_ report: TrainerCheck.Report) -> String {
    let findings = report.findings.map { finding in
      [
        "verdict": finding.verdict.rawValue, "subject": finding.subject, "text": finding.text,
        "remedy": finding.remedy,
      ]
    }
    let costs: [[String: Any]] = report.costs.map { cost in
      [
        "call": cost.call, "count": cost.count, "medianSeconds": cost.medianSeconds,
        "peakMemoryBytes": cost.peakMemoryBytes,
      ]
    }
    return JSONText.of(["ok": report.isFine, "name": report.name, "findings": findings, "costs": costs])
  }
}
