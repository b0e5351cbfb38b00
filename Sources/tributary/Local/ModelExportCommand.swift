import Agents
import Engines
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
    let (selection, task) = (
      try ModelFile.selection(arguments, specification), try task(arguments)
    )
    let path = arguments.text("--out") ?? ModelFile.defaultPath
    let verified: ModelReader.Verified
    do {
      verified = try await ModelReader.read(selection, task: task, in: NetworkFolder(arguments.operands[0]))
    } catch let error where Verification.isFailure(error) {
      return Verification.report(error, "the model cannot be verified")
    }
    try ModelFile.write(verified, to: path)
    print(arguments.has("--json") ? ModelFile.json(verified, path) : ModelFile.text(verified, path))
    return .success
  }

  private static func task(_ arguments: CommandLineArguments) throws(UsageError) -> Digest? {
    guard let text = arguments.text("--task") else { return nil }
    guard let digest = Digest(hex: text) else {
      throw UsageError("--task takes 64 hexadecimal digits, not '\(text)'", command: specification.name)
    }
    return digest
  }
}
