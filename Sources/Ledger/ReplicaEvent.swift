public import Wire

/// What a log record did, for the shells around a replica.
public enum ReplicaEvent: Sendable {
  /// The record was passed over.
  case refused(Refusal)
  /// A task was opened.
  case taskOpened(Digest)
  /// A packet was committed to.
  case committed(task: Digest, packet: Digest, contributor: PublicKey)
  /// A packet reached the collecting window: at its submission, or later if its contributor had used up its
  /// part of the window.
  case submitted(task: Digest, packet: Digest, contributor: PublicKey)
  /// A window opened: validators commit to a secret.
  case windowOpened(task: Digest, window: UInt64)
  /// A window closed: validators reveal their secrets.
  case windowClosed(task: Digest, window: UInt64)
  /// A window's seed is drawn: validators judge these updates, which stand by ascending digest.
  case seedDrawn(task: Digest, window: UInt64, seed: Digest, updates: [WindowUpdate])
  /// A merge is decided: validators recompute it, and attest `template` with the model's digests filled in.
  case mergeDecided(MergePlan, template: VersionHeader)
  /// The content keys of a decided merge are public, in the order of its plan's entries.
  case keysReleased(task: Digest, window: UInt64, keys: [ContentKey])
  /// A version is final.
  case versionFinal(VersionHeader, Certificate)
  /// The receipts of a final version's window.
  case receipts([Receipt])
  /// Units were paid.
  case paid(Payout)
  /// A validator signed twice and lost its bond.
  case slashed(PublicKey, units: UInt64)
}
