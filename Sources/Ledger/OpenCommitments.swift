import Wire

/// The commitments to a task whose updates have not reached a window yet. No question about one packet or one
/// contributor scans the others, so that a log full of commitments costs its length and no more.
struct OpenCommitments: Sendable, Equatable {
  /// One commitment.
  struct Entry: Sendable, Equatable {
    let contributor: PublicKey
    let baseVersion: UInt64
    let committedAt: UInt64
    let keyDigest: Digest
    /// The packet is there, and waits for a window that still has room for its contributor.
    var isSubmitted = false
  }

  /// How many commitments of one contributor are open, and how many of these are submitted.
  private struct Count: Sendable, Equatable {
    var open = 0
    var waiting = 0
  }

  private var entries: [Digest: Entry] = [:]
  private var counts: [PublicKey: Count] = [:]
  /// What the last change of validators ended before its packet was there.
  private var lapsed: Set<Digest> = []

  /// The commitment to a packet.
  subscript(packet: Digest) -> Entry? { entries[packet] }

  /// How many commitments of a contributor are open.
  func count(of contributor: PublicKey) -> Int { counts[contributor]?.open ?? 0 }

  /// How many updates of a contributor wait for a window.
  func waitingCount(of contributor: PublicKey) -> Int { counts[contributor]?.waiting ?? 0 }

  /// The submitted ones, first committed first.
  var submitted: [(packet: Digest, entry: Entry)] {
    entries.filter { $0.value.isSubmitted }.sorted { $0.value.committedAt < $1.value.committedAt }
      .map { (packet: $0.key, entry: $0.value) }
  }

  /// Whether the last change of validators ended the commitment to a packet that was not submitted.
  func hasLapsed(_ packet: Digest) -> Bool { lapsed.contains(packet) }

  /// Opens a commitment to a packet that has none.
  mutating func open(_ packet: Digest, _ entry: Entry) {
    entries[packet] = entry
    counts[entry.contributor, default: Count()].open += 1
  }

  /// Notes that an open commitment's packet is there.
  mutating func markSubmitted(_ packet: Digest) {
    guard let entry = entries[packet], !entry.isSubmitted else { return }
    entries[packet]?.isSubmitted = true
    counts[entry.contributor]?.waiting += 1
  }

  /// Ends a commitment.
  mutating func close(_ packet: Digest) {
    guard let entry = entries.removeValue(forKey: packet), var count = counts[entry.contributor] else {
      return
    }
    count.open -= 1
    if entry.isSubmitted { count.waiting -= 1 }
    counts[entry.contributor] = count.open > 0 ? count : nil
  }

  /// Ends all commitments: their packets are sealed to validators that others have followed.
  mutating func lapse() {
    lapsed = Set(entries.filter { !$0.value.isSubmitted }.keys)
    entries = [:]
    counts = [:]
  }

  /// Ends the commitments to updates that start from versions before one.
  mutating func expire(before oldestVersion: UInt64) {
    for packet in entries.filter({ $0.value.baseVersion < oldestVersion }).keys { close(packet) }
  }
}
