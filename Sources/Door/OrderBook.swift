import Ledger
import Wire

/// What became of the newest records, for those who ordered them and for those who order them again.
struct OrderBook: Sendable {
  /// A record in the log, applied.
  struct Outcome: Sendable, Hashable {
    let position: UInt64
    /// Why the rules passed it over; nil if they did not.
    let refusal: Refusal?
  }

  private var outcomes: BoundedMemory<Digest, Outcome>
  private var waiters: [Digest: [CheckedContinuation<Outcome?, Never>]] = [:]
  private var isClosed = false

  init(recentRecords: Int) {
    outcomes = BoundedMemory(limit: recentRecords)
  }

  subscript(id: Digest) -> Outcome? { outcomes[id] }

  /// Notes what a record did, and tells those who wait for it.
  mutating func note(_ id: Digest, _ events: [ReplicaEvent], position: UInt64) {
    var refusal: Refusal?
    for case .refused(let reason) in events { refusal = reason }
    let outcome = Outcome(position: position, refusal: refusal)
    outcomes.set(id, outcome)
    for waiter in waiters.removeValue(forKey: id) ?? [] { waiter.resume(returning: outcome) }
  }

  /// Tells somebody once a record is applied; at once if it is, or if nothing will be applied any more.
  mutating func wait(for id: Digest, _ continuation: CheckedContinuation<Outcome?, Never>) {
    if isClosed || outcomes[id] != nil {
      continuation.resume(returning: outcomes[id])
    } else {
      waiters[id, default: []].append(continuation)
    }
  }

  /// Nothing will be applied any more.
  mutating func close() {
    isClosed = true
    for waiter in waiters.values.joined() { waiter.resume(returning: nil) }
    waiters = [:]
  }
}
