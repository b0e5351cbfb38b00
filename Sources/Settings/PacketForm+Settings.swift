import Updates

extension PacketForm {
  /// The most updates of a contributor for which random errors have been seen to cost less than what error
  /// feedback holds back: `make bench-participation` and `make bench-quality` measure it.
  static let fewUpdates = 400
  /// The fewest updates of a window that random errors have been seen to average out over.
  static let leastWindow: UInt32 = 4

  /// What a payload may take before bits are saved: about as much as the round trips, signatures and seals
  /// around it cost a node.
  static let freePayloadBytes = 16_384
  /// The most bits of 4,096 values that are tried, 1 a value, and the fewest, 1/8.
  private static let finestSigns = 4_096
  private static let coarsestSigns = 512
  /// A sparse form takes about as many bits as the rotated one with so many times its number.
  private static let signsPerKept = 8

  /// The form that a task's published steps have unless its file says otherwise: a byte a parameter for small
  /// models, and a sixteenth of the values of larger ones.
  static func suitingSteps(parameterCount: Int) -> PacketForm {
    parameterCount > freePayloadBytes ? .sparse(keptPerChunk: UpdateLimits.chunkParameterCount / 16) : .dense8
  }

  /// The form that a task's packets have unless its file says otherwise: a byte a parameter for small models,
  /// and fewer bits the larger they are, down to an eighth.
  ///
  /// - Parameters:
  ///   - parameterCount: the model's
  ///   - updatesPerContributor: how many a contributor is expected to send in all
  ///   - windowSize: how many updates become a version
  static func suiting(
    parameterCount: Int, updatesPerContributor: Int, windowSize: UInt32
  ) -> PacketForm {
    guard parameterCount > freePayloadBytes else { return .dense8 }
    var signs = finestSigns
    while signs > coarsestSigns,
      signs * parameterCount > 8 * freePayloadBytes * UpdateLimits.chunkParameterCount
    {
      signs /= 2
    }
    return updatesPerContributor <= fewUpdates && windowSize >= leastWindow
      ? .rotated(signsPerChunk: signs) : .sparse(keptPerChunk: signs / signsPerKept)
  }
}
