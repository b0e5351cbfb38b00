import Aggregation
import Learning
import Numerics
import Testing
import Updates
import Wire

/// A small federation on the optical digits, to see what judging does to real updates.
struct DigitsFederation {
  /// What a contributor does.
  enum Role: Hashable {
    case honest
    case oneLabel
    case labelFlipper
    case attacker(String)
  }

  struct Contributor {
    let role: Role
    let trainer: NativeTrainer
    var attack: (any UpdateAttack)?
    var feedback: ErrorFeedback
  }

  let policy: MergePolicy
  private(set) var state: ModelState
  private(set) var contributors: [Contributor] = []
  private(set) var trusts: [Role: [Double]] = [:]
  private(set) var reasons: [Role: [RejectionReason]] = [:]
  private var judge = Judge()
  private var steps: [[Float]] = []
  private var random: SeededRandom
  private let rootTrainers: [NativeTrainer]
  private let test: NativeTrainer

  /// - Parameters:
  ///   - mixed: how many honest contributors share two thirds of the data, by Dirichlet(0.3) over labels
  ///   - pure: how many share the rest with a single label each
  ///   - hostile: attacks, each by a contributor of its own with a random part of the data
  init(
    mixed: Int, scheme: PartitionScheme = .dirichletLabels(alpha: 0.3), pure: Int = 0, labelFlippers: Int = 0,
    hostile: [any UpdateAttack] = [], policy: MergePolicy, seed: UInt64
  ) throws {
    let digits = try Digits.load()
    let specification = try ModelSpecification.softmax(features: 64, classes: 10)
    let split = try ReferenceSplit(
      of: digits, validators: 1, examplesPerClass: 15, testCount: 300, seed: seed)
    let training = try digits.subset(split.training)
    test = try NativeTrainer(specification, try digits.subset(split.test))
    rootTrainers = try RootUpdates.trainers(
      for: specification, reference: try digits.subset(split.references[0]))
    random = SeededRandom(seed: seed)
    self.policy = policy
    let initialWeights = try test.initialWeights(seed: seed)
    state = try ModelState(task: Digest(of: [2], in: HashDomain("test.task")), initialWeights: initialWeights)
    let (first, rest) = try training.split(first: training.count * 2 / 3, seed: seed)

    func add(_ data: Dataset, _ role: Role, _ attack: (any UpdateAttack)? = nil) throws {
      contributors.append(
        Contributor(
          role: role, trainer: try NativeTrainer(specification, data), attack: attack,
          feedback: ErrorFeedback(parameterCount: initialWeights.count)))
    }
    let others = mixed + labelFlippers + hostile.count
    let shards = try Partition(scheme, of: first, nodes: others, minimumExamples: 4, seed: seed)
      .datasets(from: first)
    for shard in shards[..<mixed] { try add(shard, .honest) }
    for shard in shards[mixed..<mixed + labelFlippers] {
      try add(try shard.relabelled((0..<10).map { 9 - $0 }), .labelFlipper)
    }
    for (shard, attack) in zip(shards[(mixed + labelFlippers)...], hostile) {
      try add(shard, .attacker(attack.name), attack)
    }
    guard pure > 0 else { return }
    let pureShards = try Partition(.oneLabelPerNode, of: rest, nodes: pure, minimumExamples: 4, seed: seed)
    for shard in try pureShards.datasets(from: rest) { try add(shard, .oneLabel) }
  }

  /// Everybody trains once, the window is judged and merged.
  mutating func runWindow() async throws {
    let version = state.model.number
    var packets: [Packet] = []
    var visible: [[Float]] = []
    for index in contributors.indices {
      let payload = try await payload(of: index, visible: visible)
      if contributors[index].attack == nil { visible.append(FixedPoint.dequantize(payload.denseValues())) }
      packets.append(
        Packet(
          task: state.model.task, baseVersion: version, contributor: Support.key(index), sequence: version,
          payload: payload))
    }
    let candidates = packets.enumerated().map { index, packet in
      Candidate(
        contributor: packet.header.contributor, packetDigest: packet.digest, commitPosition: UInt64(index),
        content: .packet(packet))
    }
    let judgements = judge.judge(
      JudgingInput(
        task: state.model.task, version: version, parameterCount: state.model.weights.count,
        candidates: candidates,
        rootUpdates: try await RootUpdates.measured(by: rootTrainers, at: state.model.weights),
        seed: Support.digest(Int(version)), policy: policy))
    for (contributor, judgement) in zip(contributors, judgements) {
      trusts[contributor.role, default: []].append(Double(judgement.trust) / 65_535)
      if let reason = judgement.reason { reasons[contributor.role, default: []].append(reason) }
    }
    let contributions = zip(packets, judgements).map { packet, judgement in
      Contribution(
        payload: packet.payload,
        weight: MergeWeight.of(trust: judgement.trust, discount: StalenessDiscount.one, clip: judgement.clip))
    }
    let step = try state.merge(contributions, policy: policy).step
    judge.observe(step)
    steps.append(FixedPoint.dequantize(step.payload.denseValues()))
  }

  /// The accuracy on the test set.
  func accuracy() async throws -> Double {
    try #require(await test.evaluate(state.model.weights).accuracy)
  }

  /// The mean trust of a role over the latest windows.
  func meanTrust(_ role: Role, latest: Int) -> Double {
    let all = trusts[role] ?? []
    let count = contributors.count { $0.role == role } * latest
    return all.suffix(count).reduce(0, +) / Double(count)
  }

  private mutating func payload(of index: Int, visible: [[Float]]) async throws -> Payload {
    let start = state.model.weights
    let configuration = TrainingConfiguration(
      .epochs(3), batchSize: 8, learningRate: 0.1, seed: state.model.number)
    let trained = try await contributors[index].trainer.train(start, configuration)
    let delta = Kernels.difference(trained.weights, start)
    let rotation = Rotation(
      task: state.model.task, contributor: Support.key(index), baseVersion: state.model.number)
    guard var attack = contributors[index].attack else {
      return contributors[index].feedback.compress(
        try FixedPoint.quantize(delta), form: policy.upForm, rotation: rotation)
    }
    let context = AttackContext(honestDelta: delta, honestUpdates: visible, globalSteps: steps)
    let sent = attack.delta(context, using: &random)
    contributors[index].attack = attack
    return Payload(encoding: try FixedPoint.quantize(sent), form: policy.upForm, rotation: rotation)
  }
}
