import Agents
import Aggregation
import Engines
import Learning
import Ledger
import Wire

/// A verified version as a safetensors file, and what is said of it.
enum ModelFile {
  static let defaultPath = "model.safetensors"

  static func write(_ verified: ModelReader.Verified, to path: String) throws {
    let specification = verified.offer.specification
    let bytes = try Safetensors.encode(
      verified.model.weights, layout: try specification.layout,
      metadata: [
        ("format", "pt"), ("tributary.task", verified.offer.id.hex),
        ("tributary.trainer", specification.trainer.name), ("tributary.version", "\(verified.model.number)"),
        ("tributary.root", verified.header?.root.hex ?? ""),
      ])
    try AtomicFile.write(bytes, to: path)
  }

  static func text(_ verified: ModelReader.Verified, _ path: String) -> String {
    let proof = verified.header.map { "certified root \($0.root.hex)" } ?? "the author's first weights"
    let trainer = Console.shown(verified.offer.specification.trainer.name)
    return "\(path): version \(verified.model.number) of \(trainer), \(proof)"
  }

  static func json(_ verified: ModelReader.Verified, _ path: String) -> String {
    JSONText.of([
      "file": path, "task": verified.offer.id.hex, "trainer": verified.offer.specification.trainer.name,
      "version": verified.model.number, "root": verified.header?.root.hex ?? "",
    ])
  }

  /// The version that `--version` asks for.
  static func selection(
    _ arguments: CommandLineArguments, _ command: CommandSpecification
  ) throws(UsageError) -> ModelReader.Selection {
    guard let text = arguments.text("--version"), text != "final" else { return .final }
    guard let number = UInt64(text) else {
      throw UsageError("--version takes a number or 'final', not '\(text)'", command: command.name)
    }
    return .number(number)
  }
}
