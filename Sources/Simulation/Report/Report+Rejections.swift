extension Report {
  /// Who was rejected and why, in the words of the receipts.
  static func rejections(_ record: DemoRecord, _ styles: GroupStyles) -> Markup {
    guard !record.figures.reasons.isEmpty else {
      return section("Who was rejected, and why", "", Markup.element("p", "No update was rejected."))
    }
    return section(
      "Who was rejected, and why",
      "Every receipt of a rejected update names the check, what was measured, and the limit. For each check "
        + "this is the receipt in the middle, by what was measured.",
      table(
        "Rejected updates by check", ["Check", "Updates", "Measured", "Limit", "Receipt"],
        numbersFrom: 1, to: 3, record.figures.reasons.map(reasonRow), style: "receipts"),
      latestReceipts(record, styles), rejectedContributors(record, styles))
  }

  private static func reasonRow(_ reason: DemoFigures.Reason) -> Markup {
    let groups = reason.groups.map { "\($0.group) \(NumberText.count($0.updates))" }.joined(separator: ", ")
    return Markup.element(
      "tr", [:],
      [
        Markup.element("th", ["scope": "row", "class": "name"], reason.name),
        Markup.element("td", ["class": "number"], NumberText.count(reason.updates)),
      ] + measures(reason.measured, reason.limit, unit: reason.unit) + [
        Markup.element(
          "td", [:],
          [
            Markup.text(reason.explanation),
            Markup.element("div", ["class": "note"], "From \(groups)."),
          ])
      ])
  }

  /// What was measured, with its unit, and the limit.
  private static func measures(_ measured: Double?, _ limit: Double?, unit: String) -> [Markup] {
    func text(_ number: Double?) -> Markup { Markup.text(number.map(NumberText.measure) ?? NumberText.none) }
    let unit = unit.isEmpty ? [] : [Markup.element("div", ["class": "note"], unit)]
    return [
      Markup.element("td", ["class": "number"], [text(measured)] + unit),
      Markup.element("td", ["class": "number"], [text(limit)]),
    ]
  }

  /// The newest receipts of rejected updates, the newest first.
  private static func latestReceipts(_ record: DemoRecord, _ styles: GroupStyles) -> Markup {
    let latest = record.run.rejections.suffix(listedReceipts).reversed()
    let rows = latest.map { receipt in
      Markup.element(
        "tr", [:],
        [
          Markup.element("td", NumberText.count(receipt.window)),
          Markup.element(
            "th", ["scope": "row", "class": "name"], [Markup.element("code", receipt.contributor)]),
          Markup.element("td", ["class": "name \(styles.style(receipt.group))"], receipt.group),
          Markup.element("td", ["class": "name"], receipt.reason),
        ] + measures(receipt.measured, receipt.limit, unit: receipt.unit) + [
          Markup.element("td", [:], receipt.explanation)
        ])
    }
    return Markup.element(
      "details", [:],
      [
        Markup.element(
          "summary",
          "The latest \(NumberText.count(rows.count)) of "
            + NumberText.counted(record.run.rejections.count, "receipt")),
        table(
          "Latest receipts of rejected updates",
          ["Window", "Contributor", "Group", "Check", "Measured", "Limit", "Receipt"], numbersFrom: 4, to: 5,
          rows, style: "receipts"),
        Markup.element("p", ["class": "note"], "All of them are in summary.json."),
      ])
  }

  private static func rejectedContributors(_ record: DemoRecord, _ styles: GroupStyles) -> Markup {
    let rejected = record.run.contributors.filter { !$0.rejections.isEmpty }
    let rows = rejected.prefix(listedContributors).map { contributor in
      let reasons = contributor.rejections.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        .map { "\($0.key) \(NumberText.count($0.value))" }.joined(separator: ", ")
      return Markup.element(
        "tr", [:],
        [
          Markup.element(
            "th", ["scope": "row", "class": "name"], [Markup.element("code", contributor.name)]),
          Markup.element("td", ["class": "name \(styles.style(contributor.group))"], contributor.group),
          Markup.element("td", ["class": "number"], NumberText.count(contributor.updates)),
          Markup.element("td", ["class": "number"], NumberText.count(contributor.merged)),
          Markup.element("td", [:], reasons),
        ])
    }
    var content = [
      Markup.element("summary", "\(NumberText.counted(rejected.count, "contributor")) with rejected updates"),
      table(
        "Contributors with rejected updates", ["Contributor", "Group", "Updates", "Merged", "Rejected"],
        numbersFrom: 2, to: 3, rows),
    ]
    if rejected.count > listedContributors {
      let rest = NumberText.count(rejected.count - listedContributors)
      content.append(Markup.element("p", ["class": "note"], "\(rest) more are in summary.json."))
    }
    return Markup.element("details", [:], content)
  }
}
