public import Updates

/// How the updates of a task are judged and merged. It stands in the log, so it has integers only.
public struct MergePolicy: Sendable, Hashable {
  /// How the weights of a merge are found.
  public enum Rule: UInt8, Sendable, Hashable, CaseIterable {
    /// Updates are judged, and weigh as much as they are trusted.
    case trust = 1
    /// Every update that can be added weighs alike, whatever it holds: plain averaging, to compare with.
    case mean = 2
    /// `Krum` of the updates' sketches. This rule and those below weigh updates by dot products alone.
    case krum = 3
    /// `MultiKrum` of the updates' sketches.
    case multiKrum = 4
    /// `GeometricMedian` of the updates' sketches.
    case geometricMedian = 5
    /// `CentredClipping` of the updates' sketches.
    case centredClipping = 6
    /// `FLTrust` with the sum of the root updates.
    case flTrust = 7
    /// `DivideAndConquer` of the updates' sketches.
    case divideAndConquer = 8
    /// `CovarianceFilter` of the updates' sketches.
    case covarianceFilter = 9
    /// `Krum` behind `NearestNeighbourMixing`.
    case mixedKrum = 10
    /// `GeometricMedian` behind `NearestNeighbourMixing`.
    case mixedGeometricMedian = 11
    /// `CovarianceFilter` behind `NearestNeighbourMixing`.
    case mixedCovarianceFilter = 12
    /// `Krum` behind `Bucketing`, in an order drawn from the window's seed.
    case bucketedKrum = 13
    /// `GeometricMedian` behind `AdaptiveClipping` and `NearestNeighbourMixing`.
    case clippedMixedGeometricMedian = 14
  }

  /// How the weights are found.
  public var rule: Rule
  /// The number of updates that close a window: FedBuff's K, 1...8192.
  public var windowSize: UInt32
  /// The greatest staleness that is admitted, in versions, 0...64.
  public var maximumStaleness: UInt32
  /// How many updates of one contributor a window takes, 1...64.
  public var updatesPerContributorPerWindow: UInt32
  /// The factor on the mean of a window in units of 2^-16, above 0 and at most 4.
  public var serverLearningRateQ16: UInt32
  /// The form of the contributors' packets.
  public var upForm: PacketForm
  /// The form of the published steps, which takes error feedback.
  public var downForm: PacketForm
  /// What contributors keep of their residual from one update to the next, in units of 2^-16, at most one.
  ///
  /// The server's residual is never decayed: the credits' path relies on it.
  public var residualDecayQ16: UInt32
  /// The norm that updates are clipped to, as a multiple of the median of recent norms, in units of 2^-8; at
  /// least 1/4.
  public var clipMultipleQ8: UInt32
  /// The cosine from which an update counts as a copy of another or of a past step, in units of 2^-16; 1/2 to
  /// one.
  ///
  /// The default is 0.9.
  public var copyCosineQ16: UInt32
  /// The share of a window's updates that may be attackers', in units of 1/10000, below one half.
  ///
  /// Of the rules, those that `AggregationRules` knows ask for it.
  public var toleratedBasisPoints: UInt32
  /// The seats of the committee that judges a window, drawn from its seed by the validators' weights, at most
  /// 1024; none has every validator judge.
  public var committeeSeats: UInt32

  /// Creates a policy; every argument has a default that suits a model of a few thousand to a few million
  /// parameters.
  public init(
    rule: Rule = .trust, windowSize: UInt32 = 24, maximumStaleness: UInt32 = 16,
    updatesPerContributorPerWindow: UInt32 = 1, serverLearningRateQ16: UInt32 = 1 << 16,
    upForm: PacketForm = .sparse(keptPerChunk: 64), downForm: PacketForm = .sparse(keptPerChunk: 256),
    residualDecayQ16: UInt32 = 1 << 16, clipMultipleQ8: UInt32 = 2 << 8, copyCosineQ16: UInt32 = 58_982,
    toleratedBasisPoints: UInt32 = 2_000, committeeSeats: UInt32 = 0
  ) {
    self.rule = rule
    self.windowSize = windowSize
    self.maximumStaleness = maximumStaleness
    self.updatesPerContributorPerWindow = updatesPerContributorPerWindow
    self.serverLearningRateQ16 = serverLearningRateQ16
    self.upForm = upForm
    self.downForm = downForm
    self.residualDecayQ16 = residualDecayQ16
    self.clipMultipleQ8 = clipMultipleQ8
    self.copyCosineQ16 = copyCosineQ16
    self.toleratedBasisPoints = toleratedBasisPoints
    self.committeeSeats = committeeSeats
  }

  /// The policy itself, if every field is in its range.
  ///
  /// - Throws: `AggregationError.invalidPolicy`, which names the first field that is not.
  public func validated() throws(AggregationError) -> MergePolicy {
    try check("windowSize", windowSize, in: 1...UInt32(AggregationLimits.windowSize))
    try check("maximumStaleness", maximumStaleness, in: 0...UInt32(AggregationLimits.stalenessVersions))
    try check(
      "updatesPerContributorPerWindow", updatesPerContributorPerWindow,
      in: 1...UInt32(AggregationLimits.updatesPerContributorPerWindow))
    try check(
      "serverLearningRateQ16", serverLearningRateQ16, in: 1...UInt32(AggregationLimits.serverLearningRateQ16))
    try check("residualDecayQ16", residualDecayQ16, in: 0...(1 << 16))
    try check("clipMultipleQ8", clipMultipleQ8, in: (1 << 6)...(1 << 16))
    try check("copyCosineQ16", copyCosineQ16, in: (1 << 15)...(1 << 16))
    try check(
      "toleratedBasisPoints", toleratedBasisPoints, in: 0...UInt32(AggregationLimits.toleratedBasisPoints))
    try check("committeeSeats", committeeSeats, in: 0...UInt32(AggregationLimits.committeeSeats))
    for (field, form) in [("upForm", upForm), ("downForm", downForm)]
    where !form.isValid || (field == "downForm" && !form.takesFeedback) {
      throw .invalidPolicy(
        field: field, value: form.description,
        allowed: "sparse:1 to sparse:4096, dense8, dense4, and for upForm rotated:64 to rotated:4096")
    }
    return self
  }

  private func check(
    _ field: String, _ value: UInt32, in allowed: ClosedRange<UInt32>
  ) throws(AggregationError) {
    guard allowed.contains(value) else {
      throw .invalidPolicy(
        field: field, value: "\(value)", allowed: "\(allowed.lowerBound) to \(allowed.upperBound)")
    }
  }
}
