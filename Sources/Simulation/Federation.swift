import Agents
import Aggregation
import Learning
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
    /// What its group does to its updates before sending them; nil sends them as they are.
    let attack: (any UpdateAttack)?
    let trainer: NativeTrainer
    let device: Device
    let canaries: Canaries
  }

  /// One validator.
  struct Judge: Sendable {
    let key: SigningKey
    let secretSeed: Digest
    let stakeUnits: UInt64
    /// What it does in place of judging; nil if it is honest.
    let hostility: Scenario.ValidatorHostility?
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
  /// The test examples with the backdoor's trigger, if somebody plants one.
  let triggeredTest: NativeTrainer?
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
    try self.init(scenario, data: try DealtData(try DealingPlan(scenario), of: dataset), variant: variant)
  }

  /// Builds a scenario's federation on its data, which are dealt out already.
  init(_ scenario: Scenario, data: DealtData, variant: Variant) throws {
    let specification = try ModelSpecification(parsing: scenario.model)
    let roles = Roles(scenario, variant: variant, devices: try Device.drawn(for: scenario))
    var members: [Member] = []
    for (index, share) in data.contributors.enumerated() where !roles[index].isSplit {
      let role = roles[index]
      let trainer = try Self.trainer(index, share, role.poison, data.trigger, specification, scenario)
      members.append(try Self.member(index, trainer, role, scenario))
    }
    // Further identities have keys behind those of all shares.
    var identity = data.contributors.count
    for (index, share) in data.contributors.enumerated() where roles[index].isSplit {
      for rows in scenario.contributors.split.parts(of: share.indices) {
        let trainer = try NativeTrainer(specification, share.source, rows: rows)
        members.append(try Self.member(identity, trainer, roles[index], scenario))
        identity += 1
      }
    }
    self.members = members
    groups = roles.groups
    judges = try data.references.enumerated().map { index, reference in
      Judge(
        key: try SigningKey.simulated(seed: scenario.seed, role: .validator, index: index),
        secretSeed: Digest.simulated(seed: scenario.seed, role: .secret, index: index),
        stakeUnits: scenario.validators.stakeUnits(of: index),
        hostility: variant == .asPlanned ? scenario.validators.hostility(of: index) : nil,
        trainer: try NativeTrainer(specification, reference.examples),
        rootTrainers: try RootUpdates.trainers(for: specification, reference: reference.examples))
    }
    author = try SigningKey.simulated(seed: scenario.seed, role: .author, index: 0)
    test = try NativeTrainer(specification, data.test.examples)
    let triggered = roles.plantBackdoor ? try data.trigger.triggered(data.test.examples) : nil
    triggeredTest = try triggered.flatMap { $0.count > 0 ? try NativeTrainer(specification, $0) : nil }
    self.specification = specification
  }

  /// Whoever poisons its examples has a copy of them; the others share the source.
  private static func trainer(
    _ index: Int, _ share: DealtData.Part, _ poison: DataPoison, _ trigger: PixelTrigger,
    _ specification: ModelSpecification, _ scenario: Scenario
  ) throws -> NativeTrainer {
    guard poison != .none else {
      return try NativeTrainer(specification, share.source, rows: share.indices)
    }
    let examples = try poison.applied(to: share.examples, trigger, seed: scenario.seed &+ UInt64(index))
    return try NativeTrainer(specification, examples)
  }

  private static func member(
    _ index: Int, _ trainer: NativeTrainer, _ role: Roles.Role, _ scenario: Scenario
  ) throws -> Member {
    // The identities of an owner take turns on one machine.
    var device = role.device
    if role.isSplit { device.slowness *= Double(scenario.contributors.split.identities) }
    return Member(
      key: try SigningKey.simulated(seed: scenario.seed, role: .contributor, index: index), group: role.group,
      isHonest: role.isHonest, attack: role.attack, trainer: trainer,
      device: device,
      canaries: role.sendsCanaries ? Canaries(share: scenario.contributors.canaries.share) : .none)
  }
}

extension Scenario.SplitOwners {
  /// The examples of each of an owner's identities, by their places in the source.
  fileprivate func parts(of indices: [Int]) -> [[Int]] {
    guard dividesData else { return Array(repeating: indices, count: identities) }
    let count = min(identities, indices.count)
    return (0..<count).map { part in
      stride(from: part, to: indices.count, by: count).map { indices[$0] }
    }
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
