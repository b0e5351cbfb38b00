import Agents
import Aggregation
import Attribution
import Ledger
import Numerics
import Wire

/// A network whose records a benchmark makes: four validators, one task, and any number of contributors.
///
/// It signs each record, applies it to a replica of its own, and stops at the first that is refused. Replicas
/// hold no weights, so the versions' digests are made up.
struct LedgerDriver {
  static let windowSize = 64
  private static let validatorCount = 4
  // Far from the contributors' numbers.
  private static let firstValidatorNumber = 1 << 20

  let genesis: Genesis
  private(set) var replica: Replica
  private let validators: [SigningKey]
  private let author: SigningKey
  private let contributors: [SigningKey]
  private let parameterCount: UInt64
  /// The task opened last, which everyone commits to.
  private(set) var task = Digest.zero
  private var random = SeededRandom(seed: 14)
  private var sequences: [UInt64]
  private var open: [(contributor: Int, packet: Digest)] = []
  private(set) var records: [Replica.CheckedRecord] = []

  /// Opens a task, and has the first contributors register and commit to one update each.
  ///
  /// - Parameters:
  ///   - contributorCount: how many contributors register
  ///   - strangerCount: how many keys more hold the units to register with
  ///   - parameterCount: the parameters of every task's model
  init(contributorCount: Int, strangerCount: Int = 0, parameterCount: UInt64 = 650) throws {
    self.parameterCount = parameterCount
    validators = try (0..<Self.validatorCount).map { try SampleKeys.key(Self.firstValidatorNumber + $0) }
    author = try SampleKeys.key(Self.firstValidatorNumber + Self.validatorCount)
    contributors = try (0..<contributorCount + strangerCount).map { try SampleKeys.key($0) }
    sequences = [UInt64](repeating: 0, count: contributors.count)
    let grants = (contributors + [author]).map { Genesis.Allocation(key: $0.publicKey, units: 1_000_000) }
    genesis = try Genesis(
      name: "benchmark", validators: validators.map { .init(key: $0.publicKey, stakeUnits: 1_000) },
      allocations: grants)
    replica = Replica(genesis)
    try openTask()
    for number in 0..<contributorCount {
      try register(number)
      try commit(number)
    }
  }

  /// The records that some actions would append to the log; nothing has happened afterwards.
  func records(of actions: (inout LedgerDriver) throws -> Void) throws -> [Replica.CheckedRecord] {
    var trial = self
    try actions(&trial)
    return Array(trial.records.dropFirst(records.count))
  }

  /// A gateway that has followed the log.
  var gateway: Gateway {
    var gateway = Gateway(genesis: genesis)
    for record in records { _ = gateway.handle(.record(record)) }
    return gateway
  }

  /// A key without a bond becomes a contributor.
  mutating func register(_ contributor: Int) throws {
    let message = Registration(network: replica.network, nonce: 0)
    _ = try apply(.registration(message), by: contributors[contributor])
  }

  /// A contributor commits to one more update.
  mutating func commit(_ contributor: Int) throws {
    sequences[contributor] += 1
    let packet = randomDigest()
    open.append((contributor, packet))
    let message = Commitment(
      network: replica.network, task: task, baseVersion: replica.tasks[task]?.version ?? 0,
      sequence: sequences[contributor], packet: packet)
    _ = try apply(.commitment(message), by: contributors[contributor])
  }

  /// One window from its first update to its final version. Whoever submits commits to the next update.
  mutating func window() throws {
    for attestation in attestations(of: try decide(step: randomDigest())) { try apply(attestation) }
  }

