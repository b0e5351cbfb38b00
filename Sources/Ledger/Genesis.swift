public import Wire

/// What a network starts from: its validators, its units, and the rules that no task can change. Its digest
/// names the network.
public struct Genesis: Sendable, Equatable {
  /// Units that an account holds at the start.
  public struct Allocation: Sendable, Equatable {
    /// Whose units they are.
    public let key: PublicKey
    /// How many.
    public let units: UInt64

    /// Creates an allocation.
    public init(key: PublicKey, units: UInt64) {
      self.key = key
      self.units = units
    }
  }

  private static let domain = HashDomain("trib.network")

  /// The network's name.
  public let name: String
  /// The validators; their stakes are bonded units.
  public let validators: ValidatorSet
  /// The accounts that hold units, by ascending key.
  public let allocations: [Allocation]
  /// The bond of a contributor, in units.
  public let contributorBondUnits: UInt64
  /// The part of a slashed bond that goes to whoever brought the evidence, in basis points; the rest goes to
  /// the treasury.
  public let reporterShareBasisPoints: UInt64
  /// The part of a validator's bond that a row costs which it committed to and did not reveal, in basis
  /// points.
  public let withheldRowBasisPoints: UInt64
  /// The least stake of a validator, in units; at least one.
  public let minimumStakeUnits: UInt64
  /// Fewer validators than these never take over, whoever leaves; at least one.
  public let minimumValidators: UInt64
  /// The network's digest, which every transaction names.
  public private(set) var network = Digest.zero

  /// Creates a genesis.
  ///
  /// - Throws: `LedgerError` if a key stands twice, a stake is zero, or the units exceed
  ///   `Limits.supplyUnits`.
  public init(
    name: String, validators: [ValidatorSet.Member], allocations: [Allocation],
    contributorBondUnits: UInt64 = 1_000, reporterShareBasisPoints: UInt64 = 1_000,
    withheldRowBasisPoints: UInt64 = 10,
    weightCapBasisPoints: UInt64 = ValidatorSet.defaultWeightCapBasisPoints, minimumStakeUnits: UInt64 = 1,
    minimumValidators: UInt64 = 1
  ) throws(LedgerError) {
    self.name = name
    self.validators = ValidatorSet(validators, weightCapBasisPoints: weightCapBasisPoints)
    self.allocations = allocations.sorted { $0.key < $1.key }
    self.contributorBondUnits = contributorBondUnits
    self.reporterShareBasisPoints = reporterShareBasisPoints
    self.withheldRowBasisPoints = withheldRowBasisPoints
    self.minimumStakeUnits = minimumStakeUnits
    self.minimumValidators = minimumValidators
    try check(validators)
    network = Digest(of: wireBytes, in: Self.domain)
  }

  /// All units of the network.
  public var supplyUnits: UInt64 {
    allocations.reduce(validators.totalStakeUnits) { $0 + $1.units }
  }

  private func check(_ members: [ValidatorSet.Member]) throws(LedgerError) {
    guard !name.isEmpty, name.utf8.count <= Limits.nameBytes else {
      throw .genesis("the name has 1 to \(Limits.nameBytes) bytes")
    }
    guard !members.isEmpty, members.count <= Limits.validators else {
      throw .genesis("a network has 1 to \(Limits.validators) validators, not \(members.count)")
    }
    guard Set(members.map(\.key)).count == members.count else {
      throw .genesis("a validator's key stands twice")
    }
    guard Set(allocations.map(\.key)).count == allocations.count else {
      throw .genesis("an allocation's key stands twice")
    }
    guard allocations.count <= Limits.genesisAllocations else {
      throw .genesis("at most \(Limits.genesisAllocations) accounts hold units at the start")
    }
    try checkStakes(members)
    guard contributorBondUnits <= Limits.supplyUnits else {
      throw .genesis("the contributors' bond exceeds \(Limits.supplyUnits) units")
    }
    guard reporterShareBasisPoints <= RewardPolicy.wholeBasisPoints else {
      throw .genesis("the reporter's share exceeds 10,000 basis points")
    }
    guard withheldRowBasisPoints <= RewardPolicy.wholeBasisPoints else {
      throw .genesis("a withheld row costs more than 10,000 basis points")
    }
    let supply = members.reduce(UInt128(0)) { $0 + UInt128($1.stakeUnits) }
    guard allocations.reduce(supply, { $0 + UInt128($1.units) }) <= UInt128(Limits.supplyUnits) else {
      throw .genesis("the units exceed \(Limits.supplyUnits)")
    }
  }

