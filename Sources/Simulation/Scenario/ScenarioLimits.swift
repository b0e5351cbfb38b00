/// What a scenario may ask for besides `SettingsLimits`. Ranges are in the fields' own units.
enum ScenarioLimits {
  static let stakeUnits: ClosedRange<UInt64> = 1...(1 << 40)
  static let identities = 1...1_000
  static let slowFactor = 1.0...1_000.0
  static let windows = 1...10_000
  static let accuracy = 0.0...1.0
  static let seconds = 0.0...3_600.0
}
