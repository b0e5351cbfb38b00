import JSON5
import Learning
import Numerics
import Testing

@testable import Trainers

@Suite struct AnswerTests {
  private static let evaluation =
    #"{"id": 3, "result": {"examples": 10, "loss": 0.5, "metrics": {"accuracy": 0.75, "f1": -2}}}"#
  private static let description =
    #"{"id": 1, "result": {"tensors": [{"name": "w", "shape": [2, 3]}, {"name": "s", "shape": []}], "#
    + #""examples": 4, "groups": 2, "name": "n"}}"#

  private func read<Result>(
    _ text: String, _ request: TrainerRequest<Result>, id: UInt64 = 3
  ) throws -> TrainerAnswer<Result> {
    try TrainerAnswer.read(Array(text.utf8), to: id, request.read)
  }

  private func refusal<Result>(_ text: String, _ request: TrainerRequest<Result>) -> String {
    let fault = #expect(throws: TrainerFault.self, "\(text)") { try read(text, request) }
    return fault?.reason ?? ""
  }

  @Test func requestsAreJSON() throws {
    let configuration = TrainingConfiguration(
      .epochs(2), batchSize: 8, learningRate: 1e-7, weightDecay: 0.5, seed: .max)
    let train = TrainerRequest.train([1], configuration).text(id: 3)
    #expect(
      train == #"{"id": 3, "call": "train", "epochs": 2, "batchSize": 8, "learningRate": 1e-07, "#
        + #""weightDecay": 0.5, "seed": "18446744073709551615"}"#)
    #expect(
      TrainerRequest.gradient([1], group: 4).text(id: 9) == #"{"id": 9, "call": "gradient", "group": 4}"#)
    #expect(TrainerRequest.gradient([1], group: nil).text(id: 9) == #"{"id": 9, "call": "gradient"}"#)
    #expect(
      TrainerRequest.initialize(seed: 5).text(id: 1) == #"{"id": 1, "call": "initialize", "seed": "5"}"#)
  }

