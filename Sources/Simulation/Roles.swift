import Aggregation
import Learning
import Numerics

/// Who is slow and who is hostile, and how: drawn once from the scenario's seed.
struct Roles {
  struct Role {
    var group = "honest"
    var isHonest = true
    var isSlow = false
    var sendsCanaries = false
    var isSplit = false
    var poison = DataPoison.none
    var attack: (any UpdateAttack)?
  }

  private var roles: [Role]
  let groups: [RunRecord.Group]

  subscript(index: Int) -> Role { roles[index] }

  /// Whether somebody trains a trigger into the model.
  var plantBackdoor: Bool { roles.contains { $0.poison == .trigger } }

  init(_ scenario: Scenario, variant: Federation.Variant) {
    let contributors = scenario.contributors
    var roles = [Role](repeating: Role(), count: contributors.count)
    var random = SeededRandom(seed: scenario.seed ^ 0x726F_6C65)
    var order = random.permutation(count: contributors.count)[...]
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
    for (name, count, mark) in Self.honestKinds(contributors, variant) where count > 0 {
      for index in order.prefix(count) {
        mark(&roles[index])
        roles[index].group = name
      }
      order = order.dropFirst(count)
      groups.insert(.init(name: name, isHonest: true), at: groups.count { $0.isHonest })
    }
    self.roles = roles
    self.groups = groups
  }

  /// The kinds of honest contributor that are set apart, in their order.
  private static func honestKinds(
    _ contributors: Scenario.Contributors, _ variant: Federation.Variant
  ) -> [(name: String, count: Int, mark: (inout Role) -> Void)] {
    let planned = variant == .asPlanned
    return [
      ("slow", contributors.slow.count, { $0.isSlow = true }),
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
