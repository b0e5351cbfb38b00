/// Whether an update takes part in a merge.
public enum Verdict: Sendable, Hashable {
  /// It takes part, with the weight of its judgement.
  case admit
  /// It is left out.
  case reject(RejectionReason)
}

/// One validator's finding about one update.
public struct Judgement: Sendable, Hashable {
  /// Whether the update takes part.
  public let verdict: Verdict
  /// How far the update is trusted, in units of 1/65535; 0 for a rejected one.
  public let trust: UInt16
  /// The factor that brings the update's norm down to the window's limit, in units of 1/65535; 0 for a
  /// rejected one.
  public let clip: UInt16
  /// What was measured: for an admitted update its norm over the median of recent norms; for a rejected one
  /// the value that decided, of the reason's `quantity`.
  public let measured: Double
  /// What `measured` was held against.
  public let limit: Double

  /// Admits an update.
  public static func admitted(trust: UInt16, clip: UInt16, measured: Double, limit: Double) -> Judgement {
    Judgement(verdict: .admit, trust: trust, clip: clip, measured: measured, limit: limit)
  }

  /// Rejects an update.
  public static func rejected(
    _ reason: RejectionReason, measured: Double = 0, limit: Double = 0
  ) -> Judgement {
    Judgement(verdict: .reject(reason), trust: 0, clip: 0, measured: measured, limit: limit)
  }

  /// Whether the update takes part.
  public var isAdmitted: Bool { verdict.isAdmit }
}
