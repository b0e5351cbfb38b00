import Aggregation
import Learning
import Numerics
import Wire

/// Who takes part in a run, and with which data: one contributor a share of the data, one reference set a
/// validator.
struct Federation: Sendable {
  /// One contributor.
  struct Member: Sendable {
    let key: SigningKey
    /// The group it is reported in.
    let group: String
    let isHonest: Bool
    /// What it does to its update instead of sending it; nil sends it as it is.
    let attack: (any UpdateAttack)?
    let trainer: NativeTrainer
    let slowness: Double
  }

  /// One validator.
  struct Judge: Sendable {
    let key: SigningKey
    let secretSeed: Digest
    let stakeUnits: UInt64
    /// Its whole reference set, for credits.
    let trainer: NativeTrainer
    /// Its reference set by label, for root updates.
    let rootTrainers: [NativeTrainer]
  }

  let specification: ModelSpecification
  let author: SigningKey
  let judges: [Judge]
  let members: [Member]
  let test: NativeTrainer
  let groups: [RunRecord.Group]

  /// How a run departs from the scenario.
  enum Variant: Sendable {
    /// As the scenario has it.
    case asPlanned
    /// Everyone does what the protocol asks.
    case allHonest
  }

  /// Builds a scenario's federation. The same seed deals out the same data and keys in every variant.
  init(_ scenario: Scenario, dataset: Dataset, variant: Variant) throws {
    try self.init(scenario, data: try DealtData(scenario, of: dataset), variant: variant)
  }

  /// Builds a scenario's federation on its data, which are dealt out already.
  init(_ scenario: Scenario, data: DealtData, variant: Variant) throws {
    let specification = try ModelSpecification(parsing: scenario.model)
    let roles = Roles(scenario, variant: variant)
    var members: [Member] = []
    for (index, share) in data.contributors.enumerated() {
      members.append(try Self.member(index, share.examples, roles, specification, scenario))
    }
    self.members = members
    groups = roles.groups
    judges = try data.references.enumerated().map { index, reference in
      Judge(
        key: try SigningKey.simulated(seed: scenario.seed, role: .validator, index: index),
        secretSeed: Digest.simulated(seed: scenario.seed, role: .secret, index: index),
        stakeUnits: scenario.validators.stakeUnits(of: index),
        trainer: try NativeTrainer(specification, reference.examples),
        rootTrainers: try RootUpdates.trainers(for: specification, reference: reference.examples))
    }
    author = try SigningKey.simulated(seed: scenario.seed, role: .author, index: 0)
    test = try NativeTrainer(specification, data.test.examples)
    self.specification = specification
  }

  private static func member(
    _ index: Int, _ shard: Dataset, _ roles: Roles, _ specification: ModelSpecification, _ scenario: Scenario
  ) throws -> Member {
    let role = roles[index]
    let data = role.flipsLabels ? try shard.relabelled((0..<Int32(shard.classCount)).reversed()) : shard
    return Member(
      key: try SigningKey.simulated(seed: scenario.seed, role: .contributor, index: index), group: role.group,
      isHonest: role.isHonest, attack: role.attack, trainer: try NativeTrainer(specification, data),
      slowness: role.isSlow ? scenario.contributors.slow.factor : 1)
  }
}

/// Who is slow and who is hostile, and how: drawn once from the scenario's seed.
private struct Roles {
  struct Role {
    var group = "honest"
    var isHonest = true
    var isSlow = false
    var flipsLabels = false
    var attack: (any UpdateAttack)?
  }

  private var roles: [Role]
  let groups: [RunRecord.Group]

  subscript(index: Int) -> Role { roles[index] }

  init(_ scenario: Scenario, variant: Federation.Variant) {
    let contributors = scenario.contributors
    var roles = [Role](repeating: Role(), count: contributors.count)
    var random = SeededRandom(seed: scenario.seed ^ 0x726F_6C65)
    var order = random.permutation(count: contributors.count)[...]
    var groups = [RunRecord.Group(name: "honest", isHonest: true)]
    for kind in Scenario.Hostility.allCases {
      guard let count = contributors.hostile[kind], count > 0 else { continue }
      for index in order.prefix(count) where variant == .asPlanned { roles[index] = Self.hostile(kind) }
      order = order.dropFirst(count)
      if variant == .asPlanned { groups.append(.init(name: kind.rawValue, isHonest: false)) }
    }
    for index in order.prefix(contributors.slow.count) {
      roles[index].isSlow = true
      roles[index].group = "slow"
    }
    if contributors.slow.count > 0 { groups.insert(.init(name: "slow", isHonest: true), at: 1) }
    self.roles = roles
    self.groups = groups
  }

  private static func hostile(_ kind: Scenario.Hostility) -> Role {
    var role = Role(group: kind.rawValue, isHonest: false)
    switch kind {
    case .labelFlip: role.flipsLabels = true
    case .signFlip: role.attack = SignFlipAttack()
    case .scaled:
      // Model replacement: what is boosted is poison, for a boosted honest update is no more than that once
      // it is clipped.
      role.flipsLabels = true
      role.attack = ScalingAttack(factor: 10)
    case .noise: role.attack = NoiseAttack(relativeNorm: 1)
    case .copycat: role.attack = CopycatAttack(relativeNoise: 0.05)
    case .replay: role.attack = ReplayAttack()
    case .freeRider: role.attack = FreeRiderAttack(relativeNoise: 0.01)
    }
    return role
  }
}

/// What a simulated key is for.
enum SimulatedRole: UInt64 {
  case author = 1
  case validator = 2
  case contributor = 3
  case secret = 4
}

extension Digest {
  private static let simulationDomain = HashDomain("trib.simulated")

  /// Bytes that follow from a scenario's seed alone, so that a run can be repeated.
  static func simulated(seed: UInt64, role: SimulatedRole, index: Int) -> Digest {
    var hasher = DigestHasher(in: simulationDomain)
    hasher.update(seed)
    hasher.update(role.rawValue)
    hasher.update(UInt64(index))
    return hasher.finish()
  }
}

extension SigningKey {
  static func simulated(seed: UInt64, role: SimulatedRole, index: Int) throws(WireError) -> SigningKey {
    try SigningKey(seed: Digest.simulated(seed: seed, role: role, index: index).bytes)
  }
}

extension Scenario.Validators {
  /// What each validator stakes where the scenario does not say.
  private static let equalStakeUnits: UInt64 = 1_000_000

  func stakeUnits(of index: Int) -> UInt64 {
    stakes.isEmpty ? Self.equalStakeUnits : stakes[index]
  }
}
