import Learning
import Numerics

extension Examination {
  /// Training: it moves the weights, begins anew each time, and leaves no traces.
  mutating func train(_ weights: [Float], _ before: Evaluation?) async throws(LearningError) {
    guard let none = try await training(weights, steps: 0) else { return }
    if none.weights != weights {
      fail(
        "train", "no step changes \(Self.text(of: none.weights, from: weights))",
        "load the input into the model as it is, and return it so when 'steps' is 0")
    }
    guard let first = try await training(weights, steps: settings.steps),
      let second = try await training(weights, steps: settings.steps)
    else { return }
    moved(weights, by: first)
    repeated(weights, first, second)
    guard let before, let after = try await evaluation(weights) else { return }
    compare(
      before, after, "judgements of the same weights before and after training",
      "what training changes beside the weights, such as running means, has to be put back, or to be one "
        + "of the tensors")
  }

  private mutating func moved(_ weights: [Float], by result: TrainingResult) {
    guard result.weights != weights else {
      return fail(
        "train", "\(settings.steps) steps leave the weights as they were",
        "return the weights after training, and use 'learningRate'")
    }
    let norm = Kernels.squaredDistance(result.weights, weights).squareRoot()
    pass(
      "train",
      "\(settings.steps) steps move the weights by \(Float(norm)), at a loss of \(Float(result.loss))")
    if result.steps != settings.steps {
      note(
        "train", "it took \(result.steps) steps where \(settings.steps) were asked for",
        "take as many as 'steps' says, so that contributors work alike")
    }
  }

  private mutating func repeated(_ weights: [Float], _ first: TrainingResult, _ second: TrainingResult) {
    let distance = Kernels.squaredDistance(first.weights, second.weights).squareRoot()
    let movement = Kernels.squaredDistance(first.weights, weights).squareRoot()
    if first.weights == second.weights {
      pass("train", "two runs from the same weights and seed end alike")
    } else if distance <= 1e-3 * movement {
      note("train", "two runs from the same weights and seed differ in the last digits", "this does no harm")
    } else {
      note(
        "train",
        "two runs from the same weights and seed end apart: "
          + Self.text(of: second.weights, from: first.weights),
        "make the optimiser anew in each call, so that no momentum is left over, and draw batches with 'seed'"
      )
    }
  }

  private static func text(of values: [Float], from others: [Float]) -> String {
    let count = zip(values, others).count { $0.bitPattern != $1.bitPattern }
    return "\(count) of \(values.count) values differ"
  }
}
