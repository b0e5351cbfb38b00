import Aggregation
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
  /// The most bits of 4,096 values that are advised, 1 a value, and the fewest, 1/8.
  private static let finestSigns = 4_096
  private static let coarsestSigns = 512

  /// The form that a task's packets have unless its file says otherwise: a byte a parameter for small models,
  /// and a 64th of the values of larger ones.
  ///
  /// Rotated forms are not among them: backdoors get through their noise.
  static func suiting(parameterCount: Int) -> PacketForm {
    parameterCount > freePayloadBytes ? MergePolicy().upForm : .dense8
  }

  /// The form that a task's published steps have unless its file says otherwise: a byte a parameter for small
  /// models, and a sixteenth of the values of larger ones.
  static func suitingSteps(parameterCount: Int) -> PacketForm {
    parameterCount > freePayloadBytes ? MergePolicy().downForm : .dense8
  }

  /// The rotated form with which contributors who are trusted would learn faster than with a sparse one, of
  /// as many bits as are free; nil if they take part too often, or windows are too small.
  static func advised(parameterCount: Int, updatesPerContributor: Int, windowSize: UInt32) -> PacketForm? {
    guard updatesPerContributor <= fewUpdates, windowSize >= leastWindow else { return nil }
    var signs = finestSigns
    while signs > coarsestSigns,
      signs * parameterCount > 8 * freePayloadBytes * UpdateLimits.chunkParameterCount
    {
      signs /= 2
    }
    return .rotated(signsPerChunk: signs)
  }
}
