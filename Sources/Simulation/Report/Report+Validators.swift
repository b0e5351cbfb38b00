extension Report {
  /// What validators were paid, by conduct.
  static func validators(_ record: DemoRecord) -> Markup {
    let pay = record.figures.validatorPay
    let title = "What validators were paid"
    guard let first = pay.first, !first.parts.isEmpty else {
      return section(title, "", empty("No validator was paid."))
    }
    let versions = first.parts.map { $0.first == $0.last ? "\($0.first)" : "\($0.first)–\($0.last)" }
    return section(
      title,
      "Pay a unit of stake, by versions; an honest validator’s is 1. It is by agreement with what most of "
        + "the stake found, and by what a row tells beyond what the log told before.",
      table(
        title, ["Conduct", "Validators", "Paid, units", "All", "Least", "Greatest"] + versions,
        numbersFrom: 1,
        pay.map(row)))
  }

  private static func row(_ pay: ValidatorPay) -> Markup {
    let style = pay.conduct == RunRecord.Validator.honest ? "honest" : "hostile"
    let shares = [pay.share, pay.leastShare, pay.greatestShare] + pay.parts.map(\.share)
    let cells =
      [NumberText.count(pay.validators), NumberText.count(pay.paidUnits)]
      + shares.map { NumberText.fixed($0, decimals: 2) }
    return Markup.element(
      "tr", [:],
      [Markup.element("th", ["scope": "row", "class": "name \(style)"], pay.conduct)]
        + cells.map { Markup.element("td", ["class": "number"], $0) })
  }
}