  /// One window from its first update to the header that validators attest, which publishes a step.
  mutating func decide(step: Digest) throws -> VersionHeader {
    let window = replica.tasks[task]?.collectingWindow ?? 0
    let secrets = validators.map { _ in randomDigest() }
    for (key, secret) in zip(validators, secrets) {
      let commitment = SeedReveal.commitment(to: secret)
      let message = SeedCommitment(
        network: replica.network, task: task, window: window, commitment: commitment)
      _ = try apply(.seedCommitment(message), by: key)
    }
    for _ in 0..<Self.windowSize {
      let (contributor, packet) = open.removeFirst()
      let message = Submission(network: replica.network, task: task, packet: packet)
      _ = try apply(.submission(message), by: contributors[contributor])
      try commit(contributor)
    }
    // The secrets that are enough for a seed; a later one would come too late.
    for (key, secret) in zip(validators, secrets) {
      let message = SeedReveal(network: replica.network, task: task, window: window, secret: secret)
      let events = try apply(.seedReveal(message), by: key)
      if events.contains(where: { if case .seedDrawn = $0 { true } else { false } }) { break }
    }
    return try assess(window, step: step)
  }

  private mutating func assess(_ window: UInt64, step: Digest) throws -> VersionHeader {
    let cell = Assessment.Cell(verdict: .admit, trust: .max, clip: .max)
    let row = Assessment(
      network: replica.network, task: task, window: window,
      cells: [Assessment.Cell](repeating: cell, count: Self.windowSize), salt: randomDigest())
    for key in validators {
      _ = try apply(.assessmentCommitment(AssessmentCommitment(to: row, by: key.publicKey)), by: key)
    }
    var decided: VersionHeader?
    for key in validators {
      for case .mergeDecided(_, let template) in try apply(.assessment(row), by: key) { decided = template }
    }
    guard let decided else { throw BenchmarkError("the assessments decided no merge") }
    return decided.with(
      step: step, parametersRoot: randomDigest(), residualRoot: randomDigest())
  }

  /// Every validator's attestation of a header.
  func attestations(of header: VersionHeader) -> [Envelope] {
    let credits = CreditRow(
      credits: [Int64](repeating: 1 << 20, count: Self.windowSize), lossBefore: 1 << 32,
      lossAfter: 1 << 32 - Int64(Self.windowSize) << 20)
    return validators.map { key in
      let attestation = Attestation(header: header, credits: credits.digest).signed(by: key)
      let message = CreditedAttestation(network: replica.network, attestation: attestation, credits: credits)
      return Transaction.attestation(message).signed(by: key)
    }
  }

  /// Opens one more task.
  mutating func openTask() throws {
    let specification = TaskSpecification(
      name: "benchmark", trainer: .native("softmax(64,10)"), parameterCount: parameterCount,
      firstWeights: .zero,
      firstParametersRoot: .zero,
      training: TrainingPlan(.epochs(1), batchSize: 32, learningRateMillionths: 100_000),
      merge: MergePolicy(windowSize: UInt32(Self.windowSize), maximumStaleness: 64),
      reward: RewardPolicy(unitsPerVersion: 1_000, authorBasisPoints: 1_000, validatorBasisPoints: 2_000),
      privacy: .plain)
    let message = TaskCreation(
      network: replica.network, nonce: replica.accounts[author.publicKey].nonce, specification: specification,
      escrowUnits: 100_000)
    open = []
    for case .taskOpened(let id) in try apply(.taskCreation(message), by: author) { task = id }
  }

  private mutating func apply(_ transaction: Transaction, by key: SigningKey) throws -> [ReplicaEvent] {
    try apply(transaction.signed(by: key))
  }

  @discardableResult
  private mutating func apply(_ envelope: Envelope) throws -> [ReplicaEvent] {
    let record = Replica.CheckedRecord(envelope.wireBytes, id: envelope.id)
    let events = replica.apply(record)
    if case .refused(let refusal)? = events.first {
      throw BenchmarkError("the replica refused a record of kind \(envelope.kind): \(refusal)")
    }
    records.append(record)
    return events
  }

  private mutating func randomDigest() -> Digest {
    Digest(of: (0..<32).map { _ in UInt8(random.integer(below: 256)) }, in: .blob)
  }
}
