/// What judging and merging take in, at most.
public enum AggregationLimits {
  /// The greatest number of updates in a window. With 16-bit weights and 31-bit values, sums stay below 2^59.
  public static let windowSize = 8_192
  /// The greatest staleness that a policy may allow, in versions.
  public static let stalenessVersions = 64
  /// The greatest number of updates of one contributor that a policy may allow in a window.
  public static let updatesPerContributorPerWindow = 64
  /// The greatest server learning rate in units of 2^-16: four.
  public static let serverLearningRateQ16 = 4 << 16
  /// The greatest number of reference labels that root updates are measured for.
  public static let rootUpdates = 256
  /// The greatest share of a window's updates that a rule may take for attackers', in units of 1/10000: no
  /// rule tells a majority from its opposite.
  public static let toleratedBasisPoints = 4_999
  /// The greatest number of seats of a committee.
  public static let committeeSeats = 1_024
  /// The longest encoding of a policy in bytes.
  public static let policyBytes = 256
}
