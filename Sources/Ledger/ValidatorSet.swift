public import Wire

/// The validators of a network and their stakes, in the order of their keys.
public struct ValidatorSet: Sendable, Equatable {
  /// One validator.
  public struct Member: Sendable, Hashable {
    /// Its key.
    public let key: PublicKey
    /// Its weight in every vote, in units.
    public let stakeUnits: UInt64

    /// Creates a member.
    public init(key: PublicKey, stakeUnits: UInt64) {
      self.key = key
      self.stakeUnits = stakeUnits
    }
  }

  /// The members by ascending key.
  public let members: [Member]
  /// The sum of all stakes, in units.
  public let totalStakeUnits: UInt64
  private let stakes: [PublicKey: UInt64]

  /// Creates a set; the members' order does not matter. Keys are unique and the sum is within
  /// `Limits.supplyUnits`, which `Genesis` checks afterwards: a sum past 64 bits must get as far as that
  /// check.
  public init(_ members: [Member]) {
    self.members = members.sorted { $0.key < $1.key }
    totalStakeUnits = UInt64(clamping: members.reduce(UInt128(0)) { $0 + UInt128($1.stakeUnits) })
    stakes = Dictionary(members.map { ($0.key, $0.stakeUnits) }, uniquingKeysWith: { first, _ in first })
  }

  /// A validator's stake in units; nil for anyone else.
  public func stakeUnits(of key: PublicKey) -> UInt64? { stakes[key] }

  /// Whether a stake is more than two thirds of the whole. Integers only: 3 x stake > 2 x total.
  public func isSupermajority(_ stakeUnits: UInt64) -> Bool {
    UInt128(stakeUnits) * 3 > UInt128(totalStakeUnits) * 2
  }

  /// Whether a stake is more than one third of the whole: at least one unit of it is honest. Integers only.
  public func isMoreThanThird(_ stakeUnits: UInt64) -> Bool {
    UInt128(stakeUnits) * 3 > UInt128(totalStakeUnits)
  }

  /// Whether these validators together hold more than two thirds. Strangers count nothing, nobody counts
  /// twice.
  public func isSupermajority(_ keys: Set<PublicKey>) -> Bool {
    isSupermajority(keys.reduce(0) { $0 + (stakes[$1] ?? 0) })
  }
}

/// A value that validators vote on, reduced by their stakes.
public enum StakeWeighted {
  /// The lower weighted median: the least value such that validators at or below it hold at least half of the
  /// stake that voted. Less than half of the stake can never move it beyond the values that the others gave.
  ///
  /// - Returns: nil if nobody voted
  public static func median<Value: Comparable>(_ votes: [(value: Value, stakeUnits: UInt64)]) -> Value? {
    let total = votes.reduce(UInt128(0)) { $0 + UInt128($1.stakeUnits) }
    var sum: UInt128 = 0
    for vote in votes.sorted(by: { $0.value < $1.value }) {
      sum += UInt128(vote.stakeUnits)
      if sum * 2 >= total { return vote.value }
    }
    return nil
  }

  /// The value with the most stake behind it; the least such value on a tie.
  ///
  /// - Returns: nil if nobody voted
  public static func plurality<Value: Comparable>(_ votes: [(value: Value, stakeUnits: UInt64)]) -> Value? {
    var best: (value: Value, stake: UInt128)?
    var run: (value: Value, stake: UInt128)?
    for vote in votes.sorted(by: { $0.value < $1.value }) {
      if let open = run, open.value == vote.value {
        run = (open.value, open.stake + UInt128(vote.stakeUnits))
      } else {
        run = (vote.value, UInt128(vote.stakeUnits))
      }
      if let open = run, open.stake > best?.stake ?? 0 { best = open }
    }
    return best?.value
  }
}
