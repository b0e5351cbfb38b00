extension Verdict {
  /// The verdict in a byte, as the log has it: 0 admits, anything else is a `RejectionReason`'s raw value.
  public var code: UInt8 {
    switch self {
    case .admit: 0
    case .reject(let reason): reason.rawValue
    }
  }

  /// Reads a verdict's byte; nil if no reason has that value.
  public init?(code: UInt8) {
    if code == 0 {
      self = .admit
    } else {
      guard let reason = RejectionReason(rawValue: code) else { return nil }
      self = .reject(reason)
    }
  }

  /// Whether the update takes part.
  public var isAdmit: Bool { self == .admit }
}
