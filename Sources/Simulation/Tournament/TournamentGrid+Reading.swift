import Aggregation
public import JSON5
import Settings

/// What a grid may ask for.
enum TournamentLimits {
  /// The most values of one list.
  static let values = 64
  /// The most cells of a grid.
  static let cells = 100_000
  static let attackers = 0...SettingsLimits.contributors.upperBound
}

extension TournamentGrid: SettingsFile {
  /// Reads the fields that an object has. Those left out keep their values; contradictions are let through.
  public mutating func read(_ fields: inout SettingsFields) {
    for path in Self.fieldsOfTheGrid where fields.has(path.field) {
      fields.report(
        path.field, .unusable(reason: "the grid sets it; use \(path.list) in its place"))
    }
    fields.object("scenario") { scenario.read(&$0) }
    fields.different("rules", &rules) { value, name, fields in
      fields.choice(value, name, of: MergePolicy.Rule.allCases.map { ($0.name, $0) })
    }
    fields.different("attacks", &attacks) { value, name, fields in
      fields.choice(value, name, of: Scenario.Hostility.allCases.map { ($0.rawValue, $0) })
    }
    fields.different("skews", &skews) { value, name, fields in
      fields.number(value, name, in: SettingsLimits.dirichletAlpha)
    }
    fields.different("attackers", &attackers) { value, name, fields in
      fields.whole(value, name, in: TournamentLimits.attackers)
    }
    fields.different("seeds", &seeds) { value, name, fields in
      fields.whole(value, name, in: 0...UInt64.max)
    }
  }

  /// What the lists set, and so the scenario must not.
  private static let fieldsOfTheGrid = [
    (field: "scenario.seed", list: "seeds"), (field: "scenario.data.partition", list: "skews"),
    (field: "scenario.contributors.hostile", list: "attacks and attackers"),
    (field: "scenario.merge.toleratedBasisPoints", list: "attackers"),
  ]

  /// Reports lists that make too many cells, and scenarios that contradict themselves.
  public func check(_ fields: SettingsFields) {
    let cellCount =
      rules.count * skews.count * seeds.count
      * attackers.reduce(0) { $0 + ($1 == 0 ? 1 : attacks.count) }
    guard cellCount <= TournamentLimits.cells else {
      return fields.report(
        "",
        .unusable(reason: "\(cellCount) cells are more than the limit of \(TournamentLimits.cells)"))
    }
    guard let rule = rules.first, let attack = attacks.first, let skew = skews.first else { return }
    let most = attackers.max() ?? 0
    let fullest = scenario(rule, most > 0 ? attack : nil, skew: skew, attackers: most, seed: 0)
    guard let conflict = fullest.firstConflict else { return }
    fields.report("scenario.\(conflict.path)", .unusable(reason: conflict.reason))
  }
}

extension SettingsFields {
  /// Reads a list of different values, at least one, if it is there.
  fileprivate mutating func different<Value: Hashable>(
    _ name: String, _ target: inout [Value],
    _ element: (JSON5Value, _ name: String, SettingsFields) -> Value?
  ) {
    var known: Set<Value> = []
    let found: [Value]? = list(name, count: 1...TournamentLimits.values) { value, name, fields in
      guard let next = element(value, name, fields) else { return nil }
      guard known.insert(next).inserted else {
        fields.report(
          name, at: value, .unusable(reason: "it is in the list already; give each value once"))
        return nil
      }
      return next
    }
    if let found { target = found }
  }
}
