import Aggregation
import Engines
import JSON5
import Ledger
import Settings
import Updates
import Wire

/// `tributary task check`: names every mistake in a task's file and in what it names, or says what would be
/// signed.
enum TaskCheckCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "task check", summary: "check a task's file and all that it names, and show what would be signed",
    operands: ["FILE"], options: [.json],
    example: "tributary task check task.json5")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    do {
      let task = try await PreparedTask.read(path: arguments.operands[0])
      print(arguments.has("--json") ? json(task) : text(task))
      return .success
    } catch let error as SettingsError where arguments.has("--json") {
      print(json(error))
      return .failure
    }
  }

  private static func text(_ task: PreparedTask) -> String {
    let (specification, reward) = (task.specification, task.settings.reward)
    let merge = specification.merge
    let bits = task.updateBits
    let density = (100 * bits / Double(task.firstWeights.count)).rounded() / 100
    return [
      "There is no mistake. What would be signed:",
      TextTable.pairs(
        [
          ("  name", Console.shown(specification.name)),
          ("  trainer", TaskText.trainer(specification.trainer)),
        ]
          + TaskText.files(specification.trainer) + [
            ("  parameters", "\(specification.parameterCount)"),
            ("  first weights", "\(task.firstWeightsBytes) bytes, \(specification.firstWeights.hex)"),
            ("  training", TaskText.training(specification.training)),
            ("  update", "about \(Int(bits.rounded())) bits, \(density) a parameter (\(merge.upForm))"),
            ("  contributors", contributors(task)),
            ("  window", "\(merge.windowSize) updates, at most \(merge.maximumStaleness) versions behind"),
            ("  merge", merge.rule.name),
            ("  reward", "\(reward.unitsPerVersion) units for the version that a window makes"),
            ("  escrow", "\(reward.escrowUnits) units, enough for \(task.paidVersions) versions"),
          ]),
    ].joined(separator: "\n")
  }

  /// What the packets' form means for whoever sends as many updates as are expected.
  private static func contributors(_ task: PreparedTask) -> String {
    let count = task.settings.updatesPerContributor
    let expected = "\(count) update\(count == 1 ? "" : "s") each are expected"
    guard task.specification.merge.upForm.takesFeedback else {
      return expected + "; nothing is kept between them"
    }
    guard let advice = task.advisedForm else { return expected + ", with error feedback" }
    return expected + ", few for error feedback: \(advice) learns faster, from those whom you trust"
  }

  private static func json(_ task: PreparedTask) -> String {
    JSONText.of([
      "mistakes": [Any](), "signed": TaskText.json(task.specification),
      "firstWeightsBytes": task.firstWeightsBytes, "updateBits": Int(task.updateBits.rounded()),
      "updatesPerContributor": task.settings.updatesPerContributor,
      "advisedForm": task.advisedForm.map(\.description) ?? JSONText.null,
      "escrowUnits": task.settings.reward.escrowUnits, "paidVersions": task.paidVersions,
    ])
  }

  private static func json(_ error: SettingsError) -> String {
    let mistakes = error.mistakes.map { mistake -> [String: Any] in
      [
        "line": mistake.place.map { $0.line } ?? JSONText.null,
        "column": mistake.place.map { $0.column } ?? JSONText.null,
        "field": mistake.path, "reason": error.reason(of: mistake),
      ]
    }
    return JSONText.of(["file": error.file, "mistakes": mistakes])
  }
}

extension PreparedTask {
  /// Reads a task's file. What goes wrong with its trainer is among the mistakes.
  static func read(path: String) async throws -> PreparedTask {
    try await read(json5: try TaskSettings.bytes(at: path), name: path) { _ in }
  }
}
