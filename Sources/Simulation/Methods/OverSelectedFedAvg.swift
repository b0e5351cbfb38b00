/// Federated averaging that asks more devices than it needs and keeps those that answer first (Bonawitz et
/// al., "Towards Federated Learning at Scale: System Design", 2019).
struct OverSelectedFedAvg: SynchronousMethod {
  /// How many devices are asked for each update that is wanted: the paper found it to be enough for those
  /// that drop out and straggle.
  private static let excess = 1.3

  var rounds: SynchronousRounds

  /// - Parameters:
  ///   - perRound: how many updates make a version
  ///   - timeoutSeconds: when a round ends with fewer
  init(perRound: Int, timeoutSeconds: Double, weights: [Float]) {
    rounds = SynchronousRounds(
      asked: Int((Double(perRound) * Self.excess).rounded(.up)), kept: perRound,
      timeoutSeconds: timeoutSeconds,
      weights: weights)
  }
}
