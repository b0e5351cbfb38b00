public import Agents
public import Aggregation
public import Learning
public import Ledger
import Numerics
public import Updates
public import Wire

/// A small network that has not begun: keys, a genesis, a task, and data for everyone. All of it follows from
/// a seed.
public struct TestNetwork: Sendable {
  /// What the task trains: 15 parameters, so that a window takes no time.
  public static let model = "softmax(4,3)"

  /// The network's start: the validators have equal stakes, everyone else 10,000 units, candidates among
  /// them.
  public let genesis: Genesis
  /// Who opens the task.
  public let author: SigningKey
  /// The validators' keys, and after them the candidates'.
  public let validatorKeys: [SigningKey]
  /// The contributors' keys.
  public let contributorKeys: [SigningKey]
  /// The weights of version 0.
  public let firstWeights: [Float]
  /// The envelope that opens the task.
  public let creation: Envelope
  /// The task, as everyone opens it.
  public let offer: TaskOffer
  /// How its packets travel.
  public let seal: PacketSeal
  /// One a contributor.
  public let trainers: [NativeTrainer]
  /// One a validator: its whole reference set, and the same by label.
  public let references: [(whole: NativeTrainer, byLabel: [NativeTrainer])]

  /// To whom packets are sealed while the genesis' validators are in force.
  public var recipients: Recipients { seal.recipients(genesis.validators) }
  /// The task's name.
  public var task: Digest { offer.id }
  /// The network's name.
  public var network: Digest { genesis.network }

  /// Makes up a network of a seed.
  public init(
    seed: UInt64 = 1, validators: Int = 4, candidates: Int = 0, contributors: Int = 6,
    policy: MergePolicy = MergePolicy(windowSize: 3, upForm: .dense8, downForm: .dense8),
    privacy: PacketPrivacy = .sealedPublished
  ) throws {
    author = try Self.key(seed, "author", 0)
    validatorKeys = try (0..<(validators + candidates)).map { try Self.key(seed, "validator", $0) }
    contributorKeys = try (0..<contributors).map { try Self.key(seed, "contributor", $0) }
    genesis = try Genesis(
      name: "test",
      validators: validatorKeys.prefix(validators).map { .init(key: $0.publicKey, stakeUnits: 1_000) },
      allocations: ([author] + contributorKeys + validatorKeys.suffix(candidates)).map {
        .init(key: $0.publicKey, units: 10_000)
      })
    let model = try ModelSpecification(parsing: Self.model)
    var random = SeededRandom(seed: seed)
    firstWeights = model.initialWeights(seed: seed)
    creation = Self.creation(
      of: model, weights: firstWeights, policy: policy, privacy: privacy, network: genesis.network,
      author: author)
    offer = try TaskOffer(opening: creation, network: genesis.network)
    seal = PacketSeal(offer, network: genesis.network)
    trainers = try (0..<contributors).map { _ in
      try NativeTrainer(model, try Self.examples(24, &random))
    }
    references = try validatorKeys.map { _ in
      let examples = try Self.examples(30, &random)
      return (
        try NativeTrainer(model, examples), try RootUpdates.trainers(for: model, reference: examples)
      )
    }
  }

  /// The envelope that opens a task.
  public static func creation(
    of model: ModelSpecification, weights: [Float], root: Digest? = nil, policy: MergePolicy,
    privacy: PacketPrivacy = .sealedPublished, network: Digest, author: SigningKey, nonce: UInt64 = 0,
    escrowUnits: UInt64 = 9_000
  ) -> Envelope {
    let specification = TaskSpecification(
      name: "test", trainer: .native(model.description), parameterCount: UInt64(weights.count),
      firstWeights: Digest(of: FlatWeights.encode(weights), in: .blob),
      firstParametersRoot: root ?? ChunkTree.over(weights).root,
      training: TrainingPlan(.epochs(1), batchSize: 8, learningRateMillionths: 200_000), merge: policy,
      reward: RewardPolicy(unitsPerVersion: 1_000, authorBasisPoints: 500, validatorBasisPoints: 1_500),
      privacy: privacy)
    return Transaction.taskCreation(
      TaskCreation(
        network: network, nonce: nonce, specification: specification, escrowUnits: escrowUnits)
    ).signed(by: author)
  }

