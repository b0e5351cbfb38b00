public import Wire

/// The validators that are in force together, with their stakes and the weights of their votes, in the order
/// of their keys.
///
/// A vote weighs as much as its validator's stake, up to a cap: no weight exceeds `weightCapBasisPoints` of
/// the sum of all weights, so that nobody can hold a third of the votes with one key. The cap stops no one
/// who spreads a stake over several keys; it keeps a network from resting on one of them.
///
/// Pay goes by stake. If it went by weight, whoever has a large stake would earn more by spreading it, which
/// is what the cap cannot see.
public struct ValidatorSet: Sendable, Equatable {
  /// One validator.
  public struct Member: Sendable, Hashable {
    /// Its key.
    public let key: PublicKey
    /// What it answers with, in units.
    public let stakeUnits: UInt64

    /// Creates a member.
    public init(key: PublicKey, stakeUnits: UInt64) {
      self.key = key
      self.stakeUnits = stakeUnits
    }
  }

  private static let domain = HashDomain("trib.validators")
  /// The greatest cap: below a third of the whole.
  public static let weightCapBasisPointsRange: ClosedRange<UInt64> = 1...3_333
  /// The cap of a genesis that names none.
  public static let defaultWeightCapBasisPoints: UInt64 = 3_000

  /// How many changes of the set came before this one. The genesis' set has epoch 0.
  public let epoch: UInt64
  /// The greatest part of all weight that one validator has, in basis points.
  public let weightCapBasisPoints: UInt64
  /// The members by ascending key.
  public let members: [Member]
  /// The sum of all stakes, in units.
  public let totalStakeUnits: UInt64
  /// Who votes, and with which weights.
  public let electorate: Electorate
  private let stakes: [PublicKey: UInt64]

  /// Creates a set; the members' order does not matter. Keys are unique and the sum is within
  /// `Limits.supplyUnits`, which `Genesis` checks afterwards: a sum past 64 bits must get as far as that
  /// check.
  public init(
    _ members: [Member], epoch: UInt64 = 0, weightCapBasisPoints: UInt64 = Self.defaultWeightCapBasisPoints
  ) {
    self.epoch = epoch
    self.weightCapBasisPoints = weightCapBasisPoints
    self.members = members.sorted { $0.key < $1.key }
    totalStakeUnits = UInt64(clamping: members.reduce(UInt128(0)) { $0 + UInt128($1.stakeUnits) })
    stakes = Dictionary(members.map { ($0.key, $0.stakeUnits) }, uniquingKeysWith: { first, _ in first })
    let cap = Self.weightCap(members.map(\.stakeUnits), basisPoints: weightCapBasisPoints)
    electorate = Electorate(stakes.mapValues { min($0, cap) })
  }

  /// The level that weights are cut to: the greatest c with c <= cap x sum of min(stake, c).
  ///
  /// With fewer validators than the cap allows for, no level above zero is within it: then all weights are
  /// equal, and each is the least stake.
  package static func weightCap(_ stakes: [UInt64], basisPoints: UInt64) -> UInt64 {
    func isWithin(_ level: UInt64) -> Bool {
      let sum = stakes.reduce(UInt128(0)) { $0 + UInt128(min($1, level)) }
      return UInt128(level) * UInt128(RewardPolicy.wholeBasisPoints) <= UInt128(basisPoints) * sum
    }
    // What is within the cap is an interval from zero: the sum is concave in the level.
    var low = stakes.min() ?? 0
    var high = stakes.max() ?? 0
    while low < high {
      let middle = low + (high - low + 1) / 2
      if isWithin(middle) { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// A validator's stake in units; nil for anyone else.
  public func stakeUnits(of key: PublicKey) -> UInt64? { stakes[key] }

  /// Whether a key is a validator's.
  public func contains(_ key: PublicKey) -> Bool { stakes[key] != nil }

  /// What headers and handovers name the set by.
  public var digest: Digest { Digest(of: wireBytes, in: Self.domain) }
}

extension ValidatorSet: WireMessage {
  /// The name in the schema.
  public static let wireName = "ValidatorSet"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.uint64(epoch, field: 1)
    writer.uint64(weightCapBasisPoints, field: 2)
    writer.messages(members.map { Grant(key: $0.key, units: $0.stakeUnits) }, field: 3)
  }

  /// Reads the fields; keys ascend, stakes are positive.
  public init(from reader: inout WireReader) throws(WireError) {
    let epoch = try reader.uint64(1)
    let cap = try reader.uint64(2, maximum: Self.weightCapBasisPointsRange.upperBound)
    let grants = try reader.messages(3, as: Grant.self, maximumCount: Limits.validators)
    guard cap > 0 else { throw reader.fault(.invalidValue, field: 2, "the cap is zero") }
    guard !grants.isEmpty, zip(grants, grants.dropFirst()).allSatisfy({ $0.key < $1.key }) else {
      throw reader.fault(.invalidValue, field: 3, "there are no validators, or the keys do not ascend")
    }
    let total = grants.reduce(UInt128(0)) { $0 + UInt128($1.units) }
    guard grants.allSatisfy({ $0.units > 0 }), total <= UInt128(Limits.supplyUnits) else {
      throw reader.fault(.invalidValue, field: 3, "a stake is zero, or the stakes exceed all units")
    }
    self.init(
      grants.map { Member(key: $0.key, stakeUnits: $0.units) }, epoch: epoch, weightCapBasisPoints: cap)
  }
}