  @Test func readsEveryKindOfAnswer() throws {
    guard case .result(let evaluation) = try read(Self.evaluation, .evaluate([])) else {
      return #expect(Bool(false))
    }
    #expect(evaluation == Evaluation(loss: 0.5, examples: 10, metrics: ["accuracy": 0.75, "f1": -2]))
    guard case .result(let found) = try read(Self.description, .describe, id: 1) else {
      return #expect(Bool(false))
    }
    #expect(found.layout.count == 7 && found.layout["s"]?.shape == [])
    #expect(found.examples == 4 && found.groups == 2 && found.name == "n")
    let text = #"{"id": 3, "progress": {"step": 1, "steps": 2, "loss": 0.25}}"#
    guard case .progress(let progress) = try read(text, .evaluate([])) else { return #expect(Bool(false)) }
    #expect("\(progress)" == "step 1 of 2, loss 0.25")
    guard case .error("e") = try read(#"{"id": 3, "error": "e"}"#, .evaluate([])) else {
      return #expect(Bool(false))
    }
  }

  /// Each is refused, with what is wrong.
  @Test(arguments: [
    ("[]", "an object"), ("", "expected a value"), ("{\"id\": 3}", "one of"),
    (#"{"id": 4, "error": "e"}"#, "id is 4"), (#"{"error": "e"}"#, "id is missing"),
    (#"{"id": 3, "error": ""}"#, "empty"), (#"{"id": 3, "error": 5}"#, "a string"),
    (#"{"id": 3, "result": {"examples": 1, "loss": 1}, "x": 1}"#, "unknown field 'x'"),
    (#"{"id": 3, "result": {"examples": 1, "loss": 1, "lost": 1}}"#, "result.lost"),
    (#"{"id": 3, "result": {"examples": 0, "loss": 1}}"#, "result.examples is 0"),
    (#"{"id": 3, "result": {"examples": 1.5, "loss": 1}}"#, "result.examples is 1.5"),
    (#"{"id": 3, "result": {"examples": 1, "loss": NaN}}"#, "result.loss is nan"),
    (#"{"id": 3, "result": {"examples": 1, "loss": Infinity}}"#, "result.loss is inf"),
    (#"{"id": 3, "result": {"examples": 1, "loss": "1"}}"#, "result.loss is a string"),
    (#"{"id": 3, "result": {"examples": 1}}"#, "result.loss is missing"),
    (#"{"id": 3, "result": 7}"#, "result is a number"),
    (#"{"id": 3, "error": "e", "result": {"examples": 1, "loss": 1}}"#, "one of"),
    (#"{"id": 3, "id": 3, "error": "e"}"#, "twice"),
  ])
  func refusesOtherForms(_ text: String, _ part: String) {
    let reason = refusal(text, .gradient([], group: nil))
    #expect(reason.contains(part), "\(text): \(reason)")
  }

  @Test(arguments: [
    (#"{"w": 1, "accuracy": 1.5}"#, "metrics.accuracy is 1.5"), (#"{"w": NaN}"#, "metrics.w"),
    (#"{"": 1}"#, "1 to 64 bytes"), (#"{"w": null}"#, "metrics.w is null"), ("3", "metrics"),
  ])
  func refusesOtherMetrics(_ metrics: String, _ part: String) {
    let text = #"{"id": 3, "result": {"examples": 1, "loss": 1, "metrics": "# + metrics + "}}"
    let reason = refusal(text, .evaluate([]))
    #expect(reason.contains(part), "\(reason)")
  }

  @Test func refusesTooManyMetrics() {
    let metrics = (0..<65).map { "\"m\($0)\": 1" }.joined(separator: ",")
    let text = #"{"id": 3, "result": {"examples": 1, "loss": 1, "metrics": {"# + metrics + "}}}"
    #expect(refusal(text, .evaluate([])).contains("more than 64"))
  }

  @Test(arguments: [
    (#"[{"name": "w", "shape": [0]}]"#, "shape"),
    (#"[{"name": "w", "shape": [2]}, {"name": "w", "shape": [1]}]"#, "two"),
    (#"[]"#, "tensors"), (#"[{"name": "", "shape": [1]}]"#, "empty"),
    (#"[{"name": "w"}]"#, "shape is missing"),
    (#"[{"name": "w", "shape": [1073741824, 2]}]"#, "more than"),
    (#"[{"name": "w", "shape": [4611686018427387904]}]"#, "shape"),
    (#"[{"name": "w", "shape": [1,1,1,1,1,1,1,1,1]}]"#, "shape"), (#"[["w", [1]]]"#, "tensors[0]"),
  ])
  func refusesOtherTensors(_ tensors: String, _ part: String) {
    let text = #"{"id": 3, "result": {"tensors": "# + tensors + #", "examples": 1, "groups": 1, "name": ""}}"#
    let reason = refusal(text, .describe)
    #expect(reason.contains(part), "\(reason)")
  }

  /// Whatever the bytes, reading ends with an answer or a fault.
  @Test func damagedAnswersAreReadOrRefused() {
    var random = SeededRandom(seed: 93)
    var refused = 0
    for round in 0..<4_000 {
      var bytes = Array((round.isMultiple(of: 2) ? Self.evaluation : Self.description).utf8)
      switch random.integer(below: 3) {
      case 0: bytes = Array(bytes.prefix(random.integer(below: bytes.count)))
      case 1: bytes[random.integer(below: bytes.count)] = UInt8(random.integer(below: 256))
      default: bytes.insert(UInt8(random.integer(below: 256)), at: random.integer(below: bytes.count))
      }
      do {
        if round.isMultiple(of: 2) {
          _ = try TrainerAnswer.read(bytes, to: 3, TrainerRequest.evaluate([]).read)
        } else {
          _ = try TrainerAnswer.read(bytes, to: 1, TrainerRequest.describe.read)
        }
      } catch {
        refused += 1
      }
    }
    #expect((2_000..<4_000).contains(refused), "seed 93: \(refused)")
  }

  @Test func layoutsAreToldApart() throws {
    let layout = try ParameterLayout([("w", [2, 3]), ("b", [2])])
    func difference(_ tensors: [(name: String, shape: [Int])]) throws -> String {
      TrainerDescription.difference(of: try ParameterLayout(tensors), from: layout) ?? "none"
    }
    #expect(try difference([("w", [2, 3]), ("b", [2])]) == "none")
    #expect(try difference([("w", [3, 2]), ("b", [2])]) == "\"w\" [3, 2] should have the shape [2, 3]")
    #expect(try difference([("w", [2, 3])]) == "\"b\" [2] is missing")
    #expect(try difference([("b", [2]), ("w", [2, 3])]).contains("the order differs"))
    #expect(try difference([("w", [2, 3]), ("b", [2]), ("c", [])]) == "\"c\" [] is not expected")
    let many = (0..<20).map { (name: "t\($0)", shape: [1]) }
    #expect(try difference(many).hasSuffix("; 17 more"))
  }
}
