import Learning
import Numerics
import Testing

@Suite(.timeLimit(.minutes(10))) struct TrainingTests {
  /// Tests run side by side, and bits are compared.
  init() { BLAS.setThreads(1) }

  @Test func softmaxLearnsTheDigits() async throws {
    let (test, training) = try Digits.load().split(first: 360, seed: 71)
    let specification = try ModelSpecification.softmax(features: 64, classes: 10)
    let trainer = try NativeTrainer(specification, training)
    let configuration = TrainingConfiguration(.epochs(12), batchSize: 32, learningRate: 0.5, seed: 72)
    let result = try await trainer.train(trainer.initialWeights(seed: 73), configuration)
    let evaluation = try await NativeTrainer(specification, test).evaluate(result.weights)
    #expect(try #require(evaluation.accuracy) > 0.93, "seeds 71, 72, 73")
    #expect(evaluation.examples == 360)
    #expect(result.examples == 1_437)
    #expect(result.steps == 12 * 45)
  }

  @Test func perceptronLearnsTheDigits() async throws {
    let (test, training) = try Digits.load().split(first: 360, seed: 74)
    let specification = try ModelSpecification.perceptron(features: 64, hidden: [32], classes: 10)
    let trainer = try NativeTrainer(specification, training)
    let configuration = TrainingConfiguration(.epochs(12), batchSize: 32, learningRate: 0.3, seed: 75)
    let result = try await trainer.train(trainer.initialWeights(seed: 76), configuration)
    let evaluation = try await NativeTrainer(specification, test).evaluate(result.weights)
    #expect(try #require(evaluation.accuracy) > 0.94, "seeds 74, 75, 76")
  }

  @Test func convolutionsLearnTheDigits() async throws {
    let (test, training) = try Digits.load().split(first: 360, seed: 90)
    let specification = try ModelSpecification(parsing: "conv(8x8x1,3x3x8,3x3x16,10)")
    let trainer = try NativeTrainer(specification, training)
    let configuration = TrainingConfiguration(.epochs(6), batchSize: 16, learningRate: 0.1, seed: 91)
    let result = try await trainer.train(trainer.initialWeights(seed: 92), configuration)
    let evaluation = try await NativeTrainer(specification, test).evaluate(result.weights)
    #expect(try #require(evaluation.accuracy) > 0.95, "seeds 90, 91, 92")
    #expect(try await trainer.train(trainer.initialWeights(seed: 92), configuration) == result)
  }

  /// Patches of so many examples do not fit at once, so that they are made in several groups.
  @Test func groupsOfExamplesAddUp() async throws {
    let specification = try ModelSpecification(parsing: "conv(16x16x8,5x5x4,3)")
    let whole = try randomDataset(count: 12, features: specification.featureCount, classes: 3, seed: 93)
    let trainer = try NativeTrainer(specification, whole)
    let weights = try trainer.initialWeights(seed: 94)
    let result = try await trainer.gradient(weights)
    var mean = [Float](repeating: 0, count: weights.count)
    for example in 0..<12 {
      let part = try await NativeTrainer(specification, whole.subset([example])).gradient(weights)
      Kernels.axpy(1 / 12, part.gradient, &mean)
    }
    #expect(largestDifference(result.gradient, mean) < 1e-5, "seeds 93, 94")
  }

  /// One step on all examples shows the gradient of what descends: the loss, and mu / 2 |w - w0|^2.
  @Test func theProximalTermHasItsGradient() async throws {
    let specification = try ModelSpecification.softmax(features: 6, classes: 3)
    let trainer = try NativeTrainer(
      specification, try randomDataset(count: 20, features: 6, classes: 3, seed: 81))
    let first = specification.initialWeights(seed: 82)
    let (rate, mu): (Float, Float) = (0.25, 0.75)
    func steps(_ count: Int) async throws -> [Float] {
      let configuration = TrainingConfiguration(.steps(count), batchSize: 20, learningRate: rate, seed: 83)
      return try await trainer.train(first, configuration, proximal: mu).weights
    }
    let (second, third) = try await (steps(1), steps(2))
    func objective(_ weights: [Float]) async throws -> Double {
      let distances = zip(weights, first).map { Double($0 - $1) * Double($0 - $1) }
      return try await trainer.evaluate(weights).loss + Double(mu) / 2 * distances.reduce(0, +)
    }
    for index in first.indices {
      let step: Float = 0x1p-6
      var (above, below) = (second, second)
      above[index] += step
      below[index] -= step
      let slope = try await (objective(above) - objective(below)) / Double(2 * step)
      let descent = Double((second[index] - third[index]) / rate)
      #expect(abs(slope - descent) < 1e-3, "parameter \(index): \(slope) and \(descent)")
    }
    let plain = TrainingConfiguration(.steps(2), batchSize: 20, learningRate: rate, seed: 83)
    #expect(try await trainer.train(first, plain) == trainer.train(first, plain, proximal: 0))
    #expect(try await trainer.train(first, plain).weights != third)
    await #expect(throws: LearningError.self) { try await trainer.train(first, plain, proximal: -1) }
  }

  @Test func perceptronLearnsWhatSoftmaxCannot() async throws {
    // Exclusive or: no line separates the classes.
    let dataset = try Dataset(
      features: [0, 0, 0, 1, 1, 0, 1, 1], featureCount: 2, labels: [0, 1, 1, 0], classCount: 2)
    let configuration = TrainingConfiguration(.steps(1_500), batchSize: 4, learningRate: 0.3, seed: 1)
    let softmax = try NativeTrainer(.softmax(features: 2, classes: 2), dataset)
    let flat = try await softmax.train(softmax.initialWeights(seed: 1), configuration)
    #expect(try #require(await softmax.evaluate(flat.weights).accuracy) < 1)
    let perceptron = try NativeTrainer(.perceptron(features: 2, hidden: [8], classes: 2), dataset)
    let bent = try await perceptron.train(perceptron.initialWeights(seed: 1), configuration)
    #expect(try await perceptron.evaluate(bent.weights).accuracy == 1)
  }

  @Test func oneSeedGivesTheSameBits() async throws {
    let dataset = try randomDataset(count: 40, features: 6, classes: 3, seed: 77)
    let trainer = try NativeTrainer(.perceptron(features: 6, hidden: [5], classes: 3), dataset)
    let start = try trainer.initialWeights(seed: 78)
    var configuration = TrainingConfiguration(.epochs(2), batchSize: 7, learningRate: 0.1, seed: 79)
    let first = try await trainer.train(start, configuration)
    #expect(try await trainer.train(start, configuration) == first)
    configuration.seed = 80
    #expect(try await trainer.train(start, configuration).weights != first.weights)
  }

  @Test func concurrentRunsDoNotDisturbEachOther() async throws {
    let dataset = try randomDataset(count: 60, features: 8, classes: 4, seed: 81)
    let trainer = try NativeTrainer(.perceptron(features: 8, hidden: [16], classes: 4), dataset)
    let start = try trainer.initialWeights(seed: 82)
    var alone: [[Float]] = []
    for seed in 0..<8 as Range<UInt64> {
      let configuration = TrainingConfiguration(.steps(20), batchSize: 8, learningRate: 0.2, seed: seed)
      alone.append(try await trainer.train(start, configuration).weights)
    }
    let together = try await withThrowingTaskGroup(of: (Int, [Float]).self) { group in
      for seed in 0..<8 {
        group.addTask {
          let configuration = TrainingConfiguration(
            .steps(20), batchSize: 8, learningRate: 0.2, seed: UInt64(seed))
          return (seed, try await trainer.train(start, configuration).weights)
        }
      }
      var weights = [[Float]](repeating: [], count: 8)
      for try await (seed, result) in group { weights[seed] = result }
      return weights
    }
    #expect(together == alone)
  }

  @Test(arguments: [TrainingConfiguration.Duration.epochs(0), .steps(0)])
  func noStepsLeaveTheWeights(duration: TrainingConfiguration.Duration) async throws {
    let dataset = try randomDataset(count: 5, features: 3, classes: 2, seed: 83)
    let trainer = try NativeTrainer(.softmax(features: 3, classes: 2), dataset)
    let start = try trainer.initialWeights(seed: 1)
    let result = try await trainer.train(start, TrainingConfiguration(duration, learningRate: 1))
    #expect(result == TrainingResult(weights: start, examples: 5, steps: 0, loss: 0))
  }

  @Test func stepsGoOnIntoTheNextPass() async throws {
    let dataset = try randomDataset(count: 10, features: 3, classes: 2, seed: 84)
    let trainer = try NativeTrainer(.softmax(features: 3, classes: 2), dataset)
    let start = try trainer.initialWeights(seed: 1)
    let steps = try await trainer.train(
      start, TrainingConfiguration(.steps(9), batchSize: 4, learningRate: 0.1))
    let epochs = try await trainer.train(
      start, TrainingConfiguration(.epochs(3), batchSize: 4, learningRate: 0.1))
    #expect(steps == epochs)
  }

  @Test func aTinyDatasetIsOneBatch() async throws {
    let dataset = try randomDataset(count: 1, features: 3, classes: 2, seed: 85)
    let trainer = try NativeTrainer(.softmax(features: 3, classes: 2), dataset)
    let start = try trainer.initialWeights(seed: 1)
    let result = try await trainer.train(start, TrainingConfiguration(.epochs(4), learningRate: 0.5))
    #expect(result.steps == 4)
    #expect(try await trainer.evaluate(result.weights).loss < trainer.evaluate(start).loss)
  }

  @Test func unusableInputIsRefused() async throws {
    let dataset = try randomDataset(count: 5, features: 3, classes: 2, seed: 86)
    let specification = try ModelSpecification.softmax(features: 3, classes: 2)
    let trainer = try NativeTrainer(specification, dataset)
    let start = try trainer.initialWeights(seed: 1)
    let configuration = TrainingConfiguration(.epochs(1), learningRate: 0.1)
    let empty = try dataset.subset([])
    #expect(throws: LearningError.emptyDataset) { try NativeTrainer(specification, empty) }
    #expect(throws: LearningError.self) { try NativeTrainer(.softmax(features: 4, classes: 2), dataset) }
    #expect(throws: LearningError.self) { try NativeTrainer(.softmax(features: 3, classes: 3), dataset) }
    await #expect(throws: LearningError.weightCountMismatch(expected: 8, found: 7)) {
      try await trainer.train(Array(start.dropLast()), configuration)
    }
    var damaged = start
    damaged[6] = .nan
    for weights in [damaged] {
      await #expect(throws: LearningError.weightNotFinite(index: 6)) { try await trainer.evaluate(weights) }
      await #expect(throws: LearningError.weightNotFinite(index: 6)) { try await trainer.gradient(weights) }
    }
    for bad in [
      TrainingConfiguration(.epochs(-1), learningRate: 1),
      TrainingConfiguration(.steps(1 << 40), learningRate: 1),
      TrainingConfiguration(.epochs(1), batchSize: 0, learningRate: 1),
      TrainingConfiguration(.epochs(1), learningRate: .nan),
      TrainingConfiguration(.epochs(1), learningRate: -1),
      TrainingConfiguration(.epochs(1), learningRate: 1, weightDecay: .infinity),
    ] {
      await #expect(throws: LearningError.self, "\(bad)") { try await trainer.train(start, bad) }
    }
  }

  @Test func divergenceIsReported() async throws {
    let dataset = try randomDataset(count: 50, features: 3, classes: 2, seed: 87)
    let trainer = try NativeTrainer(.perceptron(features: 3, hidden: [4, 4], classes: 2), dataset)
    let start = try trainer.initialWeights(seed: 1)
    await #expect(throws: LearningError.self) {
      try await trainer.train(start, TrainingConfiguration(.steps(50), batchSize: 5, learningRate: 1e30))
    }
  }

  @Test func cancellationEndsARun() async throws {
    let dataset = try randomDataset(count: 50, features: 3, classes: 2, seed: 88)
    let trainer = try NativeTrainer(.softmax(features: 3, classes: 2), dataset)
    let start = try trainer.initialWeights(seed: 1)
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await trainer.train(start, TrainingConfiguration(.epochs(1_000_000), learningRate: 0.1))
    }
    await #expect(throws: LearningError.cancelled) { try await task.value }
  }
}
