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
    ],
    example: "tributary model export tributary-demo/network --version final --out model.safetensors")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    let folder = NetworkFolder(arguments.operands[0])
    let path = arguments.text("--out") ?? "model.safetensors"
    let task = try task(arguments)
    let verified = try await ModelReader.read(try selection(arguments), task: task, in: folder)
    let specification = try ModelSpecification(parsing: verified.offer.specification.trainer)
    let root = verified.header?.root.hex ?? ""
    let bytes = try Safetensors.encode(
      verified.model.weights, layout: specification.layout,
      metadata: [
        ("format", "pt"), ("tributary.task", verified.offer.id.hex),
        ("tributary.trainer", specification.description),
        ("tributary.version", "\(verified.model.number)"), ("tributary.root", root),
      ])
    try AtomicFile.write(bytes, to: path)
    let proof = verified.header == nil ? "the author's first weights" : "certified root \(root)"
    print("\(path): version \(verified.model.number) of \(specification), \(proof)")
    return .success
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
