import Foundation

/// Asynchronous federated optimization (Xie, Koyejo and Gupta, 2019): every update makes a version,
/// x = (1 - a) x + a x_new with a = alpha (1 + staleness)^-exponent, the paper's polynomial discount.
struct FedAsync: FederatedMethod {
  let alpha: Double
  let exponent: Double
  private(set) var model: DenseModel
  private var crew: Crew

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

  mutating func handle(_ event: MethodEvent, _ pool: inout DevicePool) -> [MethodDirective] {
    switch event {
    case .began: return crew.relieve(from: &pool)
    case .idle(let device): return crew.relieve(device, from: &pool)
    case .update(let update):
      model.mix(update, share: alpha * pow(1 + model.staleness(of: update), -exponent))
      return crew.relieve(update.device, from: &pool)
    case .timeout: return []
    }
  }
}
