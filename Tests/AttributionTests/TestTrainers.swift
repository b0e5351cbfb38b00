import Learning
import Numerics

/// A trainer whose loss is a polynomial in one direction: L(x) = p(sum of x_i), so that integrals are known.
struct PolynomialTrainer: Trainer {
  let layout: ParameterLayout
  /// The coefficients, the constant first.
  let coefficients: [Double]

  init(_ coefficients: [Double], parameterCount: Int) throws {
    self.coefficients = coefficients
    layout = try ParameterLayout([("x", [parameterCount])])
  }

  func initialWeights(seed: UInt64) throws(LearningError) -> [Float] {
    [Float](repeating: 0, count: layout.count)
  }

  func train(
    _ weights: [Float], _ configuration: TrainingConfiguration
  ) async throws(LearningError) -> TrainingResult {
    TrainingResult(weights: weights, examples: 1, steps: 0, loss: 0)
  }

  func evaluate(_ weights: [Float]) async throws(LearningError) -> Evaluation {
    let sum = weights.reduce(0.0) { $0 + Double($1) }
    let loss = coefficients.reversed().reduce(0.0) { $0 * sum + $1 }
    return Evaluation(loss: loss, examples: 1)
  }

  func gradient(_ weights: [Float]) async throws(LearningError) -> GradientResult {
    let sum = weights.reduce(0.0) { $0 + Double($1) }
    var slope = 0.0
    for (power, coefficient) in coefficients.enumerated().dropFirst().reversed() {
      slope = slope * sum + Double(power) * coefficient
    }
    return GradientResult(
      loss: try await evaluate(weights).loss,
      gradient: [Float](repeating: Float(slope), count: weights.count), examples: 1)
  }
}
