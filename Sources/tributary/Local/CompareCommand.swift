import Engines
import Foundation
import Simulation

/// `tributary compare`: simulations side by side.
enum CompareCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "compare", summary: "lay simulations side by side", operands: ["RUN"], repeatsLastOperand: true,
    options: [
      .init(name: "--out", value: "FILE", help: "write a page with their curves as well"),
      .init(name: "--json", value: nil, help: "print the figures as JSON instead of a table"),
    ],
    example: "tributary compare with-judging without-judging --out comparison.html")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    var records: [(name: String, record: SimulationRecord)] = []
    for path in arguments.operands {
      records.append((name(path), try SimulationFolder(path).record()))
    }
    if let path = arguments.text("--out") {
      try AtomicFile.write(Array(SimulationComparison.html(records).utf8), to: path)
    }
    guard arguments.has("--json") else {
      print(SimulationText.comparison(records).joined(separator: "\n"))
      return .success
    }
    print(
      JSONText.of([
        "runs": try records.map { name, record in
          [
            "name": name, "summary": try JSONText.object(record.summary),
            "figures": try JSONText.object(record.figures), "cost": try JSONText.object(record.cost),
          ]
        }
      ]))
    return .success
  }

  /// A run is called what its folder is.
  private static func name(_ path: String) -> String {
    let url = URL(fileURLWithPath: path)
    return (path.hasSuffix(".json") ? url.deletingLastPathComponent() : url).lastPathComponent
  }
}
