import Aggregation
import Wire

/// What a grid may ask for.
enum TournamentLimits {
  /// The most values of one list.
  static let values = 64
  /// The most cells of a grid.
  static let cells = 100_000
  static let attackers = 0...ScenarioLimits.contributors.upperBound
}

extension TournamentGrid {
  /// Reads a grid. Fields that are left out keep their defaults.
  ///
  /// - Parameters:
  ///   - json5: the file's bytes.
  ///   - name: the file's name, for errors.
  /// - Throws: `ScenarioError` for bytes that are not JSON5, unknown fields, and values of another type,
  ///   beyond their range, or in contradiction to others.
  public init(json5: [UInt8], name: String) throws(ScenarioError) {
    let document = try JSON5Reader.document(json5, name: name)
    self.init()
    var fields = try ScenarioFields(document, file: name, path: "")
    if let inner = try fields.object("scenario") {
      for path in Self.fieldsOfTheGrid { try Self.refuse(path.field, insteadOf: path.list, document, name) }
      try scenario.read(inner)
    }
    try fields.list("rules", &rules) { value, place, fields throws(ScenarioError) in
      try fields.choice(value, place, of: MergePolicy.Rule.allCases.map { ($0.name, $0) })
    }
    try fields.list("attacks", &attacks) { value, place, fields throws(ScenarioError) in
      try fields.choice(value, place, of: Scenario.Hostility.allCases.map { ($0.rawValue, $0) })
    }
    try fields.list("skews", &skews) { value, place, fields throws(ScenarioError) in
      try fields.number(value, place, in: ScenarioLimits.dirichletAlpha)
    }
    try fields.list("attackers", &attackers) { value, place, fields throws(ScenarioError) in
      try fields.whole(value, place, in: TournamentLimits.attackers)
    }
    try fields.list("seeds", &seeds) { value, place, fields throws(ScenarioError) in
      try fields.whole(value, place, in: 0...UInt64.max)
    }
    try fields.end()
    try check(document, name)
  }

  /// What the lists set, and so the scenario must not.
  private static let fieldsOfTheGrid = [
    (field: "scenario.seed", list: "seeds"), (field: "scenario.data.partition", list: "skews"),
    (field: "scenario.contributors.hostile", list: "attacks and attackers"),
    (field: "scenario.merge.toleratedBasisPoints", list: "attackers"),
  ]

  private static func refuse(
    _ path: String, insteadOf list: String, _ document: JSON5Value, _ name: String
  ) throws(ScenarioError) {
    let names = path.split(separator: ".")
    guard document.has(names) else { return }
    throw ScenarioError(
      file: name, line: document.line(at: names), path: path,
      .unusable(reason: "the grid sets it; use \(list) in its place"))
  }

  private func check(_ document: JSON5Value, _ name: String) throws(ScenarioError) {
    let cellCount =
      rules.count * skews.count * seeds.count
      * attackers.reduce(0) { $0 + ($1 == 0 ? 1 : attacks.count) }
    guard cellCount <= TournamentLimits.cells else {
      throw ScenarioError(
        file: name, line: 0,
        .unusable(reason: "\(cellCount) cells are more than the limit of \(TournamentLimits.cells)"))
    }
    guard let rule = rules.first, let attack = attacks.first, let skew = skews.first else { return }
    let most = attackers.max() ?? 0
    let fullest = scenario(rule, most > 0 ? attack : nil, skew: skew, attackers: most, seed: 0)
    guard let conflict = fullest.firstConflict else { return }
    let path = "scenario.\(conflict.path)"
    throw ScenarioError(
      file: name, line: document.line(at: path.split(separator: ".")), path: path,
      .unusable(reason: conflict.reason))
  }
}

extension ScenarioFields {
  /// Reads a list of different values, at least one, if it is there.
  fileprivate mutating func list<Value: Hashable>(
    _ name: String, _ target: inout [Value],
    element: (JSON5Value, _ place: String, ScenarioFields) throws(ScenarioError) -> Value
  ) throws(ScenarioError) {
    guard let value = value(name) else { return }
    guard case .list(let list) = value.content else {
      throw error(name, value, .wrongType(expected: "a list", found: value.kind))
    }
    guard (1...TournamentLimits.values).contains(list.count) else {
      throw error(
        name, value,
        .outOfRange(value: "\(list.count) values", allowed: "a list of 1 to \(TournamentLimits.values)"))
    }
    var values: [Value] = []
    var known: Set<Value> = []
    for (index, entry) in list.enumerated() {
      let place = "\(name)[\(index)]"
      let next = try element(entry, place, self)
      guard known.insert(next).inserted else {
        throw error(place, entry, .unusable(reason: "it is in the list already; give each value once"))
      }
      values.append(next)
    }
    target = values
  }

  /// A value that is one of several names.
  fileprivate func choice<Value>(
    _ value: JSON5Value, _ place: String, of choices: [(name: String, value: Value)]
  ) throws(ScenarioError) -> Value {
    let text = try text(value, place)
    if let choice = choices.first(where: { $0.name == text }) { return choice.value }
    let nearest = Spelling.nearest(to: text, among: choices.map(\.name))
    throw error(
      place, value,
      .unusable(reason: "there is no '\(ScenarioText.printable(text))'; did you mean '\(nearest)'?"))
  }
}
