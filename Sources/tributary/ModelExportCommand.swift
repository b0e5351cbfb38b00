import Agents
import Aggregation
import Engines
import Learning
import Ledger
import Wire

/// `tributary model export`: verifies a version and writes it as safetensors.
enum ModelExportCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "model export", summary: "verify a version's certificate and write its weights as safetensors",
    operands: ["DIR"],
    options: [
      .init(name: "--version", value: "N", help: "a version's number, or 'final' (final)"),
      .init(name: "--task", value: "ID", help: "whose model, where the network has several tasks"),
      .init(name: "--out", value: "FILE", help: "where to write (model.safetensors)"),
      .init(name: "--json", value: nil, help: "print what was written as JSON"),
    ],
    example: "tributary model export tributary-demo/network --version final --out model.safetensors")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    let (selection, task) = (try selection(arguments), try task(arguments))
    let path = arguments.text("--out") ?? "model.safetensors"
    let verified: ModelReader.Verified
    do {
      verified = try await ModelReader.read(selection, task: task, in: NetworkFolder(arguments.operands[0]))
    } catch let error as AgentError {
      if case .absent = error { throw error }
      Console.error("the model cannot be verified: \(error)")
      return .damaged
    } catch let error as EngineError {
      Console.error("the model cannot be verified: \(error)")
      return .damaged
    }
    try write(verified, to: path)
    print(arguments.has("--json") ? json(verified, path) : text(verified, path))
    return .success
  }

  private static func write(_ verified: ModelReader.Verified, to path: String) throws {
    let specification = try ModelSpecification(parsing: verified.offer.specification.trainer)
    let bytes = try Safetensors.encode(
      verified.model.weights, layout: specification.layout,
      metadata: [
        ("format", "pt"), ("tributary.task", verified.offer.id.hex),
        ("tributary.trainer", specification.description), ("tributary.version", "\(verified.model.number)"),
        ("tributary.root", verified.header?.root.hex ?? ""),
      ])
    try AtomicFile.write(bytes, to: path)
  }

  private static func text(_ verified: ModelReader.Verified, _ path: String) -> String {
    let proof = verified.header.map { "certified root \($0.root.hex)" } ?? "the author's first weights"
    return "\(path): version \(verified.model.number) of \(verified.offer.specification.trainer), \(proof)"
  }

  private static func json(_ verified: ModelReader.Verified, _ path: String) -> String {
    JSONText.of([
      "file": path, "task": verified.offer.id.hex, "trainer": verified.offer.specification.trainer,
      "version": verified.model.number, "root": verified.header?.root.hex ?? "",
    ])
  }

  private static func selection(_ arguments: CommandLineArguments) throws(UsageError) -> ModelReader.Selection
  {
    guard let text = arguments.text("--version"), text != "final" else { return .final }
    guard let number = UInt64(text) else {
      throw UsageError("--version takes a number or 'final', not '\(text)'", command: specification.name)
    }
    return .number(number)
  }

  private static func task(_ arguments: CommandLineArguments) throws(UsageError) -> Digest? {
    guard let text = arguments.text("--task") else { return nil }
    guard let digest = Digest(hex: text) else {
      throw UsageError("--task takes 64 hexadecimal digits, not '\(text)'", command: specification.name)
    }
    return digest
  }
}
