import Aggregation

/// What a scenario may ask for. Ranges are in the fields' own units.
enum ScenarioLimits {
  static let fileBytes = 1 << 16
  static let validators = 1...64
  static let stakeUnits: ClosedRange<UInt64> = 1...(1 << 40)
  static let referenceExamples = 1...100_000
  static let testExamples = 1...1_000_000
  /// With the author, as many accounts as a genesis funds.
  static let contributors = 1...65_535
  static let slowFactor = 1.0...1_000.0
  static let dirichletAlpha = 1e-3...1e6
  static let csvColumn = 0...1_000_000
  static let epochs = 1...1_000
  static let batchSize = 1...65_536
  static let learningRate = 1e-6...10.0
  static let windows = 1...10_000
  /// Up to 2^53, so that JavaScript and JSON tools read summaries exactly.
  static let escrowUnits: ClosedRange<UInt64> = 1...(1 << 53)
  static let basisPoints: ClosedRange<UInt64> = 0...wholeBasisPoints
  static let wholeBasisPoints: UInt64 = 10_000
  static let seconds = 0.0...3_600.0

  /// The smallest multiple of 2^-16 that is above 0, to the policy's greatest rate.
  static let serverLearningRate = 1 / q16...Double(AggregationLimits.serverLearningRateQ16) / q16
  static let residualDecay = 0.0...1.0
  static let clipMultiple = 0.25...256.0
  static let copyCosine = 0.5...1.0
  /// The scale of fields of `MergePolicy` that end in Q16, and in Q8.
  static let q16 = 65_536.0
  static let q8 = 256.0
}
