/// What a number is over the seeds.
public struct Spread: Sendable, Codable, Equatable {
  /// The mean.
  public var mean: Double
  /// The sample standard deviation; 0 for one value.
  public var deviation: Double
  /// The least value.
  public var least: Double
  /// The greatest value.
  public var greatest: Double
  /// How many values there are, at least 1.
  public var count: Int

  /// Describes values; nil if there are none.
  init?(_ values: [Double]) {
    guard let least = values.min(), let greatest = values.max() else { return nil }
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    self.mean = mean
    deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0
    self.least = least
    self.greatest = greatest
    count = values.count
  }
}

/// Which attack is met on which data: a column of the report.
public struct TournamentColumn: Sendable, Codable, Hashable {
  /// The attack's name; nil without attackers.
  public var attack: String?
  /// Dirichlet's alpha over labels.
  public var skew: Double
  /// How many contributors attack.
  public var attackers: Int

  init(_ cell: TournamentCell) {
    (attack, skew, attackers) = (cell.attack, cell.skew, cell.attackers)
  }
}

/// One rule in one column, over the seeds.
public struct TournamentSummary: Sendable, Codable, Equatable {
  /// Whose rule it is: `TournamentSummary.own`, or a peer's name.
  public var source: String
  /// The rule's name.
  public var rule: String
  /// What it met.
  public var column: TournamentColumn
  /// Accuracy on the test set, 0...1.
  public var accuracy: Spread
  /// The mean accuracy of the same rule on the same skew without attackers, less this one; nil where that was
  /// not run.
  public var gap: Double?
  /// What only our own runs measure; nil for a peer's.
  public var conduct: Conduct?

  /// How a rule treats honest contributors and attackers: means over the seeds, unless said otherwise.
  public struct Conduct: Sendable, Codable, Equatable {
    /// The share of honest updates that were rejected, 0...1.
    public var honestRejected: Double
    /// Honest contributors that were never heard, in the worst of the seeds.
    public var silencedHonest: Int
    /// The attackers' share of the pay over their share of the heads; nil without attackers or pay.
    public var payRatio: Double?
    /// The share of triggered test examples that fall to the backdoor, 0...1; nil without a backdoor.
    public var backdoorSuccess: Double?
    /// Bits that contributors sent for each parameter of an update.
    public var bitsPerParameter: Double
    /// Runs that broke off.
    public var failures: Int
  }

  /// The source of the rules that this program has.
  public static let own = "tributary"

  /// Summaries of our own results, in the order in which rules and columns first occur.
  static func of(_ results: [TournamentRecord.Result]) -> [TournamentSummary] {
    let conducts = Dictionary(grouping: results) { Place($0.cell) }
      .mapValues { Conduct($0.map(\.figures)) }
    let scores = results.map { TournamentScore($0.cell, accuracy: $0.figures.accuracy) }
    return of(scores, source: own) { conducts[$0] }
  }

  /// Summaries of a peer's results.
  static func of(_ peer: PeerResults) -> [TournamentSummary] {
    of(peer.scores, source: peer.peer) { _ in nil }
  }

  private static func of(
    _ scores: [TournamentScore], source: String, conduct: (Place) -> Conduct?
  ) -> [TournamentSummary] {
    let accuracies = Dictionary(grouping: scores) { Place($0.cell) }
    let spreads = accuracies.compactMapValues { Spread($0.map(\.accuracy)) }
    var seen: Set<Place> = []
    return scores.map { Place($0.cell) }.filter { seen.insert($0).inserted }.compactMap { place in
      guard let accuracy = spreads[place] else { return nil }
      return TournamentSummary(
        source: source, rule: place.rule, column: place.column, accuracy: accuracy,
        gap: spreads[place.withoutAttackers].map { $0.mean - accuracy.mean }, conduct: conduct(place))
    }
  }

  /// A rule in a column.
  private struct Place: Hashable {
    var rule: String
    var column: TournamentColumn

    init(_ cell: TournamentCell) {
      rule = cell.rule
      column = TournamentColumn(cell)
    }

    var withoutAttackers: Place {
      var place = self
      (place.column.attack, place.column.attackers) = (nil, 0)
      return place
    }
  }
}

extension TournamentSummary.Conduct {
  /// Sums up runs, of which there is at least one.
  fileprivate init(_ figures: [TournamentFigures]) {
    func mean(_ values: [Double]) -> Double { values.reduce(0, +) / Double(values.count) }
    honestRejected = mean(figures.map(\.honestRejected))
    silencedHonest = figures.map(\.silencedHonest).max() ?? 0
    payRatio = Spread(figures.compactMap(\.payRatio))?.mean
    backdoorSuccess = Spread(figures.compactMap(\.backdoorSuccess))?.mean
    bitsPerParameter = mean(figures.map(\.bitsPerParameter))
    failures = figures.count { $0.failure != nil }
  }
}

/// A rule's worst case over all attacks, on one skew with one number of attackers.
public struct WorstCase: Sendable, Codable, Equatable {
  /// Whose rule it is: `TournamentSummary.own`, or a peer's name.
  public var source: String
  /// The rule's name.
  public var rule: String
  /// Dirichlet's alpha over labels.
  public var skew: Double
  /// How many contributors attack.
  public var attackers: Int
  /// The attack that leaves the least accuracy.
  public var attack: String
  /// The mean accuracy under it, 0...1.
  public var accuracy: Double
  /// The same rule's mean accuracy without attackers, less that; nil where that was not run.
  public var gap: Double?
  /// The greatest of each figure of conduct over the attacks; nil for a peer's.
  public var conduct: TournamentSummary.Conduct?

  /// The worst cases of all rules that met attackers, in the order of the summaries.
  static func of(_ summaries: [TournamentSummary]) -> [WorstCase] {
    var cases: [WorstCase] = []
    for summary in summaries {
      guard let attack = summary.column.attack else { continue }
      let candidate = WorstCase(
        source: summary.source, rule: summary.rule, skew: summary.column.skew,
        attackers: summary.column.attackers, attack: attack, accuracy: summary.accuracy.mean,
        gap: summary.gap, conduct: summary.conduct)
      if let index = cases.firstIndex(where: { $0.concernsSameRuns(as: candidate) }) {
        cases[index].include(candidate)
      } else {
        cases.append(candidate)
      }
    }
    return cases
  }

  private func concernsSameRuns(as other: WorstCase) -> Bool {
    source == other.source && rule == other.rule && skew == other.skew && attackers == other.attackers
  }

  private mutating func include(_ other: WorstCase) {
    if other.accuracy < accuracy {
      (attack, accuracy, gap) = (other.attack, other.accuracy, other.gap)
    }
    if let conduct = other.conduct { self.conduct?.include(conduct) }
  }
}

extension TournamentSummary.Conduct {
  fileprivate mutating func include(_ other: Self) {
    honestRejected = max(honestRejected, other.honestRejected)
    silencedHonest = max(silencedHonest, other.silencedHonest)
    payRatio = [payRatio, other.payRatio].compactMap(\.self).max()
    backdoorSuccess = [backdoorSuccess, other.backdoorSuccess].compactMap(\.self).max()
    bitsPerParameter = max(bitsPerParameter, other.bitsPerParameter)
    failures = max(failures, other.failures)
  }
}
