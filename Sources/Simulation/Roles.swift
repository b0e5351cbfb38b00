import Aggregation
import Learning
import Numerics

/// Who has which device and who is hostile, and how: drawn once from the scenario's seed.
struct Roles {
  struct Role {
    var group = "honest"
    var isHonest = true
    var device = Device()
    var sendsCanaries = false
    var isSplit = false
    var poison = DataPoison.none
    var attack: (any UpdateAttack)?
  }

  /// From how many times the median device's slowness on a contributor is reported as slow.
  private static let slowMultiple = 2.0

  private var roles: [Role]
  /// The honest contributors, the slowest first.
  private let honest: [Int]
  let groups: [RunRecord.Group]

  subscript(index: Int) -> Role { roles[index] }

  /// Whether somebody trains a trigger into the model.
  var plantBackdoor: Bool { roles.contains { $0.poison == .trigger } }

  /// The slowest part of the honest contributors, one at least.
  func slowest(share: Double) -> [Int] {
    Array(honest.prefix(max(1, Int((share * Double(honest.count)).rounded()))))
  }

  /// - Parameter devices: one for each contributor, the slowest first; attackers get the fastest
  init(_ scenario: Scenario, variant: Federation.Variant, devices: [Device]) {
    let contributors = scenario.contributors
    var roles = [Role](repeating: Role(), count: contributors.count)
    var random = SeededRandom(seed: scenario.seed ^ 0x726F_6C65)
    let all = random.permutation(count: contributors.count)
    var order = all[...]
    var groups = [RunRecord.Group(name: "honest", isHonest: true)]
    for kind in Scenario.Hostility.allCases {
      guard let count = contributors.hostile[kind], count > 0 else { continue }
      for index in order.prefix(count) where variant == .asPlanned {
        roles[index] = Role(
          group: kind.rawValue, isHonest: false, poison: kind.poison, attack: kind.attack)
      }
      order = order.dropFirst(count)
      if variant == .asPlanned { groups.append(.init(name: kind.rawValue, isHonest: false)) }
    }
    honest = Array(order)
    let setApart = Self.setApart(contributors, variant).filter { $0.count > 0 }
    for (name, count, mark) in setApart {
      for index in order.suffix(count) {
        mark(&roles[index])
        roles[index].group = name
      }
      order = order.dropLast(count)
    }
    let median = devices[devices.count / 2].slowness
    for (index, device) in zip(honest + all.prefix(all.count - honest.count), devices) {
      roles[index].device = device
      if roles[index].group == "honest", device.slowness >= Self.slowMultiple * median {
        roles[index].group = "slow"
      }
    }
    let hasSlow = roles.contains { $0.group == "slow" }
    let honestGroups = (hasSlow ? ["slow"] : []) + setApart.map(\.name)
    groups.insert(contentsOf: honestGroups.map { .init(name: $0, isHonest: true) }, at: 1)
    self.roles = roles
    self.groups = groups
  }

  /// The kinds of honest contributor that a scenario sets apart, from the fastest machines on.
  private static func setApart(
    _ contributors: Scenario.Contributors, _ variant: Federation.Variant
  ) -> [(name: String, count: Int, mark: (inout Role) -> Void)] {
    let planned = variant == .asPlanned
    return [
      ("canaries", planned ? contributors.canaries.count : 0, { $0.sendsCanaries = true }),
      ("split", planned ? contributors.split.count : 0, { $0.isSplit = true }),
    ]
  }
}

/// What a contributor does to its data before it trains on them.
enum DataPoison {
  case none
  /// Every label becomes its mirror image: c becomes C - 1 - c.
  case flippedLabels
  /// Some examples get a trigger and its class.
  case trigger

  /// The part of an attacker's examples that get the trigger. The others keep its updates close to honest
  /// ones.
  static let triggeredShare = 0.5

  func applied(to data: Dataset, _ trigger: PixelTrigger, seed: UInt64) throws(LearningError) -> Dataset {
    switch self {
    case .none: data
    case .flippedLabels: try data.relabelled((0..<Int32(data.classCount)).reversed())
    case .trigger: try trigger.poisoned(data, share: Self.triggeredShare, seed: seed)
    }
  }
}

extension Scenario.Hostility {
  /// What is boosted is poison, for a boosted honest update is no more than that once it is clipped.
  private static let replacement = ScalingAttack(factor: 10)

  /// What the kind does to its data.
  var poison: DataPoison {
    switch self {
    case .labelFlip, .scaled: .flippedLabels
    case .backdoor, .boostedBackdoor: .trigger
    default: .none
    }
  }

  /// What the kind does to its updates; nil sends what training came to.
  var attack: (any UpdateAttack)? {
    switch self {
    case .labelFlip, .backdoor: nil
    case .signFlip: SignFlipAttack()
    case .scaled, .boostedBackdoor: Self.replacement
    case .noise: NoiseAttack(relativeNorm: 1)
    case .copycat: CopycatAttack(relativeNoise: 0.05)
    case .disguisedCopycat: CopycatAttack(relativeNoise: ColludingAttack.usualDisguise)
    case .replay: ReplayAttack()
    case .freeRider: FreeRiderAttack(relativeNoise: 0.01)
    case .zeroUpdate: FreeRiderAttack(relativeNoise: 0)
    case .alie: ColludingAttack(LittleIsEnough())
    case .alieOptimised: ColludingAttack(OptimisedStrategy(LittleIsEnough()))
    case .ipm: ColludingAttack(InnerProductManipulation())
    case .ipmOptimised: ColludingAttack(OptimisedStrategy(InnerProductManipulation()))
    case .minMax: ColludingAttack(MinMax())
    case .minSum: ColludingAttack(MinSum())
    case .mimic: ColludingAttack(Mimic())
    case .drift: ColludingAttack(Drift())
    case .sybil: SybilAttack()
    case .flooding: FloodingAttack()
    }
  }
}
