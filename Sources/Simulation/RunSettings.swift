import Agents
import Aggregation
import Foundation
import Ledger
import Numerics
import Settings

/// The settings of one run that its federation does not hold.
struct RunSettings: Sendable {
  var name: String
  var taskName: String
  var seed: UInt64
  /// How many versions to make.
  var versions: UInt64
  var training: TrainingPlan
  var merge: MergePolicy
  var reward: RewardPolicy
  var escrowUnits: UInt64
  var privacy = PacketPrivacy.sealedPublished
  /// Whether contributors sign what they send.
  var signs = true
  /// How contributors keep what compression leaves out.
  var residuals = ResidualForm.exact
  /// The run ends with the first version that is so accurate on the test set, 0...1; 0 for none.
  var targetAccuracy = 0.0
  /// Of how many measured versions the mean is to be so accurate, the last one among them; at least 1.
  var averagedVersions = 1
  /// The run ends with the first event after so much virtual time.
  var secondsLimit = Double.infinity
  /// How many trainings run at a time; nothing but the time that a run takes depends on it.
  var threads = ProcessInfo.processInfo.activeProcessorCount
  /// How many of the last windows' matrices the record keeps.
  var keptMatrices = 64
  /// One way, in virtual seconds.
  var latencySeconds: Double
  /// A fast machine's work on one example, in virtual seconds; training takes 3/4 to 5/4 of it.
  var secondsPerExample: Double
  /// How trainings are lost.
  var dropout = DeviceSettings.Dropout()
  /// Which versions are measured on the test set.
  var measuring = MeasuringSchedule.everyVersion
}

extension RunSettings {
  /// Whether a run is as accurate as it is to become.
  func isReached(by versions: [RunRecord.Version]) -> Bool {
    targetAccuracy > 0 && versions[...].meanAccuracy(of: averagedVersions) >= targetAccuracy
  }

  /// What a training's time is multiplied by, as no machine is equally fast each time.
  static func jitter(using random: inout SeededRandom) -> Double { 0.75 + 0.5 * random.uniform() }
}

/// Which versions of a run are measured on the test set. Measuring one may cost as much as many a training.
struct MeasuringSchedule: Sendable {
  static let everyVersion = MeasuringSchedule(interval: 1, finalVersions: 0)

  /// Every so many versions, from version 0.
  var interval: UInt64
  /// And so many at the run's end.
  var finalVersions: UInt64

  /// Whether a version of a run of `last` versions is measured.
  func includes(_ version: UInt64, last: UInt64) -> Bool {
    version.isMultiple(of: interval) || version + finalVersions > last
  }
}

extension RunSettings {
  /// The settings that a scenario gives a run.
  init(_ scenario: Scenario, name: String, rule: MergePolicy.Rule) {
    self.name = name
    taskName = scenario.model
    seed = scenario.seed
    versions = UInt64(scenario.windows)
    training = scenario.training.plan
    merge = scenario.merge
    merge.rule = rule
    reward = scenario.reward.policy
    escrowUnits = scenario.reward.escrowUnits
    privacy = scenario.privacy
    signs = scenario.signatures
    residuals = scenario.residuals
    targetAccuracy = scenario.targetAccuracy
    dropout = scenario.contributors.devices.dropout
    latencySeconds = scenario.network.latencySeconds
    secondsPerExample = scenario.network.trainingSecondsPerExample
  }
}

/// Why a run could not go on.
public struct SimulationError: Error, Equatable, CustomStringConvertible {
  /// What happened.
  public let description: String

  /// Creates an error.
  public init(_ description: String) {
    self.description = description
  }
}
