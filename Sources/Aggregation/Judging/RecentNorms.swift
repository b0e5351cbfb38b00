import Wire

/// The norms of the latest updates, one a contributor: what is usual, by heads.
///
/// Windows are small, and in some of them attackers that are few on the whole are the majority by chance or
/// because they answer sooner. A median over such a window alone would be theirs: a crowd of free riders,
/// whose norms are next to nothing, could have everybody else clipped to nothing or refused. Over the
/// contributors of many windows the median is honest as long as most contributors are. Every update that
/// came as far as its norm is remembered, refused or not: were only admitted ones, a first wrong median would
/// stand for ever.
struct RecentNorms: Sendable {
  /// One contributor's.
  struct Entry: Sendable {
    let contributor: PublicKey
    /// In quanta.
    let norm: Double
    let version: UInt64
  }

  /// In the order in which they were recorded, at most `JudgingThresholds.recentNorms` of them, a contributor
  /// once.
  private(set) var entries: [Entry] = []

  /// Knows none yet.
  init() {}

  /// Takes up norms that were kept.
  init(_ entries: [Entry]) {
    self.entries = entries
  }

  /// Takes in a window's norms, in the order of their commitments, and returns the median over them and over
  /// those of contributors that are not in it; nil where there are none at all.
  mutating func record(_ window: [Entry]) -> Double? {
    guard let version = window.last?.version else { return entries.map(\.norm).median }
    var seen: Set<PublicKey> = []
    let latest = (entries + window).reversed().filter { entry in
      (entry.version >= version || version - entry.version <= JudgingThresholds.recentNormVersions)
        && seen.insert(entry.contributor).inserted
    }
    let median = latest.map(\.norm).median
    entries = latest.prefix(JudgingThresholds.recentNorms).reversed()
    return median
  }
}
