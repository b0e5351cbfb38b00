import Engines
import JSON5
import Learning
import Numerics
import Settings
import Trainers

/// `tributary model evaluate`: how good a model is on examples of one's own.
enum ModelEvaluateCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "model evaluate", summary: "measure loss and accuracy of a model file on examples",
    operands: ["FILE"],
    options: [
      .init(name: "--model", value: "NAME", help: "which model the file holds, such as mlp(64,32,10)"),
      .init(
        name: "--data", value: "FILE",
        help: "a JSON5 file that names the examples, or a trainer that has them"),
      .init(
        name: "--print-data", value: nil, help: "print such a file, with what each field means",
        replacesOperands: true),
      .json,
    ],
    example: "tributary model evaluate model.safetensors --model 'mlp(64,32,10)' --data test.json5")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    if arguments.has("--print-data") {
      print(EvaluationSettings.documented)
      return .success
    }
    let settings = try EvaluationSettings(path: arguments.text("--data"))
    let path = arguments.operands[0]
    let evaluation: Evaluation
    if let command = settings.trainer?.command {
      guard !arguments.has("--model") else {
        throw UsageError("a trainer has a model of its own; leave out --model", command: specification.name)
      }
      let trainer = try await ProcessTrainer.start(command, expecting: nil) { _ in }
      evaluation = try await Self.evaluation(of: path, by: trainer)
      await trainer.stop()
    } else {
      guard let name = arguments.text("--model") else {
        throw UsageError("'\(specification.name)' needs --model NAME", command: specification.name)
      }
      let model = try ModelSpecification(parsing: name)
      evaluation = try await Self.evaluation(
        of: path, by: try NativeTrainer(model, try DatasetLoader.load(settings.data)))
    }
    print(arguments.has("--json") ? json(evaluation) : text(evaluation))
    return .success
  }

  private static func evaluation(of path: String, by trainer: any Trainer) async throws -> Evaluation {
    let bytes = try FileReader.read(path, limitBytes: Safetensors.bytesLimit(of: trainer.layout))
    return try await trainer.evaluate(try Safetensors.decode(bytes, layout: trainer.layout))
  }

  private static func json(_ evaluation: Evaluation) -> String {
    var object: [String: Any] = evaluation.metrics
    object["loss"] = evaluation.loss
    object["examples"] = evaluation.examples
    return JSONText.of(object)
  }

  private static func text(_ evaluation: Evaluation) -> String {
    let metrics = evaluation.metrics.sorted { $0.key < $1.key }.map { "\(Console.shown($0.key)) \($0.value)" }
    let measured = (metrics + ["loss \(evaluation.loss)"]).joined(separator: ", ")
    return "\(measured) on \(evaluation.examples) examples"
  }
}
