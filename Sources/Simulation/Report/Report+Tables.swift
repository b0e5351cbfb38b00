extension Report {
  /// Credit and pay by group, with honest against hostile.
  static func groups(_ record: DemoRecord, _ styles: GroupStyles) -> Markup {
    let figures = record.figures
    let header = [
      "Group", "Members", "Updates", "Merged", "Credit, nats", "a head", "Paid, units", "a head",
    ]
    let rows = figures.groups.map { groupRow($0, style: styles.style($0.name), kind: "") }
    let totals = [
      groupRow(figures.honest, style: "honest", kind: "total"),
      groupRow(figures.hostile, style: "hostile", kind: "total"),
    ]
    let loss =
      figures.loss.map { "The last version’s loss is \(NumberText.fixed($0, decimals: 4)) nats. " } ?? ""
    return section(
      "Credit and pay by group",
      "\(loss)In every version contributors share by credit; harm is paid nothing, and made good for first.",
      table("Credit and pay by group", header, numbersFrom: 1, rows + totals))
  }

  private static func groupRow(_ group: DemoFigures.Group, style: String, kind: String) -> Markup {
    let cells = [
      NumberText.count(group.members), NumberText.count(group.updates), NumberText.count(group.merged),
      NumberText.nats(group.creditNats), NumberText.nats(group.creditNatsPerHead),
      NumberText.count(group.paidUnits), NumberText.rounded(group.paidUnitsPerHead),
    ]
    return Markup.element(
      "tr", ["class": kind],
      [Markup.element("th", ["scope": "row", "class": "name \(style)"], group.name)]
        + cells.map { Markup.element("td", ["class": "number"], $0) })
  }

  /// A table that scrolls by itself where it is wider than the page.
  static func table(
    _ name: String, _ header: [String], numbersFrom first: Int, to last: Int = .max, _ rows: [Markup],
    style: String = ""
  ) -> Markup {
    let headings = header.enumerated().map { column, title in
      let style = first <= column && column <= last ? "number" : ""
      return Markup.element("th", ["scope": "col", "class": style], title)
    }
    return table(name, headings, rows, style: style)
  }

  /// A table with headings that are elements already.
  static func table(_ name: String, _ headings: [Markup], _ rows: [Markup], style: String) -> Markup {
    Markup.element(
      "div", ["class": "scroll", "role": "region", "aria-label": name, "tabindex": "0"],
      [
        Markup.element(
          "table", ["class": style],
          [
            Markup.element("thead", [:], [Markup.element("tr", [:], headings)]),
            Markup.element("tbody", [:], rows),
          ])
      ])
  }
}
