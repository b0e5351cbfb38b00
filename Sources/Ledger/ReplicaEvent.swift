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
  /// A window's seed is drawn: validators judge these updates, which stand by ascending digest, and commit to
  /// their rows.
  case seedDrawn(task: Digest, window: UInt64, seed: Digest, updates: [WindowUpdate])
  /// Another committee judges a window: nothing of the earlier ones counts.
  case committeeRedrawn(task: Digest, window: UInt64, round: UInt64)
  /// Validators with more than two thirds of the weight are bound to their rows of a window: they reveal
  /// them.
  case rowsCommitted(task: Digest, window: UInt64)
  /// A merge is decided: validators recompute it, and attest `template` with the model's digests filled in.
  case mergeDecided(MergePlan, template: VersionHeader)
  /// The content keys of a decided merge are public, in the order of its plan's entries.
  case keysReleased(task: Digest, window: UInt64, keys: [ContentKey])
  /// A version is final.
  case versionFinal(VersionHeader, Certificate)
  /// The receipts of a final version's window, or of updates that a change of validators gave back.
  case receipts([Receipt])
  /// Units were paid.
  case paid(Payout)
  /// Another set of validators is in force.
  case validatorsChanged(Handover)
  /// A validator, or one that was, has units of its bond back.
  case unbonded(PublicKey, units: UInt64)
  /// A validator lost units of its bond.
  case slashed(PublicKey, units: UInt64, Offence)
}

/// What a validator loses units of its bond for.
public enum Offence: Sendable, Hashable {
  /// It signed two headers for one version.
  case signedTwice
  /// It committed to a row and did not reveal it before the validators of this version were paid.
  case withheldRow(task: Digest, version: UInt64)
}
