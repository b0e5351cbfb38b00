import JSON5
import Settings

extension Scenario {
  /// Who judges.
  public struct Validators: Equatable, Sendable {
    /// How many there are, 1...64.
    public var count = 4
    /// The stake of each in units, 1...2^40; empty for equal stakes.
    public var stakes: [UInt64] = []
    /// How many of each kind are hostile: the last ones, in the order of the kinds. Together they hold less
    /// than a third of the stake.
    public var hostile: [ValidatorHostility: Int] = [:]

    /// How many are hostile in all.
    public var hostileCount: Int { hostile.values.reduce(0, +) }
  }

  /// The kinds of hostile validator, by their names in a scenario. All of them follow the protocol in what
  /// could cost their bond.
  public enum ValidatorHostility: String, CaseIterable, Codable, Sendable {
    /// Admits everything with full trust, and measures nothing.
    case lazy
    /// Draws its scores at random from what the window before came to.
    case guessing
    /// Waits for the first row that is revealed, and orders it as its own.
    case copying
    /// Repeats what others last found of each contributor.
    case remembering
    /// Trusts hostile contributors and nobody else.
    case colluding
    /// Judges, but admits whatever hostile contributors send.
    case sheltering
  }
}

extension Scenario.ValidatorHostility {
  /// What the kind does, in a few words.
  public var explanation: String {
    switch self {
    case .lazy: "admits everything, and measures nothing"
    case .guessing: "draws scores at random from the last window's"
    case .copying: "waits for others' rows, and orders one as its own"
    case .remembering: "repeats what others last found of each contributor"
    case .colluding: "trusts hostile contributors and nobody else"
    case .sheltering: "judges, but admits whatever hostile contributors send"
    }
  }
}

extension Scenario.Validators {
  /// What each validator stakes where the scenario does not say.
  private static let equalStakeUnits: UInt64 = 1_000_000

  func stakeUnits(of index: Int) -> UInt64 {
    index < stakes.count ? stakes[index] : Self.equalStakeUnits
  }

  /// What a validator does; nil if it is honest.
  func hostility(of index: Int) -> Scenario.ValidatorHostility? {
    let kinds = Scenario.ValidatorHostility.allCases.flatMap { kind in
      Array(repeating: kind, count: hostile[kind] ?? 0)
    }
    let place = index - (count - kinds.count)
    return kinds.indices.contains(place) ? kinds[place] : nil
  }

  /// Whether the hostile ones could stop the task, or decide what is honest.
  var hostileHoldAThird: Bool {
    let stakes = (0..<count).map { (units: UInt128(stakeUnits(of: $0)), isHostile: hostility(of: $0) != nil) }
    return 3 * stakes.filter(\.isHostile).reduce(0) { $0 + $1.units } >= stakes.reduce(0) { $0 + $1.units }
  }

  mutating func read(_ fields: inout SettingsFields) {
    fields.whole("count", &count, in: SettingsLimits.validators)
    let limit = SettingsLimits.validators.upperBound
    let found: [UInt64]? = fields.list("stakes", count: 0...limit) { value, name, fields in
      fields.whole(value, name, in: ScenarioLimits.stakeUnits)
    }
    if let found { stakes = found }
    fields.object("hostile") { inner in
      hostile = [:]
      for kind in Scenario.ValidatorHostility.allCases {
        var number = 0
        inner.whole(kind.rawValue, &number, in: 0...limit)
        if number > 0 { hostile[kind] = number }
      }
    }
  }
}
