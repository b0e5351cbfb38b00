/// Federated averaging that takes partial work (Li et al., "Federated Optimization in Heterogeneous
/// Networks", 2020): all devices answer by a deadline with as many steps as they could take, and a proximal
/// term, mu / 2 times the squared distance to the version that they started from, keeps them near it.
struct FedProx: SynchronousMethod {
  var rounds: SynchronousRounds

  /// - Parameters:
  ///   - perRound: how many devices are chosen
  ///   - deadlineSeconds: from a round's begin to its end at the latest
  ///   - mu: the factor of the proximal term, at least 0
  init(perRound: Int, deadlineSeconds: Double, mu: Double, weights: [Float]) {
    rounds = SynchronousRounds(
      asked: perRound, kept: perRound, timeoutSeconds: deadlineSeconds,
      work: LocalWork(proximal: mu, deadlineSeconds: deadlineSeconds), weights: weights)
  }
}
