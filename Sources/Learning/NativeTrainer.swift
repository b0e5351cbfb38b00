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
  /// Where the examples are.
  public let dataset: Dataset
  /// Which of them are the trainer's; nil for all. So thousands of trainers share one data set.
  public let rows: [Int]?

  /// How many examples the trainer has.
  public var exampleCount: Int { rows?.count ?? dataset.count }

  /// A trainer with its examples.
  ///
  /// - Parameters:
  ///   - specification: the model.
  ///   - dataset: where the examples are.
  ///   - rows: the indices of the trainer's; nil for all.
  /// - Throws: `LearningError` if there are no examples, if the model does not take examples of this shape,
  ///   or if a row is out of range.
  public init(
    _ specification: ModelSpecification, _ dataset: Dataset, rows: [Int]? = nil
  ) throws(LearningError) {
    guard rows?.count ?? dataset.count > 0 else { throw .emptyDataset }
    for row in rows ?? [] where !(0..<dataset.count).contains(row) {
      throw .exampleOutOfRange(index: row, count: dataset.count)
    }
    guard
      dataset.featureCount == specification.featureCount, dataset.classCount == specification.classCount
    else {
      throw .datasetMismatch(
        reason:
          "\(specification) does not take \(dataset.featureCount) features and \(dataset.classCount) classes")
    }
    self.specification = specification
    self.dataset = dataset
    self.rows = rows
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
    try await train(weights, configuration, proximal: 0)
  }

  /// Runs stochastic gradient descent on the loss plus `proximal` / 2 times the squared distance to the
  /// weights that training starts from (FedProx; Li et al., 2020).
  ///
  /// - Parameter proximal: mu in the paper: finite, at least 0; 0 is plain descent
  public func train(
    _ weights: [Float], _ configuration: TrainingConfiguration, proximal: Float
  ) async throws(LearningError) -> TrainingResult {
    try configuration.validate()
    guard proximal.isFinite, proximal >= 0 else {
      throw .invalidConfiguration(
        reason: "the proximal term's factor is \(proximal); it must be finite and at least 0")
    }
    try check(weights)
    var run = TrainingRun(
      specification, dataset, rows: rows ?? Array(0..<dataset.count), configuration, weights: weights,
      proximal: proximal)
    while try run.step() {}
    return try run.result()
  }

  /// The mean loss and the accuracy over all examples.
  public func evaluate(_ weights: [Float]) async throws(LearningError) -> Evaluation {
    try check(weights)
    var correct = 0
    let loss = try sweep(weights) { _, _, _, batch in correct += batch.correct }
    let accuracy = Double(correct) / Double(exampleCount)
    return Evaluation(loss: loss, examples: exampleCount, metrics: ["accuracy": accuracy])
  }

  /// The gradient of the mean loss over all examples.
  public func gradient(_ weights: [Float]) async throws(LearningError) -> GradientResult {
    try check(weights)
    var gradient = [Float](repeating: 0, count: layout.count)
    let factor = 1 / Float(exampleCount)
    let loss = try sweep(weights) { network, input, rows, _ in
      network.backward(rows: rows, weights: weights)
      network.accumulate(input, rows: rows, factor: factor, decay: 1, into: &gradient)
    }
    return GradientResult(loss: loss, gradient: gradient, examples: exampleCount)
  }

  /// Goes over all examples in batches, and returns their mean loss.
  private func sweep(
    _ weights: [Float], _ visit: (Network, ArraySlice<Float>, Int, Network.BatchResult) -> Void
  ) throws(LearningError) -> Double {
    let network = Network(specification, rows: min(Self.evaluationRows, exampleCount))
    var lossSum = 0.0
    for start in stride(from: 0, to: exampleCount, by: Self.evaluationRows) {
      if Task.isCancelled { throw .cancelled }
      let range = start..<min(start + Self.evaluationRows, exampleCount)
      let (input, labels) = examples(range)
      let batch = network.forward(input, labels: labels, weights: weights)
      lossSum += batch.lossSum
      visit(network, input, range.count, batch)
    }
    guard lossSum.isFinite else { throw .lossNotFinite(step: 0) }
    return lossSum / Double(exampleCount)
  }

  /// A range of the trainer's examples: where they lie, or a copy if they are scattered.
  private func examples(_ range: Range<Int>) -> (features: ArraySlice<Float>, labels: ArraySlice<Int32>) {
    let width = dataset.featureCount
    guard let rows else {
      let features = dataset.features[(range.lowerBound * width)..<(range.upperBound * width)]
      return (features, dataset.labels[range])
    }
    var features = [Float](repeating: 0, count: range.count * width)
    Kernels.gatherRows(rows[range], of: dataset.features, width: width, into: &features)
    return (features[...], rows[range].map { dataset.labels[$0] }[...])
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
