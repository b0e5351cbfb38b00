import Agents
import Aggregation
import Engines
import Learning
import Ledger
import Numerics
import Settings
import Updates
import Wire

/// Everybody in a simulation of faults, with keys, data and the task, all of which follow from the plan.
struct FaultCast: Sendable {
  private static let classes = 3
  private static let features = 4
  /// Clusters around one corner a class, which a model of 15 parameters tells apart.
  private static let examples = Result { try makeExamples() }

  let plan: FaultPlan
  let flaw: Flaw?
  let federation: Federation
  let genesis: Genesis
  private let opening: TaskOpening

  init(_ plan: FaultPlan, flaw: Flaw?) throws {
    self.plan = plan
    self.flaw = flaw
    let scenario = Self.scenario(of: plan)
    federation = try Federation(scenario, dataset: try Self.examples.get(), variant: .asPlanned)
    genesis = try federation.genesis("faults", scenario)
    var settings = RunSettings(scenario, name: "faults", rule: scenario.merge.rule)
    settings.taskName = settings.name
    opening = try TaskOpening(federation, settings, genesis: genesis)
  }

  var creation: Envelope { opening.envelope }
  var offer: TaskOffer { opening.offer }
  var firstWeights: [Float] { opening.firstWeights }

  private static func scenario(of plan: FaultPlan) -> Scenario {
    var scenario = Scenario()
    scenario.seed = plan.seed
    scenario.validators = .init(count: plan.validators.count, stakes: plan.validators.map(\.stakeUnits))
    scenario.referenceExamplesPerValidator = 4 * classes
    scenario.testExamples = classes
    let hostile = Dictionary(plan.hostile.map { ($0, 1) }, uniquingKeysWith: +)
    scenario.contributors = .init(
      count: plan.contributors, devices: DeviceSettings(slowness: .same(1)), hostile: hostile)
    scenario.data.partition = .iid
    scenario.model = "softmax(\(features),\(classes))"
    scenario.training.duration = .epochs(1)
    scenario.merge = MergePolicy(
      windowSize: UInt32(plan.windowSize), maximumStaleness: 8, upForm: .dense8, downForm: .dense8,
      committeeSeats: UInt32(plan.committeeSeats))
    scenario.privacy = plan.privacy
    return scenario
  }

  private static func makeExamples() throws -> Dataset {
    var random = SeededRandom(seed: 1)
    var values: [Float] = []
    let labels = (0..<240).map { Int32($0 % classes) }
    for label in labels {
      for feature in 0..<features {
        values.append((feature == Int(label) ? 2 : 0) + 0.5 * Float(random.gaussian()))
      }
    }
    return try Dataset(features: values, featureCount: features, labels: labels, classCount: classes)
  }

  /// The keys of the validators that do what the protocol asks.
  var honestValidators: Set<PublicKey> {
    Set(zip(federation.judges, plan.validators).filter { $0.1.conduct == .honest }.map(\.0.key.publicKey))
  }

  /// A node before its start.
  func makeNode(_ node: NodeID) -> any SimulatedNode {
    switch node.role {
    case .log:
      LogServer(
        network: genesis.network,
        followers: plan.nodes.filter { $0.role == .gateway || $0.role == .validator },
        isForgetful: flaw == .missingDeduplication)
    case .blobs: BlobServer()
    case .gateway: GatewayNode(genesis, task: offer.id, subscribers: subscribers, flaws: flaws(of: node))
    case .validator: validator(node)
    case .contributor: contributor(node)
    }
  }

  private func validator(_ node: NodeID) -> ValidatorNode {
    let judge = federation.judges[node.index]
    let conduct = plan.validators[node.index].conduct
    let random = SeededRandom(seed: plan.seed, stream: 1_000 + UInt64(node.index))
    return ValidatorNode(
      .init(key: judge.key, secretSeed: judge.secretSeed, genesis: genesis, offer: offer),
      hand: HostileHand(conduct, key: judge.key, random: random), isHonest: conduct == .honest,
      flaws: flaws(of: node))
  }

  private func contributor(_ node: NodeID) -> ContributorNode {
    let member = federation.members[node.index]
    return ContributorNode(
      .init(
        key: member.key, genesis: genesis, offer: offer, firstWeights: firstWeights,
        residuals: member.attack?.keepsResidual == false ? .none : .exact,
        floods: member.attack?.updatesPerVersion ?? 1 > 1, gateways: plan.gateways),
      gateway: node.index % plan.gateways)
  }

  private var subscribers: [NodeID: PublicKey] {
    Dictionary(
      uniqueKeysWithValues: federation.members.enumerated().map {
        (NodeID(role: .contributor, index: $0), $1.key.publicKey)
      })
  }

  private func flaws(of node: NodeID) -> PlantedFlaws {
    flaw?.inReplica(of: (plan.nodes.firstIndex(of: node) ?? 0) + 1) ?? PlantedFlaws()
  }

  /// The disks before the first start: the task is in the log, and its first weights are stored.
  func makeDisks() -> [NodeID: SimulatedDisk] {
    var disks: [NodeID: SimulatedDisk] = [:]
    for node in plan.nodes { disks[node] = SimulatedDisk() }
    let start = LogHead(length: 0, chain: genesis.network)
    let (record, _) = LogChain.extend(start, with: LogAppend(id: creation.id, bytes: creation.wireBytes))
    disks[.log]?.put(LogCopy.file, RecordFrames.encode(record))
    for file in BlobServer.files(of: offer.specification.firstWeights) {
      disks[.blobs]?.put(file, FlatWeights.encode(firstWeights))
    }
    for node in plan.nodes { disks[node]?.syncsLate = flaw == .lostSync }
    return disks
  }
}