  private func checkStakes(_ members: [ValidatorSet.Member]) throws(LedgerError) {
    guard members.allSatisfy({ $0.stakeUnits > 0 }) else { throw .genesis("a validator's stake is zero") }
    guard minimumStakeUnits > 0, members.allSatisfy({ $0.stakeUnits >= minimumStakeUnits }) else {
      throw .genesis("the least stake is zero, or above that of a validator")
    }
    guard (1...UInt64(members.count)).contains(minimumValidators) else {
      throw .genesis("the least number of validators is 1 to \(members.count), not \(minimumValidators)")
    }
    let caps = ValidatorSet.weightCapBasisPointsRange
    guard caps.contains(validators.weightCapBasisPoints) else {
      throw .genesis("the cap on weights is \(caps.lowerBound) to \(caps.upperBound) basis points")
    }
  }
}

extension Genesis: WireMessage {
  /// The name in the schema.
  public static let wireName = "Genesis"

  /// Writes the fields.
  public func encode(to writer: inout WireWriter) {
    writer.string(name, field: 1)
    writer.messages(validators.members.map { Grant(key: $0.key, units: $0.stakeUnits) }, field: 2)
    writer.messages(allocations.map { Grant(key: $0.key, units: $0.units) }, field: 3)
    writer.uint64(contributorBondUnits, field: 4)
    writer.uint64(reporterShareBasisPoints, field: 5)
    writer.uint64(withheldRowBasisPoints, field: 6)
    writer.uint64(validators.weightCapBasisPoints, field: 7)
    writer.uint64(minimumStakeUnits, field: 8)
    writer.uint64(minimumValidators, field: 9)
  }

  /// Reads the fields; keys ascend.
  public init(from reader: inout WireReader) throws(WireError) {
    let name = try reader.string(1, maximumByteCount: Limits.nameBytes)
    let members = try reader.messages(2, as: Grant.self, maximumCount: Limits.validators)
    let grants = try reader.messages(3, as: Grant.self, maximumCount: Limits.genesisAllocations)
    let bond = try reader.uint64(4, maximum: Limits.supplyUnits)
    let share = try reader.uint64(5, maximum: RewardPolicy.wholeBasisPoints)
    let withheldRow = try reader.uint64(6, maximum: RewardPolicy.wholeBasisPoints)
    let cap = try reader.uint64(7, maximum: ValidatorSet.weightCapBasisPointsRange.upperBound)
    let minimumStake = try reader.uint64(8, maximum: Limits.supplyUnits)
    let minimumValidators = try reader.uint64(9, maximum: UInt64(Limits.validators))
    for (field, list) in [(2, members), (3, grants)] {
      guard zip(list, list.dropFirst()).allSatisfy({ $0.key < $1.key }) else {
        throw reader.fault(.invalidValue, field: field, "the keys do not ascend")
      }
    }
    do {
      try self.init(
        name: name, validators: members.map { .init(key: $0.key, stakeUnits: $0.units) },
        allocations: grants.map { .init(key: $0.key, units: $0.units) },
        contributorBondUnits: bond, reporterShareBasisPoints: share, withheldRowBasisPoints: withheldRow,
        weightCapBasisPoints: cap, minimumStakeUnits: minimumStake, minimumValidators: minimumValidators)
    } catch {
      throw reader.fault(.invalidValue, field: 0, error.description)
    }
  }
}

/// A key and its units, as the genesis lists them.
struct Grant: WireMessage {
  static let wireName = "Grant"
  let key: PublicKey
  let units: UInt64

  init(key: PublicKey, units: UInt64) {
    self.key = key
    self.units = units
  }

  func encode(to writer: inout WireWriter) {
    writer.publicKey(key, field: 1)
    writer.uint64(units, field: 2)
  }

  init(from reader: inout WireReader) throws(WireError) {
    key = try reader.publicKey(1)
    units = try reader.uint64(2, maximum: Limits.supplyUnits)
  }
}
