import Aggregation
import Testing
import Wire

@testable import Ledger

/// A network in a box: keys from fixed seeds, one replica, and its log. Every record goes through `apply`,
/// which checks after each one that no unit was made or lost, and that a refusal changed nothing but the
/// log's chain.
struct LedgerWorld {
  /// The validators of the genesis, and after them the candidates.
  let validators: [SigningKey]
  let contributors: [SigningKey]
  let author: SigningKey
  let genesis: Genesis
  /// The task that `init` opens.
  var task = Digest.zero
  var replica: Replica
  private(set) var log: [(bytes: [UInt8], id: Digest)] = []
  /// The updates of the window whose seed was drawn last.
  private(set) var updates: [WindowUpdate] = []
  private(set) var seed = Digest.zero
  private(set) var plan: MergePlan?
  private(set) var template: VersionHeader?
  private var sequences: [PublicKey: UInt64] = [:]

  static let startUnits: UInt64 = 1_000_000
  static let bondUnits: UInt64 = 1_000
  static let escrowUnits: UInt64 = 500_000

  init(
    stakes: [UInt64] = [100, 100, 100, 100], contributors: Int = 4, policy: MergePolicy = Self.policy(),
    reward: RewardPolicy = Self.reward, escrowUnits: UInt64 = Self.escrowUnits, candidates: Int = 0,
    minimumStakeUnits: UInt64 = 1, minimumValidators: UInt64 = 1, privacy: PacketPrivacy = .plain
  ) throws {
    validators = try (0..<(stakes.count + candidates)).map { try Self.key(1, $0) }
    self.contributors = try (0..<contributors).map { try Self.key(2, $0) }
    author = try Self.key(3, 0)
    genesis = try Genesis(
      name: "world", validators: zip(validators, stakes).map { .init(key: $0.publicKey, stakeUnits: $1) },
      allocations: (self.contributors + [author] + validators.suffix(candidates)).map {
        .init(key: $0.publicKey, units: Self.startUnits)
      },
      contributorBondUnits: Self.bondUnits, minimumStakeUnits: minimumStakeUnits,
      minimumValidators: minimumValidators)
    replica = Replica(genesis)
    for key in self.contributors { register(key) }
    open(Self.specification(policy, reward, privacy), escrowUnits: escrowUnits)
  }

  static func policy(windowSize: UInt32 = 3, maximumStaleness: UInt32 = 2, perContributor: UInt32 = 2)
    -> MergePolicy
  {
    MergePolicy(
      windowSize: windowSize, maximumStaleness: maximumStaleness,
      updatesPerContributorPerWindow: perContributor)
  }

  static let reward = RewardPolicy(
    unitsPerVersion: 1_000, authorBasisPoints: 1_000, validatorBasisPoints: 2_000)

  static func specification(
    _ policy: MergePolicy, _ reward: RewardPolicy, _ privacy: PacketPrivacy = .plain
  ) -> TaskSpecification {
    TaskSpecification(
      name: "digits", trainer: .native("softmax"), parameterCount: 650, firstWeights: digest(1),
      firstParametersRoot: digest(2),
      training: TrainingPlan(.epochs(1), batchSize: 16, learningRateMillionths: 100_000), merge: policy,
      reward: reward, privacy: privacy)
  }

  static func key(_ role: UInt8, _ index: Int) throws -> SigningKey {
    var seed = [UInt8](repeating: role, count: SigningKey.seedByteCount)
    seed[0] = UInt8(truncatingIfNeeded: index)
    seed[1] = UInt8(truncatingIfNeeded: index >> 8)
    return try SigningKey(seed: seed)
  }

  private static let domain = HashDomain("test.ledger")

  /// Any number of digests that mean nothing.
  static func digest(_ numbers: Int...) -> Digest {
    var hasher = DigestHasher(in: domain)
    for number in numbers { hasher.update(UInt64(number)) }
    return hasher.finish()
  }
}

extension LedgerWorld {
  /// What the replica knows of the task; a fresh one if it knows nothing.
  var state: TaskState {
    replica.tasks[task]
      ?? TaskState(
        id: .zero, author: author.publicKey, specification: Self.specification(Self.policy(), Self.reward),
        escrowUnits: 0)
  }

  var network: Digest { replica.network }

  /// What the votes of the validators in force weigh; zero for candidates.
  var weights: [UInt64] {
    validators.map { replica.validators.electorate.weight(of: $0.publicKey) }
  }

  @discardableResult
  mutating func bond(_ validator: Int, _ units: UInt64) -> [ReplicaEvent] {
    let key = validators[validator]
    return apply(
      .validatorBond(ValidatorBond(network: network, nonce: nonce(key), units: units)), by: key)
  }

