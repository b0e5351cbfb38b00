/// What a scenario may ask for besides `SettingsLimits`. Ranges are in the fields' own units.
enum ScenarioLimits {
  static let stakeUnits: ClosedRange<UInt64> = 1...(1 << 40)
  static let identities = 1...1_000
  static let windows = 1...10_000
  static let accuracy = 0.0...1.0
  static let seconds = 0.0...3_600.0

  // Devices.
  static let slowness = 1e-3...1e6
  static let bytesPerSecond = 1.0...1e12
  /// Of a normal distribution's logarithm.
  static let sigma = 0.0...4.0
  static let buckets = 1...16
  static let bucketParts = 1...65_535
  static let periodSeconds = 1.0...0x1p30
  static let availableShare = 1e-3...1.0
  static let dropout = 0.0...0.99
  static let pauseSeconds = 0.0...0x1p30
  /// Of a trace's file.
  static let traceBytes = 1 << 26
  /// How many labels may be rare, and which there are.
  static let rareLabels = 0...1_024
  static let label: ClosedRange<Int32> = 0...65_535
  static let slowestShare = 1e-3...1.0
}
