/// Buffered asynchronous aggregation (Nguyen et al., "Federated Learning with Buffered Asynchronous
/// Aggregation", 2022): K updates make a version,
/// v = momentum v + serverRate / K * the sum of delta_i / sqrt(1 + staleness_i), and x = x + v.
struct FedBuff: AsynchronousMethod {
  let bufferSize: Int
  let serverRate: Double
  let momentum: Double
  private(set) var model: DenseModel
  private var buffer: [DenseUpdate] = []
  var crew: Crew

  /// - Parameters:
  ///   - concurrency: how many devices train at a time
  ///   - bufferSize: K, at least 1
  ///   - serverRate: the server's step size, above 0
  ///   - momentum: what a step keeps of the one before, 0..<1
  init(concurrency: Int, bufferSize: Int, serverRate: Double, momentum: Double, weights: [Float]) {
    self.bufferSize = bufferSize
    self.serverRate = serverRate
    self.momentum = momentum
    model = DenseModel(weights: weights)
    crew = Crew(size: concurrency)
  }

  mutating func take(_ update: DenseUpdate) {
    buffer.append(update)
    guard buffer.count == bufferSize else { return }
    let scale = serverRate / Double(bufferSize)
    model.add(
      buffer.map { ($0, scale / (1 + model.staleness(of: $0)).squareRoot()) }, momentum: momentum)
    buffer = []
  }
}
