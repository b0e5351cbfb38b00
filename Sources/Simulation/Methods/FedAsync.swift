import Foundation

/// Asynchronous federated optimization (Xie, Koyejo and Gupta, 2019): every update makes a version,
/// x = (1 - a) x + a x_new with a = alpha (1 + staleness)^-exponent, the paper's polynomial discount.
struct FedAsync: AsynchronousMethod {
  let alpha: Double
  let exponent: Double
  private(set) var model: DenseModel
  var crew: Crew

  /// - Parameters:
  ///   - concurrency: how many devices train at a time
  ///   - alpha: what a fresh update weighs, above 0 and at most 1
  ///   - exponent: how fast the weight falls with staleness, at least 0
  init(concurrency: Int, alpha: Double, exponent: Double = 0.5, weights: [Float]) {
    self.alpha = alpha
    self.exponent = exponent
    model = DenseModel(weights: weights)
    crew = Crew(size: concurrency)
  }

  mutating func take(_ update: DenseUpdate) {
    model.mix(update, share: alpha * pow(1 + model.staleness(of: update), -exponent))
  }
}
