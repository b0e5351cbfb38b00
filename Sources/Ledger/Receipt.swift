public import Aggregation
public import Wire

/// What became of one update: its contributor can read why, how much it counted, and what it was paid.
///
/// An update that was not judged, since others followed the validators that it is sealed to, was given back.
public struct Receipt: Sendable, Hashable {
  /// The task.
  public let task: Digest
  /// The window that the update reached, or that collected when it was given back.
  public let window: UInt64
  /// The update.
  public let packet: Digest
  /// Its contributor.
  public let contributor: PublicKey
  /// How many versions the window was ahead of the update's base.
  public let staleness: UInt64
  /// Admitted, or rejected with the reason; nil if the update was given back unjudged.
  public let verdict: Verdict?
  /// What a rejection's check measured, by the median of the validators' weight, in the unit of the reason's
  /// `quantity`; zero if admitted.
  public let measured: Int64
  /// What `measured` was held against, in the same unit; zero if admitted.
  public let limit: Int64
  /// The weight in the merge; zero if rejected.
  public let weight: UInt16
  /// The agreed credit, in units of 2^-32 of loss; signed.
  public let credit: Int64
  /// What the contributor was paid for it, in units.
  public let paidUnits: UInt64

  /// Why the update was rejected or given back and what to do about it, for the contributor's owner; nil if
  /// admitted.
  public var explanation: String? {
    switch verdict {
    case .admit: nil
    case .reject(let reason): reason.explanation(measured: measured, limit: limit)
    case nil:
      "The packet is sealed to validators that others have followed before the window closed. "
        + "Nothing is left to do: the node trains again, and seals to those in force."
    }
  }
}

/// What one version paid, in units.
public struct Payout: Sendable, Hashable {
  /// The task.
  public let task: Digest
  /// The version.
  public let version: UInt64
  /// To whom, and how much; one entry for each paid update, and one for each other recipient.
  public let shares: [Share]

  /// One recipient's part.
  public struct Share: Sendable, Hashable {
    /// What the recipient is paid for.
    public enum Role: String, Sendable, Hashable { case author, contributor, validator }
    /// Paid for what.
    public let role: Role
    /// Paid to whom.
    public let recipient: PublicKey
    /// How much.
    public let units: UInt64
  }
}
