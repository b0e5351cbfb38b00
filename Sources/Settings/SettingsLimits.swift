import Aggregation
import Ledger

/// What settings that several files share may ask for. Ranges are in the fields' own units.
public enum SettingsLimits {
  /// How many validators a plan or a scenario has.
  public static let validators = 1...64
  /// The examples that one validator judges with.
  public static let referenceExamples = 1...100_000
  /// The examples that accuracy is measured on.
  public static let testExamples = 1...1_000_000
  /// With the author, as many accounts as a genesis funds.
  public static let contributors = 1...65_535
  /// The updates that a contributor is expected to send.
  public static let updatesPerContributor = 1...1_000_000
  /// The examples that a contributor draws.
  static let sampledExamples = 2...1_000_000
  /// Dirichlet's concentration.
  public static let dirichletAlpha = 1e-3...1e6
  /// The place of a label's column.
  public static let csvColumn = 0...1_000_000
  /// Passes over the data for one update.
  public static let epochs = 1...Int(Ledger.Limits.trainingEpochs)
  /// Steps for one update.
  public static let steps = 1...Int(Ledger.Limits.trainingSteps)
  /// Examples a step.
  public static let batchSize = 1...65_536
  /// The step size.
  public static let learningRate = 1e-6...10.0
  /// Threads of a matrix product.
  public static let threads = 1...256
  /// Up to 2^53, so that JavaScript and JSON tools read summaries exactly.
  public static let units: ClosedRange<UInt64> = 1...(1 << 53)
  /// Shares of a sum, in hundredths of a percent.
  public static let basisPoints: ClosedRange<UInt64> = 0...RewardPolicy.wholeBasisPoints

  /// The smallest multiple of 2^-16 that is above 0, to the policy's greatest rate.
  static let serverLearningRate = 1 / q16...Double(AggregationLimits.serverLearningRateQ16) / q16
  static let residualDecay = 0.0...1.0
  static let clipMultiple = 0.25...256.0
  static let copyCosine = 0.5...1.0
  /// The scale of fields of `MergePolicy` that end in Q16.
  public static let q16 = 65_536.0
  /// The scale of fields of `MergePolicy` that end in Q8.
  static let q8 = 256.0
}
