import Wire

/// How well a contributor's updates have fitted so far: averages over its latest windows.
struct Standing {
  private(set) var count = 0
  private(set) var relativeFit = 0.0
  private(set) var alignment = 0.0
  private(set) var lastVersion: UInt64 = 0

  /// Trust from both measures: an update should be explained by the labels, and not pull against their
  /// balance.
  var trust: Double {
    JudgingThresholds.relativeFit.factor(relativeFit) * JudgingThresholds.alignment.factor(alignment)
  }

  /// Trust where there is a single root update.
  var trustByAlignment: Double { JudgingThresholds.soleAlignment.factor(alignment) }

  /// The first measures are averaged plainly, later ones exponentially.
  mutating func record(relativeFit: Double, alignment: Double, at version: UInt64) {
    count = min(count + 1, JudgingThresholds.averagedWindows)
    self.relativeFit += (relativeFit - self.relativeFit) / Double(count)
    self.alignment += (alignment - self.alignment) / Double(count)
    lastVersion = version
  }
}

/// The standings of the contributors seen so far, at most `JudgingThresholds.standings` of them.
struct Standings {
  private var standings: [PublicKey: Standing] = [:]

  /// Adds a measure to a contributor's standing, and returns it.
  mutating func record(
    relativeFit: Double, alignment: Double, of contributor: PublicKey, at version: UInt64
  ) -> Standing {
    if standings[contributor] == nil { makeRoom() }
    var standing = standings[contributor] ?? Standing()
    standing.record(relativeFit: relativeFit, alignment: alignment, at: version)
    standings[contributor] = standing
    return standing
  }

  /// Forgets the half seen longest ago when there is no more room: one sort pays for as many newcomers.
  private mutating func makeRoom() {
    guard standings.count >= JudgingThresholds.standings else { return }
    let byAge = standings.sorted { ($0.value.lastVersion, $0.key) < ($1.value.lastVersion, $1.key) }
    for (contributor, _) in byAge.prefix(standings.count / 2) { standings[contributor] = nil }
  }
}
