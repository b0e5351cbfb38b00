public import Engines
public import JSON5
public import Ledger
public import Wire

/// What a network starts from, as files write it. Keys are 64 hexadecimal digits, or key files.
public struct NetworkSettings: SettingsFile, Equatable, Sendable {
  /// A key and its units.
  public struct Share: Equatable, Sendable {
    /// 64 hexadecimal digits, or a key file.
    public var key: String
    /// How many units.
    public var units: UInt64

    /// Gives a key units.
    public init(key: String, units: UInt64) {
      self.key = key
      self.units = units
    }
  }

  /// The network's name.
  public var name = "network"
  /// The validators with their stakes.
  public var validators: [Share] = []
  /// Who holds units at the start.
  public var allocations: [Share] = []
  /// The bond of a contributor, in units.
  public var contributorBondUnits: UInt64 = 1_000
  /// What of a slashed bond goes to whoever brought the evidence, in basis points.
  public var reporterShareBasisPoints: UInt64 = 1_000
  /// What of a validator's bond a row costs that it committed to and did not reveal, in basis points.
  public var withheldRowBasisPoints: UInt64 = 10
  /// The greatest part of all weight that one validator's votes have, in basis points.
  public var weightCapBasisPoints = ValidatorSet.defaultWeightCapBasisPoints
  /// The least stake of a validator, in units.
  public var minimumStakeUnits: UInt64 = 1
  /// Fewer validators than these never take over.
  public var minimumValidators: UInt64 = 1

  /// As long as a genesis may be.
  public static let fileBytesLimit = Ledger.Limits.genesisBytes

  /// A network without validators, which has to get some.
  public init() {}

  /// Reads the fields that an object has. Those left out keep their values.
  public mutating func read(_ fields: inout SettingsFields) {
    fields.text("name", &name)
    let units = 1...Ledger.Limits.supplyUnits
    validators = Self.shares("validators", "stakeUnits", limit: Ledger.Limits.validators, units, &fields)
    allocations = Self.shares(
      "allocations", "units", limit: Ledger.Limits.genesisAllocations, units, &fields)
    fields.whole("contributorBondUnits", &contributorBondUnits, in: 0...Ledger.Limits.supplyUnits)
    fields.whole("reporterShareBasisPoints", &reporterShareBasisPoints, in: SettingsLimits.basisPoints)
    fields.whole("withheldRowBasisPoints", &withheldRowBasisPoints, in: SettingsLimits.basisPoints)
    fields.whole("weightCapBasisPoints", &weightCapBasisPoints, in: ValidatorSet.weightCapBasisPointsRange)
    fields.whole("minimumStakeUnits", &minimumStakeUnits, in: units)
    fields.whole("minimumValidators", &minimumValidators, in: 1...UInt64(Ledger.Limits.validators))
  }

  private static func shares(
    _ name: String, _ unitsName: String, limit: Int, _ units: ClosedRange<UInt64>,
    _ fields: inout SettingsFields
  ) -> [Share] {
    fields.list(name, count: 0...limit) { value, name, fields in
      var share = Share(key: "", units: 0)
      fields.object(value, name) { inner in
        share.key = inner.requiredText("key")
        share.units = inner.requiredWhole(unitsName, in: units)
      }
      return share
    } ?? []
  }

  /// The genesis.
  ///
  /// - Throws: `EngineError` for a key file that cannot be read, `LedgerError` if the parts do not fit
  public func genesis() throws -> Genesis {
    try Genesis(
      name: name, validators: try validators.map { .init(key: try Self.key($0.key), stakeUnits: $0.units) },
      allocations: try allocations.map { .init(key: try Self.key($0.key), units: $0.units) },
      contributorBondUnits: contributorBondUnits, reporterShareBasisPoints: reporterShareBasisPoints,
      withheldRowBasisPoints: withheldRowBasisPoints, weightCapBasisPoints: weightCapBasisPoints,
      minimumStakeUnits: minimumStakeUnits, minimumValidators: minimumValidators)
  }

  /// A public key by its digits, or from a key file.
  ///
  /// - Throws: `EngineError` that names the file
  public static func key(_ text: String) throws(EngineError) -> PublicKey {
    if let key = PublicKey(hex: text) { return key }
    return try KeyFile.read(text).publicKey
  }

  /// A file with a comment on every field.
  public static var documented: String {
    let (defaults, caps) = (NetworkSettings(), ValidatorSet.weightCapBasisPointsRange)
    return """
      // What a network starts from. A key is 64 hexadecimal digits, as `tributary key show` prints them, or
      // the name of a key file.
      {
        // The network's name, for people. Its digest names it for machines.
        name: \(JSON5Text.quoted(defaults.name)),

        // Who judges and certifies. Stakes are votes, and bonds that are lost for signing twice.
        validators: [
          { key: "validator-0.key", stakeUnits: 1000 },
        ],

        // Who holds units at the start: authors of tasks, and contributors, who need them for their bonds.
        allocations: [
          { key: "author.key", units: 20000000 },
        ],

        // What a contributor bonds when it registers, and has back when it leaves.
        contributorBondUnits: \(defaults.contributorBondUnits),

        // The part of a lost bond that goes to whoever brought the evidence, in hundredths of a percent.
        reporterShareBasisPoints: \(defaults.reporterShareBasisPoints),

        // The part of a validator's bond that a row costs which it committed to and did not reveal, in
        // hundredths of a percent.
        withheldRowBasisPoints: \(defaults.withheldRowBasisPoints),

        // The greatest part of all votes that one validator has, whatever its stake, in hundredths of a
        // percent, \(caps.lowerBound) to \(caps.upperBound).
        weightCapBasisPoints: \(defaults.weightCapBasisPoints),

        // The least stake of a validator, and the least number of validators.
        minimumStakeUnits: \(defaults.minimumStakeUnits),
        minimumValidators: \(defaults.minimumValidators),
      }
      """
  }
}
