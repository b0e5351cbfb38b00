/// The numbers that judging turns on and that a task's policy does not set, each with its reason.
enum JudgingThresholds {
  /// How a measure becomes a factor of trust: 0 up to one end, 1 from the other on, straight in between.
  struct Ramp {
    /// Where the factor is 0.
    let none: Double
    /// Where the factor is 1; it may lie on either side of `none`.
    let full: Double

    func factor(_ measure: Double) -> Double { min(1, max(0, (measure - none) / (full - none))) }
  }

  /// Fit to a mixture of the labels' root updates, over the window's level. Close to convergence the fits of
  /// honest updates are little above chance, and scatter by half of the level.
  static let fit = Ramp(none: 0.5, full: 0.8)
  /// The quantile of a window's fits that is its level. With two in five updates hostile it still lies within
  /// the honest ones, and moves among them less than the median would.
  static let fitLevel = 0.6
  /// How much better a mixture explains the update than its opposite. By chance alone it scatters by 0.2
  /// around zero; averages, by 0.05. Close to convergence honest ones average 0.1, and reversed ones -0.1.
  static let polarity = Ramp(none: -0.1, full: 0.05)
  /// Cosine to the most similar earlier update beyond the labels: how much of the way from what is usual in
  /// the window to equality it has gone.
  static let twin = Ramp(none: 0.7, full: 0.4)
  /// Among fewer updates than this there is nothing usual to tell twins by.
  static let leastUpdatesWithTwins = 8
  /// Where the usual cosine is greater, this counts as usual.
  static let greatestUsualLikeness = 0.95
  /// The same cosine to an eighth of the window, in deviations above the window's median.
  static let group = Ramp(none: 4, full: 2)
  /// The least deviation: differences below it are the sketch's own.
  static let leastDeviation = 0.01
  /// Averaged trust below this is a rejection: so light an update is not worth its bytes, and its contributor
  /// should be told.
  static let leastTrust = 0.05

  /// How many windows an average reaches back. The first ones count fully, so that a newcomer is judged by
  /// what it sends. Fewer would leave chance enough to reject the honest once a model has almost converged.
  static let averagedWindows = 20
  /// How many global steps are kept to tell replays by.
  static let recentSteps = 8
  /// How many of the latest admitted updates are kept to tell copies by: ten small windows, and a part of a
  /// large one.
  static let recentUpdates = 256
  /// How many windows' content is kept to tell duplicates by.
  static let recentWindows = 16
  /// How many contributors' averages are kept; those seen longest ago are forgotten first.
  static let standings = 1 << 16

  /// How many contributors' latest norms are kept to tell by what is usual.
  static let recentNorms = 256
  /// How many versions a norm is kept. Norms fall while a model converges.
  static let recentNormVersions: UInt64 = 32
  /// Norms this many times over the median of recent ones are refused. Unequal amounts of data make honest
  /// norms differ by tens, so anything below is only clipped.
  static let normRejectionMultiple = 100.0

  /// The buckets of a sketch. In a window of up to a thousand updates the cosine of two unrelated ones comes
  /// out within 0.8% of zero; larger windows have shorter sketches, to keep memory and products low.
  static func sketchBuckets(updates: Int) -> Int { updates <= 1_024 ? 16_384 : 4_096 }
  /// Pairs whose sketched gap is within this factor of the limit are measured exactly.
  static let sketchMargin = 1.5
  /// The sketched gap to a whole step up to which an update is compared with the part of it that it touches.
  /// A sixteenth of a step's values still holds a third of its norm.
  static let stepGap = 0.75
  /// What single precision may add to a sketched gap.
  static let sketchTolerance = 1e-5
  /// A copy's gap is also at most this part of the window's median gap. Honest updates from much like data
  /// may all have cosines near one; a copy stands out even among them.
  static let copyGapFraction = 1.0 / 16
  /// A gap that only rounding leaves between equal directions, which is a copy in any window.
  static let equalityGap = 1e-9
  /// The number of pairs that the median gap is taken over, spread evenly if there are more.
  static let medianPairs = 1 << 14
}
