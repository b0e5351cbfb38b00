// What trust turns on.
extension JudgedWindow {
  /// Compares the open updates with one another beyond their labels.
  func likeness(threads: Int) -> ResidualLikeness {
    ResidualLikeness(
      openSketches, without: sketch.sketches(of: input.rootUpdates.directions), threads: threads)
  }

  /// What trust in the open updates turns on, in their order.
  func trustMeasures(_ likeness: ResidualLikeness) -> [TrustMeasures] {
    let open = openIndices
    let roots = input.rootUpdates
    let fits = open.map {
      MixtureFit(labelDots: entries[$0].labelDots, norm: entries[$0].scaledNorm, to: roots)
    }
    let level = fits.map(\.fit).quantile(JudgingThresholds.fitLevel) ?? 0
    let group = likeness.group.standingOut
    // In some windows all honest updates are much alike: a twin is nearer by far than is usual.
    let hasUsual = open.count >= JudgingThresholds.leastUpdatesWithTwins
    let usual = min(max(likeness.nearest.median ?? 0, 0), JudgingThresholds.greatestUsualLikeness)
    return open.indices.map { place in
      TrustMeasures(
        fit: level > 0 ? fits[place].fit / level : 0, polarity: fits[place].polarity,
        twin: hasUsual ? (likeness.nearest[place] - usual) / (1 - usual) : 0, group: group[place])
    }
  }
}

extension TrustMeasures {
  /// One of the measures as a factor of trust.
  struct Factor {
    /// What a rejection for its sake is called.
    let reason: RejectionReason
    let measured: Double
    let ramp: JudgingThresholds.Ramp

    /// 0...1.
    var value: Double { ramp.factor(measured) }
  }

  /// The factors whose product is trust: each measure can take it away.
  var factors: [Factor] {
    [
      Factor(reason: .reversed, measured: polarity, ramp: JudgingThresholds.polarity),
      Factor(reason: .unexplained, measured: fit, ramp: JudgingThresholds.fit),
      Factor(reason: .twin, measured: twin, ramp: JudgingThresholds.twin),
      Factor(reason: .grouped, measured: group, ramp: JudgingThresholds.group),
    ]
  }
}

extension [Double] {
  /// The lower median; nil for none.
  var median: Double? { quantile(0.5) }

  /// The value below which a share of the values lies, the lower of two; nil for none.
  func quantile(_ share: Double) -> Double? {
    isEmpty ? nil : sorted()[Int((Double(count - 1) * share).rounded(.down))]
  }

  /// How far each value lies above the median, in deviations.
  ///
  /// The deviation is 1.4826 times the median distance from the median, which for normal values is the
  /// standard deviation and which up to half of the values cannot move far (Huber, Robust Statistics, 1981).
  var standingOut: [Double] {
    guard let median, let spread = map({ abs($0 - median) }).median else { return [] }
    let deviation = 1.4826 * spread + JudgingThresholds.leastDeviation
    return map { ($0 - median) / deviation }
  }
}
