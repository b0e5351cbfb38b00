import Aggregation
import Ledger
import Numerics
import Updates
import Wire

/// What an author signs of a task, in words and for scripts.
enum TaskText {
  static func trainer(_ trainer: TrainerSpecification) -> String {
    switch trainer {
    case .native(let name): "\(Console.shown(name)), a native model"
    case .process(let process):
      "\(Console.shown(process.name)), a process with \(process.layout.tensors.count) tensors"
    }
  }

  /// The files that every node runs alike, a row each.
  static func files(_ trainer: TrainerSpecification) -> [(String, String)] {
    guard case .process(let process) = trainer else { return [] }
    return process.files.map { ("  file", "\($0.name) \($0.digest.hex)") }
  }

  static func training(_ plan: TrainingPlan) -> String {
    let length =
      switch plan.duration {
      case .epochs(let count): "\(count) epochs"
      case .steps(let count): "\(count) steps"
      }
    return "\(length), batches of \(plan.batchSize), rate \(Double(plan.learningRateMillionths) / 1_000_000)"
  }

  /// What is signed, for scripts.
  static func json(_ specification: TaskSpecification) -> [String: Any] {
    let (training, merge, reward) = (specification.training, specification.merge, specification.reward)
    var object: [String: Any] = [
      "name": specification.name, "trainer": json(specification.trainer),
      "parameters": specification.parameterCount, "firstWeights": specification.firstWeights.hex,
      "firstParametersRoot": specification.firstParametersRoot.hex, "batchSize": training.batchSize,
      "learningRateMillionths": training.learningRateMillionths, "rule": merge.rule.name,
      "windowSize": merge.windowSize, "maximumStaleness": merge.maximumStaleness,
      "upForm": merge.upForm.description, "unitsPerVersion": reward.unitsPerVersion,
      "authorBasisPoints": reward.authorBasisPoints, "validatorBasisPoints": reward.validatorBasisPoints,
    ]
    switch training.duration {
    case .epochs(let count): object["epochs"] = count
    case .steps(let count): object["steps"] = count
    }
    return object
  }

  private static func json(_ trainer: TrainerSpecification) -> [String: Any] {
    switch trainer {
    case .native(let name): return ["kind": "native", "name": name]
    case .process(let process):
      return [
        "kind": "process", "name": process.name,
        "tensors": process.layout.tensors.map { ["name": $0.name, "shape": $0.shape] as [String: Any] },
        "files": process.files.map { ["name": $0.name, "digest": $0.digest.hex] },
      ]
    }
  }
}
