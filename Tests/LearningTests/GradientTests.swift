import Learning
import Numerics
import Testing

@Suite(.timeLimit(.minutes(10))) struct GradientTests {
  @Test func gradientsAndStepsAgreeWithPyTorch() async throws {
    for golden in try GradientFixture.load().cases {
      let specification = try ModelSpecification(parsing: golden.model)
      let dataset = try Dataset(
        features: golden.features, featureCount: specification.featureCount, labels: golden.labels,
        classCount: specification.classCount)
      let trainer = try NativeTrainer(specification, dataset)
      let result = try await trainer.gradient(golden.weights)
      #expect(abs(result.loss - golden.loss) < 1e-6, "\(golden.model)")
      #expect(largestDifference(result.gradient, golden.gradient) < 1e-6, "\(golden.model)")
      let evaluation = try await trainer.evaluate(golden.weights)
      #expect(abs(evaluation.loss - golden.loss) < 1e-6, "\(golden.model)")

      let configuration = TrainingConfiguration(
        .epochs(3), batchSize: dataset.count, learningRate: golden.learningRate,
        weightDecay: golden.weightDecay)
      let trained = try await trainer.train(golden.weights, configuration)
      #expect(largestDifference(trained.weights, golden.trained) < 2e-6, "\(golden.model)")
      #expect(trained.steps == 3)
    }
  }

  @Test func digitsAgreeWithPyTorch() async throws {
    let dataset = try Digits.load()
    for golden in try GradientFixture.load().digits {
      let trainer = try NativeTrainer(ModelSpecification(parsing: golden.model), dataset)
      let weights = (0..<trainer.layout.count).map { index in
        Float((index * 7_919) % 1_024 - 512) / 4_096
      }
      let result = try await trainer.gradient(weights)
      #expect(abs(result.loss - golden.loss) < 1e-5, "\(golden.model)")
      #expect(abs(Kernels.norm(result.gradient) - golden.gradientNorm) < 1e-5, "\(golden.model)")
      let sampled = stride(from: 0, to: weights.count, by: 97).map { result.gradient[$0] }
      #expect(largestDifference(sampled, golden.gradientEvery97th) < 1e-6, "\(golden.model)")
      let evaluation = try await trainer.evaluate(weights)
      // Two near-equal logits may swap between single and double precision.
      let accuracy = try #require(evaluation.accuracy)
      #expect(abs(accuracy - golden.accuracy) < 2 / 1_797, "\(golden.model)")
    }
  }

  @Test(arguments: [
    "softmax(6,4)", "mlp(6,8,4)", "mlp(6,7,5,4)", "conv(5x4x2,3x3x3,4)", "conv(8x8x1,5x5x4,3x3x3,6,4)",
    "conv(2x2x3,1x1x5,4)",
  ])
  func gradientsAgreeWithFiniteDifferences(name: String) async throws {
    let specification = try ModelSpecification(parsing: name)
    let dataset = try randomDataset(
      count: 20, features: specification.featureCount, classes: 4, seed: 61)
    let trainer = try NativeTrainer(specification, dataset)
    let weights = try trainer.initialWeights(seed: 62)
    let gradient = try await trainer.gradient(weights).gradient
    var random = SeededRandom(seed: 63)
    for _ in 0..<12 {
      // Along a random direction of length 1: far enough for the rounding of Float not to matter, and near
      // enough for few rectifiers to turn on or off.
      var direction = random.gaussianVector(count: weights.count, deviation: 1)
      Kernels.scale(&direction, by: 1 / Float(Kernels.norm(direction)))
      let step: Float = 1e-3
      var ahead = weights
      Kernels.axpy(step, direction, &ahead)
      var behind = weights
      Kernels.axpy(-step, direction, &behind)
      let difference =
        try await trainer.evaluate(ahead).loss - trainer.evaluate(behind).loss
      let slope = difference / Double(2 * step)
      let expected = Kernels.dot(gradient, direction)
      #expect(abs(slope - expected) < 1e-3, "seed 63: \(slope) for \(expected)")
    }
  }

  @Test func batchesOfTheSweepAddUp() async throws {
    // More than two batches of 256, the last one short, against a mean over the parts.
    let whole = try randomDataset(count: 600, features: 5, classes: 3, seed: 64)
    let specification = try ModelSpecification(parsing: "mlp(5,6,3)")
    let trainer = try NativeTrainer(specification, whole)
    let weights = try trainer.initialWeights(seed: 65)
    let result = try await trainer.gradient(weights)
    var mean = [Float](repeating: 0, count: weights.count)
    var loss = 0.0
    for start in stride(from: 0, to: 600, by: 100) {
      let part = try await NativeTrainer(specification, whole.subset(start..<(start + 100))).gradient(weights)
      Kernels.axpy(1 / 6, part.gradient, &mean)
      loss += part.loss / 6
    }
    #expect(largestDifference(result.gradient, mean) < 1e-6)
    #expect(abs(result.loss - loss) < 1e-6)
  }

  @Test func theGradientOfUniformPredictionsIsKnown() async throws {
    // With zero weights every class has probability 1/2: the loss is ln 2, and the bias gradient p - y.
    let dataset = try Dataset(features: [0, 0], featureCount: 2, labels: [1], classCount: 2)
    let trainer = try NativeTrainer(.softmax(features: 2, classes: 2), dataset)
    let result = try await trainer.gradient([Float](repeating: 0, count: 6))
    #expect(abs(result.loss - 0.693_147_180_559_945) < 1e-7)
    #expect(result.gradient == [0, 0, 0, 0, 0.5, -0.5])
  }

  @Test func hugeLogitsStayFinite() async throws {
    let dataset = try Dataset(features: [1, 1], featureCount: 1, labels: [0, 1], classCount: 2)
    let trainer = try NativeTrainer(.softmax(features: 1, classes: 2), dataset)
    let result = try await trainer.gradient([3e4, -3e4, 0, 0])
    #expect(abs(result.loss - 3e4) < 1)
    #expect(result.gradient.allSatisfy { $0.isFinite })
  }
}
