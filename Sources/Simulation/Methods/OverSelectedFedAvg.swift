/// Federated averaging that asks more devices than it needs and keeps those that answer first (Bonawitz et
/// al., "Towards Federated Learning at Scale: System Design", 2019).
struct OverSelectedFedAvg: FederatedMethod {
  /// What the paper found to be enough for devices that drop out and straggle.
  static let usualExcess = 1.3

  private var rounds: SynchronousRounds

  /// - Parameters:
  ///   - perRound: how many updates make a version
  ///   - excess: how many devices are asked for each of them, at least 1
  ///   - timeoutSeconds: when a round ends with fewer
  init(perRound: Int, excess: Double = Self.usualExcess, timeoutSeconds: Double, weights: [Float]) {
    rounds = SynchronousRounds(
      asked: Int((Double(perRound) * excess).rounded(.up)), kept: perRound, timeoutSeconds: timeoutSeconds,
      weights: weights)
  }

  var model: DenseModel { rounds.model }

  mutating func handle(_ event: MethodEvent, _ pool: inout DevicePool) -> [MethodDirective] {
    rounds.handle(event, &pool)
  }
}
