/// A method that Tributary is held against, with its settings.
public enum PeerMethod: Sendable, Hashable, Codable {
  /// Synchronous federated averaging of so many devices a round.
  case fedAvg(perRound: Int, timeoutSeconds: Double)
  /// The same, asking more devices and keeping the first answers.
  case overSelected(perRound: Int, timeoutSeconds: Double)
  /// Partial work by a deadline, under a proximal term.
  case fedProx(perRound: Int, deadlineSeconds: Double, mu: Double)
  /// A version an update, mixed in by alpha (1 + staleness)^-exponent.
  case fedAsync(concurrency: Int, alpha: Double, exponent: Double)
  /// A version every so many updates, each by 1 / sqrt(1 + staleness).
  case fedBuff(concurrency: Int, bufferSize: Int, serverRate: Double, momentum: Double = 0)

  /// The method's server, which begins with these weights.
  func server(_ weights: [Float]) -> any FederatedMethod {
    switch self {
    case .fedAvg(let perRound, let timeout):
      FedAvg(perRound: perRound, timeoutSeconds: timeout, weights: weights)
    case .overSelected(let perRound, let timeout):
      OverSelectedFedAvg(perRound: perRound, timeoutSeconds: timeout, weights: weights)
    case .fedProx(let perRound, let deadline, let mu):
      FedProx(perRound: perRound, deadlineSeconds: deadline, mu: mu, weights: weights)
    case .fedAsync(let concurrency, let alpha, let exponent):
      FedAsync(concurrency: concurrency, alpha: alpha, exponent: exponent, weights: weights)
    case .fedBuff(let concurrency, let bufferSize, let serverRate, let momentum):
      FedBuff(
        concurrency: concurrency, bufferSize: bufferSize, serverRate: serverRate, momentum: momentum,
        weights: weights)
    }
  }
}
