/// How groups of contributors look and where they stand: in blue if honest, in orange if hostile.
struct GroupStyles {
  private let names: [String]
  private let styles: [String: String]

  init(_ figures: DemoFigures) {
    names = figures.groups.map(\.name)
    var styles: [String: String] = [:]
    var honestSeen = 0
    for group in figures.groups {
      styles[group.name] = group.isHonest ? (honestSeen == 0 ? "honest" : "honest-too") : "hostile"
      if group.isHonest { honestSeen += 1 }
    }
    self.styles = styles
  }

  /// The group's class in the style sheet.
  func style(_ group: String) -> String { styles[group] ?? "other" }

  /// The group's place in the scenario's order; unknown groups come last.
  func order(_ group: String) -> Int { names.firstIndex(of: group) ?? names.count }
}
