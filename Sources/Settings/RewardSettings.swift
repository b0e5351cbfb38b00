public import JSON5
public import Ledger

/// Who is paid what, as files write it.
public struct RewardSettings: Equatable, Sendable {
  /// What the author puts into escrow in units, 1...2^53.
  public var escrowUnits: UInt64 = 12_000_000
  /// What a version pays from it in units, 1...`escrowUnits`.
  public var unitsPerVersion: UInt64 = 100_000
  /// The author's share of that, in hundredths of a percent; with the validators' at most 10,000.
  public var authorBasisPoints: UInt64 = 500
  /// The validators' share of that, in hundredths of a percent. The rest is the contributors'.
  public var validatorBasisPoints: UInt64 = 1_500

  /// The defaults.
  public init() {}

  /// Reads the fields that an object has. Those left out keep their values; contradictions are let through.
  public mutating func read(_ fields: inout SettingsFields) {
    fields.whole("escrowUnits", &escrowUnits, in: SettingsLimits.units)
    fields.whole("unitsPerVersion", &unitsPerVersion, in: SettingsLimits.units)
    fields.whole("authorBasisPoints", &authorBasisPoints, in: SettingsLimits.basisPoints)
    fields.whole("validatorBasisPoints", &validatorBasisPoints, in: SettingsLimits.basisPoints)
  }

  /// The settings as a task has them, without the escrow.
  public var policy: RewardPolicy {
    RewardPolicy(
      unitsPerVersion: unitsPerVersion, authorBasisPoints: authorBasisPoints,
      validatorBasisPoints: validatorBasisPoints)
  }

  /// The field that contradicts another, and why; nil if none does.
  public var conflict: (field: String, reason: String)? {
    if unitsPerVersion > escrowUnits {
      return (
        "unitsPerVersion", "\(unitsPerVersion) units a version are more than the escrow of \(escrowUnits)"
      )
    }
    let shares = authorBasisPoints + validatorBasisPoints
    guard shares > RewardPolicy.wholeBasisPoints else { return nil }
    return (
      "validatorBasisPoints",
      "with the author's share it comes to \(shares) basis points; "
        + "at most \(RewardPolicy.wholeBasisPoints) can be shared out"
    )
  }

  /// The settings as a field `reward` of a file, with a comment on them.
  public var documented: String {
    """
      // The escrow pays a fixed sum a version. Shares are in hundredths of a percent, and
      // contributors get the rest.
      reward: {
        escrowUnits: \(escrowUnits),
        unitsPerVersion: \(unitsPerVersion),
        authorBasisPoints: \(authorBasisPoints),
        validatorBasisPoints: \(validatorBasisPoints),
      },
    """
  }
}
