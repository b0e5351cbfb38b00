public import Agents
public import Aggregation
public import Learning
public import Ledger
public import Settings
import Updates

/// The settings of a demo: who takes part, on which data, by which rules.
///
/// A scenario is read from a JSON5 file in which every field may be left out:
///
/// ```swift
/// let scenario = try Scenario(json5: bytes, name: "scenario.json5")
/// print(Scenario.documentedDefault)     // every field, with what it means
/// ```
public struct Scenario: Equatable, Sendable {
  /// Decides everything that chance decides.
  public var seed: UInt64 = 7
  /// Who judges.
  public var validators = Validators()
  /// How many examples each validator judges with, 1...100,000, split off before the data are dealt out.
  public var referenceExamplesPerValidator = 60
  /// How many examples accuracy is measured on, 1...1,000,000. Nobody trains or judges with them.
  public var testExamples = 360
  /// Who trains.
  public var contributors = Contributors()
  /// What they train on.
  public var data = Data()
  /// The model: a canonical name of `ModelSpecification`, such as `mlp(64,32,10)`.
  public var model = "mlp(64,32,10)"
  /// How contributors train.
  public var training = TrainingSettings()
  /// How many versions are made, 1...10,000.
  public var windows = 120
  /// A run ends before with the first version that is so accurate on the test set, 0...1; 0 for none.
  public var targetAccuracy = 0.0
  /// How updates are judged and merged.
  public var merge = MergePolicy(
    windowSize: 32, maximumStaleness: 64, updatesPerContributorPerWindow: 2, serverLearningRateQ16: 1 << 15,
    upForm: .sparse(keptPerChunk: 256),
    downForm: .sparse(keptPerChunk: 1_024))
  /// Who can read the packets.
  public var privacy = PacketPrivacy.sealedPublished
  /// Whether contributors sign what they send.
  public var signatures = true
  /// How contributors keep what compression leaves out.
  public var residuals = ResidualForm.exact
  /// Who is paid what.
  public var reward = RewardSettings()
  /// How long things take, in virtual time.
  public var network = Network()

  /// The default scenario.
  public init() {}
}

extension Scenario {
  /// Who trains. Those that send canaries and split owners are honest, so that these and hostile ones
  /// together are at most `count`.
  public struct Contributors: Equatable, Sendable {
    /// How many there are, 1...65,535.
    public var count = 100
    /// Their machines and links. Hostile ones have the fastest machines.
    public var devices = DeviceSettings()
    /// Those that send canaries.
    public var canaries = CanarySenders()
    /// Those that take part under many names.
    public var split = SplitOwners()
    /// How many of each kind are hostile; a kind that is missing has none.
    public var hostile: [Hostility: Int] = [
      .signFlip: 3, .scaled: 3, .labelFlip: 3, .noise: 3, .copycat: 3, .replay: 2, .freeRider: 3,
    ]

    /// How many are hostile in all.
    public var hostileCount: Int { hostile.values.reduce(0, +) }
  }

  /// Honest contributors that replace some of their updates by canaries.
  public struct CanarySenders: Equatable, Sendable {
    /// How many there are.
    public var count = 0
    /// The part of their updates that are canaries, 0...0.5.
    public var share = 0.25
  }

  /// Owners of data that take part as several contributors, in the hope of being paid more.
  public struct SplitOwners: Equatable, Sendable {
    /// How many there are.
    public var count = 0
    /// How many contributors each is, 1...1,000.
    public var identities = 5
    /// Whether each of them trains on a part of the data; otherwise each trains on all.
    public var dividesData = true
  }

  /// The kinds of hostile contributor, by their names in a scenario.
  public enum Hostility: String, CaseIterable, Codable, Sendable {
    /// Sends the opposite of its honest update.
    case signFlip = "sign-flip"
    /// Sends its honest update many times too large.
    case scaled
    /// Trains on false labels.
    case labelFlip = "label-flip"
    /// Sends Gaussian noise.
    case noise
    /// Sends another contributor's update again, slightly changed.
    case copycat
    /// Sends a step that the model has already taken.
    case replay
    /// Sends next to nothing, to be paid for taking part.
    case freeRider = "free-rider"
    /// Sends nothing at all, to be paid for taking part.
    case zeroUpdate = "zero-update"
    /// Sends another contributor's update again, changed so much that it is no near copy.
    case disguisedCopycat = "disguised-copycat"
    /// Trains a trigger into the model.
    case backdoor
    /// Trains a trigger into the model, and sends its update many times too large.
    case boostedBackdoor = "boosted-backdoor"
    /// A little is enough (Baruch et al., 2019).
    case alie
    /// A little is enough, with a strength sought against the rule in force.
    case alieOptimised = "alie-optimised"
    /// Inner-product manipulation (Xie et al., 2020).
    case ipm
    /// Inner-product manipulation, with a strength sought against the rule in force.
    case ipmOptimised = "ipm-optimised"
    /// Min-max (Shejwalkar and Houmansadr, 2021).
    case minMax = "min-max"
    /// Min-sum (Shejwalkar and Houmansadr, 2021).
    case minSum = "min-sum"
    /// All repeat one honest contributor (Karimireddy et al., 2022).
    case mimic
    /// All lean to one side a little, in every version.
    case drift
    /// One under many names, each of which sends a part of one large update.
    case sybil
    /// Sends many updates from one version.
    case flooding
  }

  /// What contributors train on.
  public struct Data: Equatable, Sendable {
    /// Where the examples come from.
    public var source = DatasetSource.digits
    /// How they are dealt out.
    public var partition = PartitionScheme.dirichletLabels(alpha: 0.3)
    /// What the slowest alone hold.
    public var rareLabels = RareLabels()
  }

  /// Labels whose examples the slowest contributors alone hold.
  public struct RareLabels: Equatable, Sendable {
    /// The labels; none leaves the partition as it is.
    public var labels: [Int32] = []
    /// Which part of the honest contributors holds them, from the slowest on, 0.001...1.
    public var slowestShare = 0.2
  }

  /// How long things take, in virtual seconds.
  public struct Network: Equatable, Sendable {
    /// The mean time that a message takes, 0...3,600.
    public var latencySeconds = 0.05
    /// The time that an ordinary contributor needs for one example in one epoch, 0...3,600.
    public var trainingSecondsPerExample = 0.05
  }
}

extension DealingPlan {
  /// How a scenario deals its examples out.
  ///
  /// - Throws: `DeviceTrace.Mistake`, or `EngineError` for a trace of devices that cannot be read
  public init(_ scenario: Scenario) throws {
    self.init()
    validators = scenario.validators.count
    referenceExamplesPerValidator = scenario.referenceExamplesPerValidator
    testExamples = scenario.testExamples
    contributors = scenario.contributors.count
    partition = scenario.data.partition
    seed = scenario.seed
    let rare = scenario.data.rareLabels
    guard !rare.labels.isEmpty else { return }
    let roles = Roles(scenario, variant: .asPlanned, devices: try Device.drawn(for: scenario))
    rareLabels = RareLabels(Set(rare.labels), holders: roles.slowest(share: rare.slowestShare))
  }
}