  /// Clusters around one corner a class.
  private static func examples(_ count: Int, _ random: inout SeededRandom) throws -> Dataset {
    var features: [Float] = []
    var labels: [Int32] = []
    for index in 0..<count {
      let label = index % 3
      labels.append(Int32(label))
      for feature in 0..<4 { features.append((feature == label ? 2 : 0) + 0.5 * Float(random.gaussian())) }
    }
    return try Dataset(features: features, featureCount: 4, labels: labels, classCount: 3)
  }

  private static let keyDomain = HashDomain("test.key")

  /// A key that follows from a seed, a role and a number.
  public static func key(_ seed: UInt64, _ role: String, _ index: Int) throws -> SigningKey {
    var hasher = DigestHasher(in: keyDomain)
    hasher.update(seed)
    hasher.update(Array(role.utf8))
    hasher.update(UInt64(index))
    return try SigningKey(seed: hasher.finish().bytes)
  }

  /// The secrets of a validator derive from this.
  public func secretSeed(of validator: Int) -> Digest {
    Digest(of: validatorKeys[validator].publicKey.bytes, in: Self.keyDomain)
  }

  /// A contributor's registration.
  public func registration(of contributor: Int) -> Envelope {
    Transaction.registration(Registration(network: network, nonce: 0)).signed(
      by: contributorKeys[contributor])
  }

  /// A validator's or candidate's first transaction: it adds to its stake.
  public func bond(of validator: Int, units: UInt64) -> Envelope {
    Transaction.validatorBond(ValidatorBond(network: network, nonce: 0, units: units)).signed(
      by: validatorKeys[validator])
  }

  /// A validator's first transaction: it takes units out of its stake.
  public func unbond(of validator: Int, units: UInt64) -> Envelope {
    Transaction.validatorUnbond(ValidatorUnbond(network: network, nonce: 0, units: units)).signed(
      by: validatorKeys[validator])
  }

  /// An update as it is uploaded.
  public struct Upload: Sendable {
    /// The bytes that go into the blob store.
    public let packet: [UInt8]
    /// What goes into the log before the upload.
    public let commitment: Envelope
    /// What goes into the log after the upload.
    public let submission: Envelope
    /// The packet's name.
    public var digest: Digest { Packet.digest(of: packet) }
  }

  /// Seals a packet's bytes, whatever they hold, and wraps them up for the log.
  ///
  /// - Parameter validators: those in force; nil for the genesis' ones
  public func upload(
    _ packet: [UInt8], by contributor: Int, base: UInt64, sequence: UInt64,
    to validators: ValidatorSet? = nil
  ) -> Upload {
    let update = PackedUpdate(
      wrapping: packet, base: base, sequence: sequence, under: seal, to: validators ?? genesis.validators,
      by: contributorKeys[contributor])
    return Upload(packet: update.packet, commitment: update.commitment, submission: update.submission)
  }

  /// Wraps a blob up for the log as it is, beside any content key's digest.
  public func upload(
    blob: [UInt8], keyDigest: Digest, by contributor: Int, base: UInt64, sequence: UInt64
  ) -> Upload {
    let digest = Packet.digest(of: blob)
    let key = contributorKeys[contributor]
    return Upload(
      packet: blob,
      commitment: Transaction.commitment(
        Commitment(
          network: network, task: task, baseVersion: base, sequence: sequence, packet: digest,
          keyDigest: keyDigest)
      ).signed(by: key),
      submission: Transaction.submission(Submission(network: network, task: task, packet: digest))
        .signed(by: key))
  }

  /// The packet in an uploaded blob, as a validator of the genesis opens it.
  public func opened(_ blob: [UInt8], by contributor: PublicKey) throws -> Packet {
    let opened = try seal.open(blob, from: contributor, by: validatorKeys[0], among: recipients)
    return try Packet(wireBytes: opened.packet, limit: 1 << 20)
  }

  /// What an honest contributor sends after training from these weights.
  public func honestUpload(
    by contributor: Int, from weights: [Float], base: UInt64, sequence: UInt64,
    to validators: ValidatorSet? = nil
  ) async throws -> Upload {
    let configuration = offer.specification.training.configuration(seed: base)
    let trained = try await trainers[contributor].train(weights, configuration).weights
    let delta = try FixedPoint.quantize(zip(trained, weights).map { $0 - $1 })
    var feedback = ErrorFeedback(parameterCount: weights.count)
    let packet = Packet(
      task: task, baseVersion: base, contributor: contributorKeys[contributor].publicKey, sequence: sequence,
      payload: feedback.compress(delta, form: offer.specification.merge.upForm))
    return upload(packet.wireBytes, by: contributor, base: base, sequence: sequence, to: validators)
  }
}
