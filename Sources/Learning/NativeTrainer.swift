public import Numerics

/// Trains a native model on OpenBLAS.
///
/// Any number of trainers may run at the same time; call `BLAS.setThreads(1)` first. On one machine and at
/// one number of threads a run gives the same bits each time; other machines may differ in the last bits.
public struct NativeTrainer: Trainer {
  /// How many examples are judged at once.
  static let evaluationRows = 256

  /// The model.
  public let specification: ModelSpecification
  /// The examples.
  public let dataset: Dataset

  /// A trainer with its examples.
  ///
  /// - Throws: `LearningError` if there are no examples, or if the model does not take examples of this
  ///   shape.
  public init(_ specification: ModelSpecification, _ dataset: Dataset) throws(LearningError) {
    guard dataset.count > 0 else { throw .emptyDataset }
    guard
      dataset.featureCount == specification.featureCount, dataset.classCount == specification.classCount
    else {
      throw .datasetMismatch(
        reason:
          "\(specification) does not take \(dataset.featureCount) features and \(dataset.classCount) classes")
    }
    self.specification = specification
    self.dataset = dataset
  }

  /// The model's tensors.
  public var layout: ParameterLayout { specification.layout }

  /// Weights to start from; see `ModelSpecification.initialWeights(seed:)`.
  public func initialWeights(seed: UInt64) throws(LearningError) -> [Float] {
    specification.initialWeights(seed: seed)
  }

  /// Runs plain stochastic gradient descent on shuffled batches.
  public func train(
    _ weights: [Float], _ configuration: TrainingConfiguration
  ) async throws(LearningError) -> TrainingResult {
    try configuration.validate()
    try check(weights)
    var run = TrainingRun(specification, dataset, configuration, weights: weights)
    while try run.step() {}
    return try run.result()
  }

  /// The mean loss and the accuracy over all examples.
  public func evaluate(_ weights: [Float]) async throws(LearningError) -> Evaluation {
    try check(weights)
    var correct = 0
    let loss = try sweep(weights) { _, _, _, batch in correct += batch.correct }
    let accuracy = Double(correct) / Double(dataset.count)
    return Evaluation(loss: loss, examples: dataset.count, metrics: ["accuracy": accuracy])
  }

  /// The gradient of the mean loss over all examples.
  public func gradient(_ weights: [Float]) async throws(LearningError) -> GradientResult {
    try check(weights)
    var gradient = [Float](repeating: 0, count: layout.count)
    let factor = 1 / Float(dataset.count)
    let loss = try sweep(weights) { network, input, rows, _ in
      network.backward(rows: rows, weights: weights)
      network.accumulate(input, rows: rows, factor: factor, decay: 1, into: &gradient)
    }
    return GradientResult(loss: loss, gradient: gradient, examples: dataset.count)
  }

  /// Goes over all examples in batches, and returns their mean loss.
  private func sweep(
    _ weights: [Float], _ visit: (Network, ArraySlice<Float>, Int, Network.BatchResult) -> Void
  ) throws(LearningError) -> Double {
    let network = Network(specification, rows: min(Self.evaluationRows, dataset.count))
    let width = dataset.featureCount
    var lossSum = 0.0
    for start in stride(from: 0, to: dataset.count, by: Self.evaluationRows) {
      if Task.isCancelled { throw .cancelled }
      let range = start..<min(start + Self.evaluationRows, dataset.count)
      let input = dataset.features[(range.lowerBound * width)..<(range.upperBound * width)]
      let batch = network.forward(input, labels: dataset.labels[range], weights: weights)
      lossSum += batch.lossSum
      visit(network, input, range.count, batch)
    }
    guard lossSum.isFinite else { throw .lossNotFinite(step: 0) }
    return lossSum / Double(dataset.count)
  }

  private func check(_ weights: [Float]) throws(LearningError) {
    guard weights.count == layout.count else {
      throw .weightCountMismatch(expected: layout.count, found: weights.count)
    }
    guard Kernels.allFinite(weights) else {
      throw .weightNotFinite(index: weights.firstIndex { !$0.isFinite } ?? 0)
    }
  }
}
