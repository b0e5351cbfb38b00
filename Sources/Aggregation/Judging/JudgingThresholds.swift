/// The numbers that judging turns on and that a task's policy does not set, each with its reason.
///
/// Measured on the optical digits with 100 contributors over Dirichlet(0.3) labels, about 12 examples each,
/// 20 of them hostile, for softmax regression and a perceptron of 32 hidden units, with dense packets and
/// with 1/4 to 1/64 kept. "Fit" is over the window's median; both are averages over a contributor's windows,
/// and the figures are about the middle of the runs'.
///
/// | | fit, 1st / 10th / 50th percentile | alignment |
/// | --- | --- | --- |
/// | honest | 0.80 / 0.91 / 1.01 | -0.16 / 0.04 / 0.20 |
/// | sign flipped | 0.42 / 0.50 / 0.65 | -0.50 / -0.33 / -0.20 |
/// | labels flipped | 0.50 / 0.60 / 0.78 | -0.25 / -0.15 / -0.05 |
/// | noise | 0.06 / 0.08 / 0.12 | -0.15 / -0.03 / 0.00 |
enum JudgingThresholds {
  /// How a measure becomes a factor of trust: 0 up to `low`, 1 from `high` on, straight in between.
  struct Ramp {
    let low: Double
    let high: Double

    func factor(_ measure: Double) -> Double { min(1, max(0, (measure - low) / (high - low))) }
  }

  /// Fit to a mixture of the labels' root updates, over the window's median. Nine in ten honest averages lie
  /// at the top of the ramp, and most of the flipped ones below its foot.
  static let relativeFit = Ramp(low: 0.75, high: 0.92)
  /// Cosine to the balanced root update. Its foot lies below zero: an honest contributor that holds one or
  /// two labels may pull against the balance for a while, a sign flipper nearly always does.
  static let alignment = Ramp(low: -0.2, high: 0.05)
  /// Cosine to the root update where there is only one, and so no fit to tell noise by.
  static let soleAlignment = Ramp(low: 0, high: 0.1)
  /// Averaged trust below this is a rejection: so light an update is not worth its bytes, and its contributor
  /// should be told.
  static let leastTrust = 0.05

  /// How many windows an average reaches back. The first ones count fully, so that a newcomer is judged by
  /// what it sends.
  static let averagedWindows = 6
  /// How many global steps are kept to tell replays by.
  static let recentSteps = 8
  /// How many windows' payloads are kept to tell duplicates by.
  static let recentWindows = 16
  /// How many contributors' averages are kept; those seen longest ago are forgotten first.
  static let standings = 1 << 16

  /// Norms this many times over the window's median are refused. Unequal amounts of data make honest norms
  /// differ by tens, so anything below is only clipped.
  static let normRejectionMultiple = 100.0

  /// The buckets of a sketch: the gap 1 - cosine of two near copies comes out within about 4%.
  static let sketchBuckets = 1_024
  /// Pairs whose sketched gap is within this factor of the limit are measured exactly.
  static let sketchMargin = 1.5
  /// What single precision may add to a sketched gap.
  static let sketchTolerance = 1e-5
  /// A copy's gap is also at most this part of the window's median gap. Honest updates from much like data
  /// may all have cosines near one; a copy stands out even among them.
  static let copyGapFraction = 1.0 / 8
  /// A gap that only rounding leaves between equal directions, which is a copy in any window.
  static let equalityGap = 1e-9
  /// The number of pairs that the median gap is taken over, spread evenly if there are more.
  static let medianPairs = 1 << 16
}
