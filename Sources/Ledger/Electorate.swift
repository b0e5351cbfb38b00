public import Wire

/// Who votes, and with which weights.
public struct Electorate: Sendable, Equatable {
  private let weights: [PublicKey: UInt64]
  /// The sum of all weights.
  public let totalWeight: UInt64

  init(_ weights: [PublicKey: UInt64]) {
    self.weights = weights
    // A genesis whose stakes add up past 64 bits is refused afterwards.
    totalWeight = UInt64(clamping: weights.values.reduce(UInt128(0)) { $0 + UInt128($1) })
  }

  /// Whether a key may vote.
  public func contains(_ key: PublicKey) -> Bool { weights[key] != nil }

  /// The weight of a key's vote; zero for strangers.
  public func weight(of key: PublicKey) -> UInt64 { weights[key] ?? 0 }

  /// The weight of these keys' votes together. Each stands once.
  func weight(of keys: some Sequence<PublicKey>) -> UInt64 { keys.reduce(0) { $0 + weight(of: $1) } }

  /// Whether a weight is more than two thirds of the whole. Integers only: 3 x weight > 2 x total.
  public func isSupermajority(_ weight: UInt64) -> Bool { UInt128(weight) * 3 > UInt128(totalWeight) * 2 }

  /// Whether a weight is more than one third of the whole: some of it is honest. Integers only.
  public func isMoreThanThird(_ weight: UInt64) -> Bool { UInt128(weight) * 3 > UInt128(totalWeight) }
}

/// A value that validators vote on, reduced by their weights.
public enum WeightedVote {
  /// The lower weighted median: the least value such that validators at or below it hold at least half of the
  /// weight that voted. Less than half of the weight can never move it beyond the values that the others
  /// gave.
  ///
  /// - Returns: nil if nobody voted
  public static func median<Value: Comparable>(_ votes: [(value: Value, weight: UInt64)]) -> Value? {
    let total = votes.reduce(UInt128(0)) { $0 + UInt128($1.weight) }
    var sum: UInt128 = 0
    for vote in votes.sorted(by: { $0.value < $1.value }) {
      sum += UInt128(vote.weight)
      if sum * 2 >= total { return vote.value }
    }
    return nil
  }

  /// The value with the most weight behind it; the least such value on a tie.
  ///
  /// - Returns: nil if nobody voted
  public static func plurality<Value: Comparable>(_ votes: [(value: Value, weight: UInt64)]) -> Value? {
    var best: (value: Value, weight: UInt128)?
    var run: (value: Value, weight: UInt128)?
    for vote in votes.sorted(by: { $0.value < $1.value }) {
      if let open = run, open.value == vote.value {
        run = (open.value, open.weight + UInt128(vote.weight))
      } else {
        run = (vote.value, UInt128(vote.weight))
      }
      if let open = run, open.weight > best?.weight ?? 0 { best = open }
    }
    return best?.value
  }
}
