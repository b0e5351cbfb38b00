// What trust turns on.
extension JudgedWindow {
  /// Measures every open update against the root updates and against the others.
  ///
  /// - Returns: the measures of the open updates, in their order
  func trustMeasures(threads: Int) -> [TrustMeasures] {
    let open = openIndices
    let roots = input.rootUpdates
    let fits = open.map {
      MixtureFit(labelDots: entries[$0].labelDots, norm: entries[$0].scaledNorm, to: roots)
    }
    let isSole = roots.directions.count == 1
    // A single direction has no spread of labels to measure a window's level by: there the cosine itself tells.
    let level = isSole ? 1 : fits.map(\.fit).quantile(JudgingThresholds.fitLevel) ?? 0
    let likeness = ResidualLikeness(
      openSketches, without: sketch.sketches(of: roots.directions), threads: threads)
    let group = likeness.group.standingOut
    return open.indices.map { place in
      TrustMeasures(
        fit: level > 0 ? fits[place].fit / level : 0, polarity: fits[place].polarity,
        twin: likeness.nearest[place], group: group[place])
    }
  }
}

extension TrustMeasures {
  /// Trust from all measures, 0...1: each one can take it away.
  ///
  /// - Parameter directionCount: the number of root updates
  func trust(among directionCount: Int) -> Double {
    let fitRamp = directionCount > 1 ? JudgingThresholds.fit : JudgingThresholds.soleCosine
    return fitRamp.factor(fit) * JudgingThresholds.polarity.factor(polarity)
      * JudgingThresholds.twin.factor(twin) * JudgingThresholds.group.factor(group)
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
