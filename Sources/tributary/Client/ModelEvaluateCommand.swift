import Engines
import JSON5
import Learning
import Numerics
import Settings

/// `tributary model evaluate`: how good a model is on examples of one's own.
enum ModelEvaluateCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "model evaluate", summary: "measure loss and accuracy of a model file on examples",
    operands: ["FILE"],
    options: [
      .init(name: "--model", value: "NAME", help: "which model the file holds, such as mlp(64,32,10)"),
      .init(name: "--data", value: "FILE", help: "a JSON5 file whose field 'data' names the examples"),
      .init(
        name: "--print-data", value: nil, help: "print such a file, with what each field means",
        replacesOperands: true),
      .json,
    ],
    example: "tributary model evaluate model.safetensors --model 'mlp(64,32,10)' --data test.json5")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    if arguments.has("--print-data") {
      print("{\n\(DataSettings.documented(purpose: "What the model is measured on.", share: "\"test\""))\n}")
      return .success
    }
    guard let name = arguments.text("--model") else {
      throw UsageError("'\(specification.name)' needs --model NAME", command: specification.name)
    }
    let model = try ModelSpecification(parsing: name)
    var data = DataSettings()
    if let path = arguments.text("--data") {
      let bytes = try FileReader.read(path, limitBytes: SettingsFields.fileBytesLimit)
      data = try SettingsFields.read(bytes, name: path) { fields in
        var data = DataSettings()
        fields.object("data") { data.read(&$0) }
        return data
      }
    }
    let trainer = try NativeTrainer(model, try DatasetLoader.load(data))
    let weights = try Safetensors.decode(
      try FileReader.read(arguments.operands[0], limitBytes: Safetensors.bytesLimit(of: model.layout)),
      layout: model.layout)
    let evaluation = try await trainer.evaluate(weights)
    print(arguments.has("--json") ? json(evaluation) : text(evaluation))
    return .success
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
