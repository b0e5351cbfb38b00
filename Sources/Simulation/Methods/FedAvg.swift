/// Synchronous federated averaging (McMahan et al., "Communication-Efficient Learning of Deep Networks from
/// Decentralized Data", 2017): a round waits for all devices that were chosen for it.
struct FedAvg: SynchronousMethod {
  var rounds: SynchronousRounds

  /// - Parameters:
  ///   - perRound: how many devices are chosen
  ///   - timeoutSeconds: when a round ends without those that were lost
  init(perRound: Int, timeoutSeconds: Double, weights: [Float]) {
    rounds = SynchronousRounds(
      asked: perRound, kept: perRound, timeoutSeconds: timeoutSeconds, weights: weights)
  }
}
