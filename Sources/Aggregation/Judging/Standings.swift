import Wire

/// What trust in an update turns on.
struct TrustMeasures {
  /// The fit to a mixture of the root updates, over the window's level.
  var fit = 0.0
  /// `MixtureFit.polarity`.
  var polarity = 0.0
  /// How far `ResidualLikeness.nearest` has gone from what is usual in the window, 0, to equality, 1.
  var twin = 0.0
  /// How far `ResidualLikeness.group` stands out of the window's, in deviations.
  var group = 0.0
}

/// A contributor's measures so far: averages over its latest windows.
struct Standing {
  private(set) var count = 0
  private(set) var measures = TrustMeasures()
  private(set) var lastVersion: UInt64 = 0

  /// Knows nothing yet.
  init() {}

  /// Takes up averages that were kept.
  init(count: Int, measures: TrustMeasures, lastVersion: UInt64) {
    (self.count, self.measures, self.lastVersion) = (count, measures, lastVersion)
  }

  /// The first measures are averaged plainly, later ones exponentially.
  mutating func record(_ latest: TrustMeasures, at version: UInt64) {
    count = min(count + 1, JudgingThresholds.averagedWindows)
    for measure in [\TrustMeasures.fit, \.polarity, \.twin, \.group] {
      measures[keyPath: measure] += (latest[keyPath: measure] - measures[keyPath: measure]) / Double(count)
    }
    lastVersion = version
  }
}

/// The standings of the contributors seen so far, at most `JudgingThresholds.standings` of them.
struct Standings {
  private var standings: [PublicKey: Standing] = [:]

  /// All standings by ascending contributor.
  var sorted: [(contributor: PublicKey, standing: Standing)] {
    standings.sorted { $0.key < $1.key }.map { (contributor: $0.key, standing: $0.value) }
  }

  /// Knows nobody yet.
  init() {}

  /// Takes up standings that were kept.
  init(_ standings: [PublicKey: Standing]) {
    self.standings = standings
  }

  /// Adds measures to a contributor's standing, and returns its averages.
  mutating func record(
    _ latest: TrustMeasures, of contributor: PublicKey, at version: UInt64
  ) -> TrustMeasures {
    if standings[contributor] == nil { makeRoom() }
    var standing = standings[contributor] ?? Standing()
    standing.record(latest, at: version)
    standings[contributor] = standing
    return standing.measures
  }

  /// Forgets the half seen longest ago when there is no more room: one sort pays for as many newcomers.
  private mutating func makeRoom() {
    guard standings.count >= JudgingThresholds.standings else { return }
    let byAge = standings.sorted { ($0.value.lastVersion, $0.key) < ($1.value.lastVersion, $1.key) }
    for (contributor, _) in byAge.prefix(standings.count / 2) { standings[contributor] = nil }
  }
}
