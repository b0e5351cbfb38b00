public import Numerics

/// Trains and judges one kind of model on examples of its own.
///
/// A trainer holds its data and is otherwise stateless: weights go in, and weights, losses or gradients come
/// out. Contributors need `train`; validators need `evaluate` and `gradient`, on their reference sets.
///
/// ```swift
/// let trainer = try NativeTrainer(.softmax(features: 64, classes: 10), Digits.load())
/// let start = try await trainer.initialWeights(seed: 1)
/// let result = try await trainer.train(start, TrainingConfiguration(.epochs(5), learningRate: 0.5))
/// let accuracy = try await trainer.evaluate(result.weights).accuracy
/// ```
///
/// The methods are asynchronous because a trainer may be a process in another language.
public protocol Trainer: Sendable {
  /// The model's named tensors and their places in the flat vector of weights.
  var layout: ParameterLayout { get }

  /// The weights that a task with this seed starts from. One seed gives the same bits each time.
  func initialWeights(seed: UInt64) async throws(LearningError) -> [Float]

  /// Trains from `weights` on the trainer's examples.
  ///
  /// - Parameters:
  ///   - weights: `layout.count` finite values.
  ///   - configuration: how long and how fast to train.
  /// - Throws: `LearningError`, if the weights do not fit, the loss is no longer finite, or the surrounding
  ///   task was cancelled.
  func train(
    _ weights: [Float], _ configuration: TrainingConfiguration
  ) async throws(LearningError) -> TrainingResult

  /// The loss and the metrics of `weights` on the trainer's examples.
  func evaluate(_ weights: [Float]) async throws(LearningError) -> Evaluation

  /// The gradient of the mean loss over all of the trainer's examples at `weights`.
  func gradient(_ weights: [Float]) async throws(LearningError) -> GradientResult
}

/// How long and how fast to train: stochastic gradient descent on shuffled batches.
public struct TrainingConfiguration: Equatable, Sendable {
  /// The length of a training run.
  public enum Duration: Equatable, Sendable {
    /// That many passes over all examples; the last batch of a pass may be smaller.
    case epochs(Int)
    /// That many batches; a new pass begins whenever the examples are used up.
    case steps(Int)
  }

  /// The most steps or epochs that one run may take.
  public static let maximumDuration = 1_000_000

  /// How long to train; 0 leaves the weights as they are.
  public var duration: Duration
  /// How many examples a step averages over, at least 1; more than there are means all.
  public var batchSize: Int
  /// What a step multiplies the gradient by: finite, at least 0.
  public var learningRate: Float
  /// How much of each weight is added to its gradient: finite, at least 0.
  public var weightDecay: Float
  /// Decides the order of the examples.
  public var seed: UInt64

  /// A configuration; `train` checks the values.
  public init(
    _ duration: Duration, batchSize: Int = 32, learningRate: Float, weightDecay: Float = 0, seed: UInt64 = 0
  ) {
    self.duration = duration
    self.batchSize = batchSize
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.seed = seed
  }

  /// Throws `LearningError.invalidConfiguration` if a value is outside its range.
  public func validate() throws(LearningError) {
    let length =
      switch duration {
      case .epochs(let count), .steps(let count): count
      }
    guard (0...Self.maximumDuration).contains(length) else {
      throw .invalidConfiguration(
        reason: "the duration is \(length); it must lie in 0...\(Self.maximumDuration)")
    }
    guard batchSize >= 1 else {
      throw .invalidConfiguration(reason: "the batch size is \(batchSize); it must be at least 1")
    }
    guard learningRate.isFinite, learningRate >= 0 else {
      throw .invalidConfiguration(
        reason: "the learning rate is \(learningRate); it must be finite and at least 0")
    }
    guard weightDecay.isFinite, weightDecay >= 0 else {
      throw .invalidConfiguration(
        reason: "the weight decay is \(weightDecay); it must be finite and at least 0")
    }
  }
}

/// What training returns.
public struct TrainingResult: Equatable, Sendable {
  /// The weights after training.
  public var weights: [Float]
  /// How many examples the trainer holds.
  public var examples: Int
  /// How many steps were taken.
  public var steps: Int
  /// The mean loss over all examples met, each measured just before the step that used it, in nats; 0 when
  /// no step was taken.
  public var loss: Double

  /// A result.
  public init(weights: [Float], examples: Int, steps: Int, loss: Double) {
    self.weights = weights
    self.examples = examples
    self.steps = steps
    self.loss = loss
  }
}

/// How well weights do on a trainer's examples.
public struct Evaluation: Equatable, Sendable {
  /// The mean loss; of native models the cross-entropy, in nats.
  public var loss: Double
  /// How many examples were judged.
  public var examples: Int
  /// Whatever else was measured, by name: finite numbers.
  public var metrics: [String: Double]

  /// The share of examples whose likeliest class is their label, 0...1; nil of models that do not classify.
  public var accuracy: Double? { metrics["accuracy"] }

  /// An evaluation.
  public init(loss: Double, examples: Int, metrics: [String: Double] = [:]) {
    self.loss = loss
    self.examples = examples
    self.metrics = metrics
  }
}

/// The loss and its gradient at some weights.
public struct GradientResult: Equatable, Sendable {
  /// The mean loss; of native models the cross-entropy, in nats.
  public var loss: Double
  /// Its derivative by each weight, in the order of the flat vector.
  public var gradient: [Float]
  /// How many examples it is the mean over.
  public var examples: Int

  /// A result.
  public init(loss: Double, gradient: [Float], examples: Int) {
    self.loss = loss
    self.gradient = gradient
    self.examples = examples
  }
}
