extension TournamentReport {
  /// The title, what was run, and how the default rule does at its worst.
  static func head(_ record: TournamentRecord) -> Markup {
    Markup.element(
      "header", [:],
      [
        Markup.element("p", ["class": "eyebrow"], "Tributary"),
        Markup.element("h1", "Tournament of aggregation rules"),
        Markup.element("p", ["class": "lead"], opening(record)),
        Markup.element("dl", ["class": "headlines"], headlines(record)),
      ])
  }

  private static func opening(_ record: TournamentRecord) -> String {
    let setting = record.setting
    let runs = NumberText.counted(record.results.count, "run")
    return "\(runs) of \(NumberText.counted(setting.windows, "window")), each closed by "
      + "\(NumberText.counted(setting.windowSize, "update")): "
      + "\(NumberText.counted(setting.contributors, "contributor")) trained \(setting.model) on "
      + "\(setting.data) and sent \(setting.upForm) packets. The rule that the others are held against is "
      + "\(setting.defaultRule)."
  }

  private static func headlines(_ record: TournamentRecord) -> [Markup] {
    let rule = record.setting.defaultRule
    let cases = record.worstCases.filter { $0.source == TournamentSummary.own && $0.rule == rule }
    var headlines = [
      accuracyHeadline(cases), honestHeadline(cases), payHeadline(cases), backdoorHeadline(cases),
    ].compactMap(\.self)
    if let worst = record.worstComparisons.min(by: { $0.difference < $1.difference }) {
      headlines.append(
        Report.headline(
          NumberText.points(worst.difference), "points against the best of \(worst.peer)",
          "each in its worst case, \(place(worst.column.skew, worst.column.attackers)), "
            + "where its best rule is \(worst.peerRule)"))
    }
    return headlines
  }

  private static func accuracyHeadline(_ cases: [WorstCase]) -> Markup? {
    guard let worst = cases.min(by: { $0.accuracy < $1.accuracy }) else { return nil }
    let gap = worst.gap.map { ", \(NumberText.points(-$0)) points to no attack" } ?? ""
    return Report.headline(
      NumberText.percent(worst.accuracy), "accuracy of the default rule in its worst case",
      "under \(worst.attack), \(place(worst.skew, worst.attackers))\(gap)")
  }

  private static func honestHeadline(_ cases: [WorstCase]) -> Markup? {
    let conducts = cases.compactMap(\.conduct)
    guard let rejected = conducts.map(\.honestRejected).max() else { return nil }
    let silenced = conducts.map(\.silencedHonest).max() ?? 0
    return Report.headline(
      NumberText.percent(rejected), "of honest updates rejected, at most",
      "and at most \(NumberText.counted(silenced, "honest contributor")) silenced for a whole run")
  }

  private static func payHeadline(_ cases: [WorstCase]) -> Markup? {
    guard let ratio = cases.compactMap({ $0.conduct?.payRatio }).max() else { return nil }
    return Report.headline(
      NumberText.fixed(ratio, decimals: 2), "of an equal share of pay went to attackers, at most",
      "a head, where 1 is what everyone gets on average")
  }

  private static func backdoorHeadline(_ cases: [WorstCase]) -> Markup? {
    guard let success = cases.compactMap({ $0.conduct?.backdoorSuccess }).max() else { return nil }
    return Report.headline(
      NumberText.percent(success), "of triggered examples fall to a backdoor, at most",
      "the share that the model takes for the attacker’s class")
  }

  private static func place(_ skew: Double, _ attackers: Int) -> String {
    "skew \(skew), \(NumberText.counted(attackers, "attacker"))"
  }

  /// How to repeat it, and what is behind the numbers.
  static func footer(_ record: TournamentRecord) -> Markup {
    let seconds = record.results.reduce(0) { $0 + $1.figures.wallSeconds }
    let bits = record.results.map(\.figures.bitsPerParameter).max() ?? 0
    let seeds = record.setting.seeds.map(String.init).joined(separator: ", ")
    return Markup.element(
      "footer", [:],
      [
        Markup.element(
          "p", ["class": "meta"],
          "Seeds \(seeds). Accuracy is the mean of a run’s last "
            + "\(NumberText.counted(TournamentFigures.averagedVersions, "version")). "
            + "Contributors sent at most \(NumberText.fixed(bits, decimals: 3)) bits for each parameter "
            + "of an update. All runs together took \(NumberText.duration(seconds: seconds)). "
            + "tournament.json has every figure.")
      ])
  }
}
