import Agents
import Aggregation
import Learning
import Ledger
import Numerics
import Settings
import Updates

@testable import Simulation

/// Scenarios without contradictions, drawn from a seed.
enum RandomScenario {
  static func make(_ random: inout SeededRandom) -> Scenario {
    var scenario = Scenario()
    scenario.seed = random.next()
    scenario.validators.count = 1 + random.integer(below: 6)
    if random.integer(below: 2) == 0 {
      scenario.validators.stakes = (0..<scenario.validators.count).map { _ in 1 + random.next() >> 24 }
    }
    if scenario.validators.count > 3, scenario.validators.stakes.isEmpty {
      let kinds = Scenario.ValidatorHostility.allCases
      scenario.validators.hostile = [kinds[random.integer(below: kinds.count)]: 1]
    }
    scenario.referenceExamplesPerValidator = 1 + random.integer(below: 100)
    scenario.testExamples = 1 + random.integer(below: 500)
    scenario.contributors.count = 120 + random.integer(below: 200)
    scenario.contributors.devices = devices(&random)
    scenario.contributors.canaries = .init(count: random.integer(below: 5), share: random.uniform() / 2)
    scenario.contributors.split = .init(
      count: random.integer(below: 3), identities: 1 + random.integer(below: 9),
      dividesData: random.integer(below: 2) == 0)
    scenario.contributors.hostile = [:]
    for kind in Scenario.Hostility.allCases where random.integer(below: 3) > 0 {
      scenario.contributors.hostile[kind] = 1 + random.integer(below: 4)
    }
    scenario.data.source = source(&random)
    scenario.data.partition = partition(&random)
    if case .sampled = scenario.data.partition {
    } else {
      scenario.data.rareLabels = .init(labels: [0, 7], slowestShare: 0.001 + 0.9 * random.uniform())
    }
    scenario.model = random.integer(below: 2) == 0 ? "softmax(64,10)" : "mlp(64,17,5,10)"
    let length = 1 + random.integer(below: 9)
    scenario.training.duration = random.integer(below: 4) == 0 ? .steps(length) : .epochs(length)
    scenario.training.batchSize = 1 + random.integer(below: 99)
    scenario.training.learningRate = 1e-6 + random.uniform()
    scenario.windows = 1 + random.integer(below: 10_000)
    scenario.merge = policy(&random, contributors: scenario.contributors.count)
    scenario.privacy = PacketPrivacy.allCases[random.integer(below: PacketPrivacy.allCases.count)]
    scenario.signatures = random.integer(below: 2) == 0
    scenario.residuals = ResidualForm.allCases[random.integer(below: ResidualForm.allCases.count)]
    scenario.targetAccuracy = random.uniform()
    scenario.reward.escrowUnits = 1 + random.next() >> 12
    scenario.reward.unitsPerVersion = 1 + random.next() % scenario.reward.escrowUnits
    scenario.reward.authorBasisPoints = UInt64(random.integer(below: 5_001))
    scenario.reward.validatorBasisPoints = UInt64(random.integer(below: 5_001))
    scenario.network.latencySeconds = random.uniform()
    scenario.network.trainingSecondsPerExample = 3_600 * random.uniform()
    return scenario
  }

  private static func devices(_ random: inout SeededRandom) -> DeviceSettings {
    var devices = DeviceSettings()
    if random.integer(below: 3) == 0 {
      devices.trace = "a \"trace\".csv"
    } else {
      devices.slowness = spread(&random)
      if random.integer(below: 2) == 0 { devices.upBytesPerSecond = spread(&random) }
      if random.integer(below: 2) == 0 { devices.downBytesPerSecond = spread(&random) }
    }
    devices.availability = .init(periodSeconds: 1 + random.uniform(), share: 0.001 + 0.9 * random.uniform())
    devices.dropout = .init(probability: 0.99 * random.uniform(), pauseSeconds: random.uniform())
    return devices
  }

  private static func spread(_ random: inout SeededRandom) -> DeviceSpread {
    switch random.integer(below: 3) {
    case 0: .same(1 + random.uniform())
    case 1: .logNormal(median: 1 + random.uniform(), sigma: 4 * random.uniform())
    default:
      .buckets(
        (0...random.integer(below: 16)).map { _ in
          .init(
            parts: 1 + random.integer(below: 65_535), from: 1 + random.uniform(), to: 2 + random.uniform())
        })
    }
  }

  private static func source(_ random: inout SeededRandom) -> DatasetSource {
    switch random.integer(below: 4) {
    case 0: .digits
    case 1: .idx(images: "a \"quoted\"\\path\n\u{2028}\u{7F}", labels: "ünïcode/😀")
    case 2: .csv(path: "x.csv", label: .named("// no comment"))
    default: .csv(path: "'", label: .index(random.integer(below: 1_000)))
    }
  }

  private static func partition(_ random: inout SeededRandom) -> PartitionScheme {
    switch random.integer(below: 5) {
    case 0: .iid
    case 1: .oneLabelPerNode
    case 4: .sampled(examples: 2 + random.integer(below: 60))
    case 2: .dirichletLabels(alpha: 1e-3 + random.uniform())
    default: .dirichletSizes(alpha: 1e-3 + 1_000 * random.uniform())
    }
  }

  private static func policy(_ random: inout SeededRandom, contributors: Int) -> MergePolicy {
    let forms: [PacketForm] = [
      .sparse(keptPerChunk: 1 + random.integer(below: 4_096)), .dense8, .dense4,
    ]
    return MergePolicy(
      rule: random.integer(below: 2) == 0 ? .trust : .mean,
      windowSize: 1 + UInt32(random.integer(below: min(contributors, AggregationLimits.windowSize))),
      maximumStaleness: UInt32(random.integer(below: 65)),
      updatesPerContributorPerWindow: 1 + UInt32(random.integer(below: 64)),
      serverLearningRateQ16: 1 + UInt32(random.integer(below: 4 << 16)),
      upForm: forms[random.integer(below: 3)], downForm: forms[random.integer(below: 3)],
      residualDecayQ16: UInt32(random.integer(below: 65_537)),
      clipMultipleQ8: 64 + UInt32(random.integer(below: 65_536 - 63)),
      copyCosineQ16: 32_768 + UInt32(random.integer(below: 32_769)),
      toleratedBasisPoints: UInt32(random.integer(below: 5_000)),
      committeeSeats: UInt32(random.integer(below: 1_025)))
  }
}