  @discardableResult
  mutating func unbond(_ validator: Int, _ units: UInt64) -> [ReplicaEvent] {
    let key = validators[validator]
    return apply(
      .validatorUnbond(ValidatorUnbond(network: network, nonce: nonce(key), units: units)), by: key)
  }

  /// All validators of the genesis take their stakes out, and all candidates bond as much.
  mutating func replaceValidators() {
    for (validator, key) in validators.enumerated() {
      if genesis.validators.contains(key.publicKey) {
        unbond(validator, replica.bondedStakeUnits(of: key.publicKey))
      } else {
        bond(validator, 100)
      }
    }
  }

  func nonce(_ key: SigningKey) -> UInt64 { replica.accounts[key.publicKey].nonce }

  func balance(_ key: SigningKey) -> UInt64 { replica.accounts[key.publicKey].balanceUnits }

  @discardableResult
  mutating func apply(_ transaction: Transaction, by key: SigningKey) -> [ReplicaEvent] {
    let envelope = transaction.signed(by: key)
    return apply(envelope.wireBytes, id: envelope.id)
  }

  @discardableResult
  mutating func apply(_ bytes: [UInt8], id: Digest) -> [ReplicaEvent] {
    apply(Replica.CheckedRecord(bytes, id: id))
  }

  @discardableResult
  mutating func apply(_ record: Replica.CheckedRecord) -> [ReplicaEvent] {
    let before = replica
    log.append((record.bytes, record.id))
    let events = replica.apply(record)
    if !replica.conservesUnits { Issue.record("record \(log.count - 1) made or lost units") }
    if replica.chain.length != before.chain.length + 1 {
      Issue.record("record \(log.count - 1) is not in the chain")
    }
    if events.refusal != nil, !replica.hasSameState(as: before) {
      Issue.record("record \(log.count - 1) was refused and changed something")
    }
    if before.refusal(of: record) != events.refusal {
      Issue.record("record \(log.count - 1) was not foretold: \(String(describing: events.refusal))")
    }
    for event in events { note(event) }
    return events
  }

  private mutating func note(_ event: ReplicaEvent) {
    switch event {
    case .seedDrawn(_, _, let seed, let updates): (self.seed, self.updates) = (seed, updates)
    case .mergeDecided(let plan, let template): (self.plan, self.template) = (plan, template)
    default: break
    }
  }

  @discardableResult
  mutating func register(_ key: SigningKey) -> [ReplicaEvent] {
    apply(.registration(Registration(network: network, nonce: nonce(key))), by: key)
  }

  mutating func open(_ specification: TaskSpecification, escrowUnits: UInt64) {
    let events = apply(
      .taskCreation(
        TaskCreation(
          network: network, nonce: nonce(author), specification: specification, escrowUnits: escrowUnits)),
      by: author)
    if case .taskOpened(let id) = events.first { task = id }
  }

  mutating func nextSequence(_ key: SigningKey) -> UInt64 {
    sequences[key.publicKey, default: 0] += 1
    return sequences[key.publicKey] ?? 0
  }
}

extension Replica {
  /// Equal in everything but the place in the log.
  func hasSameState(as other: Replica) -> Bool {
    accounts == other.accounts && withdrawnUnits == other.withdrawnUnits && contributors == other.contributors
      && slashed == other.slashed && tasks == other.tasks && registry == other.registry
  }
}

extension [ReplicaEvent] {
  var refusal: Refusal? {
    guard count == 1, case .refused(let refusal) = self[0] else { return nil }
    return refusal
  }

  var final: (header: VersionHeader, certificate: Certificate)? {
    lazy.compactMap {
      if case .versionFinal(let header, let certificate) = $0 { (header, certificate) } else { nil }
    }.first
  }

  var handovers: [Handover] {
    compactMap { if case .validatorsChanged(let handover) = $0 { handover } else { nil } }
  }

  var unbonded: [PublicKey: UInt64] {
    reduce(into: [:]) { if case .unbonded(let key, let units) = $1 { $0[key, default: 0] += units } }
  }

  var receipts: [Receipt] {
    flatMap { if case .receipts(let receipts) = $0 { receipts } else { [Receipt]() } }
  }

  var payouts: [Payout] {
    compactMap { if case .paid(let payout) = $0 { payout } else { nil } }
  }

  var submitted: [Digest] {
    compactMap { if case .submitted(_, let packet, _) = $0 { packet } else { nil } }
  }

  /// The names of the events, to compare their order.
  var names: [String] {
    map { String(describing: $0).prefix { $0.isLetter }.description }
  }
}
