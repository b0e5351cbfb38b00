import Numerics

/// One run of stochastic gradient descent, a step at a time.
struct TrainingRun {
  private let dataset: Dataset
  private let configuration: TrainingConfiguration
  private let batchSize: Int
  private let network: Network
  private var weights: [Float]
  private let firstWeights: [Float]
  private let proximal: Float
  private var random: SeededRandom
  private var order: [Int]
  private var input: [Float]
  private var labels: [Int32] = []
  /// Where in `order` the next batch begins; at its end a new pass does.
  private var position: Int
  private var stepsTaken = 0
  private var passesBegun = 0
  private var lossSum = 0.0
  private var examplesMet = 0

  init(
    _ specification: ModelSpecification, _ dataset: Dataset, rows: [Int],
    _ configuration: TrainingConfiguration, weights: [Float], proximal: Float
  ) {
    self.dataset = dataset
    self.configuration = configuration
    self.weights = weights
    firstWeights = weights
    self.proximal = proximal
    batchSize = min(configuration.batchSize, rows.count)
    network = Network(specification, rows: batchSize)
    random = SeededRandom(seed: configuration.seed)
    order = rows
    input = [Float](repeating: 0, count: batchSize * dataset.featureCount)
    labels.reserveCapacity(batchSize)
    position = order.count
  }

  /// Takes one step, unless the run is over; says whether it took one.
  mutating func step() throws(LearningError) -> Bool {
    if isOver { return false }
    if Task.isCancelled { throw .cancelled }
    if position == order.count {
      random.shuffle(&order)
      position = 0
      passesBegun += 1
    }
    let batch = order[position..<min(position + batchSize, order.count)]
    position = batch.endIndex
    try descend(batch)
    return true
  }

  /// What the run has come to.
  func result() throws(LearningError) -> TrainingResult {
    guard Kernels.allFinite(weights) else { throw .lossNotFinite(step: stepsTaken) }
    let loss = examplesMet > 0 ? lossSum / Double(examplesMet) : 0
    return TrainingResult(weights: weights, examples: order.count, steps: stepsTaken, loss: loss)
  }

  private var isOver: Bool {
    switch configuration.duration {
    case .steps(let count): stepsTaken == count
    case .epochs(let count): passesBegun == count && position == order.count
    }
  }

  private mutating func descend(_ batch: ArraySlice<Int>) throws(LearningError) {
    Kernels.gatherRows(batch, of: dataset.features, width: dataset.featureCount, into: &input)
    labels.removeAll(keepingCapacity: true)
    for example in batch { labels.append(dataset.labels[example]) }
    let rows = input[..<(batch.count * dataset.featureCount)]
    let outcome = network.forward(rows, labels: labels, weights: weights)
    stepsTaken += 1
    guard outcome.lossSum.isFinite else { throw .lossNotFinite(step: stepsTaken) }
    lossSum += outcome.lossSum
    examplesMet += batch.count
    network.backward(rows: batch.count, weights: weights)
    let rate = configuration.learningRate
    network.accumulate(
      rows, rows: batch.count, factor: -rate / Float(batch.count),
      decay: 1 - rate * (configuration.weightDecay + proximal), into: &weights)
    if proximal > 0 { Kernels.axpy(rate * proximal, firstWeights, &weights) }
  }
}
