/// One skew with one number of attackers: a part of the report.
public struct TournamentPanel: Sendable, Hashable {
  /// Dirichlet's alpha over labels.
  public let skew: Double
  /// How many contributors attack, at least 1.
  public let attackers: Int

  /// Whether a worst case belongs here.
  public func has(_ worst: WorstCase) -> Bool { worst.skew == skew && worst.attackers == attackers }

  /// Whether a column belongs here.
  public func has(_ column: TournamentColumn) -> Bool {
    column.skew == skew && column.attackers == attackers
  }
}

extension TournamentRecord {
  /// The panels with attackers, in the order in which the results have them.
  public var panels: [TournamentPanel] {
    var seen: Set<TournamentPanel> = []
    return summaries.filter { $0.column.attack != nil && $0.source == TournamentSummary.own }
      .map { TournamentPanel(skew: $0.column.skew, attackers: $0.column.attackers) }
      .filter { seen.insert($0).inserted }
  }
}
