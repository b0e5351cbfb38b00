/// Who can read the packets of a task. Its author decides.
public enum PacketPrivacy: UInt64, Sendable, Hashable, CaseIterable {
  /// Everybody, from their upload on.
  case plain = 0
  /// The validators; and everybody from the merge on, for the validators publish the keys of what was merged.
  case sealedPublished = 1
  /// The validators, for good. Whoever audits needs one of their keys.
  case sealedKept = 2

  /// Whether packets are uploaded sealed to the validators.
  public var isSealed: Bool { self != .plain }

  /// The name in a scenario.
  public var name: String {
    switch self {
    case .plain: "plain"
    case .sealedPublished: "sealed-published"
    case .sealedKept: "sealed-kept"
    }
  }
}
