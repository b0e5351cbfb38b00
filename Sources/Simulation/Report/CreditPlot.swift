/// Credit per contributor: bars from the greatest to the least, and below them a row a group that marks
/// its members.
struct CreditPlot {
  private let contributors: [RunRecord.Contributor]
  private let groups: [String]
  private let styles: GroupStyles

  /// Takes a run's contributors. Credits that are not finite count as none.
  init(_ run: RunRecord, _ figures: DemoFigures, styles: GroupStyles) {
    contributors = run.contributors.sorted { left, right in
      (Self.credit(right), left.name) < (Self.credit(left), right.name)
    }
    groups = figures.groups.filter { $0.members > 0 }.map(\.name)
    self.styles = styles
  }

  var isEmpty: Bool { contributors.isEmpty }

  var description: String {
    let first =
      contributors.first.map { "\($0.name) of \($0.group) with \(NumberText.nats($0.creditNats))" } ?? ""
    let last =
      contributors.last.map { "\($0.name) of \($0.group) with \(NumberText.nats($0.creditNats))" } ?? ""
    return "\(contributors.count) contributors by credit in nats, from \(first) to \(last)."
  }

  private static func credit(_ contributor: RunRecord.Contributor) -> Double {
    contributor.creditNats.isFinite ? contributor.creditNats : 0
  }

  func drawing(_ layout: PlotLayout) -> Markup {
    let plotHeight = layout.choose(wide: 230.0, narrow: 180)
    let rowHeight = 18.0
    let (left, right, top) = (96.0, layout.width - 6, 22.0)
    let credits = contributors.map(Self.credit)
    let up = Scale(credits + [0], from: top + plotHeight, to: top)
    let slot = (right - left) / Double(max(1, contributors.count))
    var content = axis(up, left: left, right: right)
    content.append(SVG.text("credit, nats of loss", x: left, y: 12, "tick"))
    content += bars(up, left: left, slot: slot)
    content.append(SVG.line(left, up(0), right, up(0), "axis"))
    let rugTop = top + plotHeight + 18
    content += rug(top: rugTop, rowHeight: rowHeight, left: left, right: right, slot: slot)
    let height = rugTop + rowHeight * Double(groups.count) + 4
    return SVG.drawing(
      id: "credit", title: "Credit per contributor", description: description,
      size: (layout.width, height), layout: layout, content)
  }

  private func axis(_ up: Scale, left: Double, right: Double) -> [Markup] {
    let ticks = up.ticks(count: 5)
    let decimals = Scale.decimals(of: ticks)
    return ticks.flatMap { tick in
      [
        SVG.line(left, up(tick), right, up(tick), "grid"),
        SVG.text(
          NumberText.fixed(tick, decimals: decimals), x: left - 8, y: up(tick) + 4, "tick", anchor: "end"),
      ]
    }
  }

  /// One path a style: thousands of contributors stay a small page.
  private func bars(_ up: Scale, left: Double, slot: Double) -> [Markup] {
    outlines { rank, contributor in
      let (base, tip) = (up(0), up(Self.credit(contributor)))
      return Self.box(x: left + Double(rank) * slot, width: Self.barWidth(slot), from: base, to: tip)
    }
  }

  private func rug(
    top: Double, rowHeight: Double, left: Double, right: Double, slot: Double
  ) -> [Markup] {
    var content: [Markup] = []
    for (row, group) in groups.enumerated() {
      let y = top + Double(row) * rowHeight
      let label = "label \(styles.style(group))"
      content.append(SVG.text(String(group.prefix(14)), x: left - 8, y: y + 12, label, anchor: "end"))
      content.append(SVG.line(left, y + 8, right, y + 8, "grid"))
    }
    return content
      + outlines { rank, contributor in
        guard let row = groups.firstIndex(of: contributor.group) else { return "" }
        let y = top + Double(row) * rowHeight
        return Self.box(x: left + Double(rank) * slot, width: Self.barWidth(slot), from: y + 2, to: y + 14)
      }
  }

  private func outlines(_ outline: (Int, RunRecord.Contributor) -> String) -> [Markup] {
    var paths: [(style: String, outline: String)] = []
    for (rank, contributor) in contributors.enumerated() {
      let style = styles.style(contributor.group)
      if let index = paths.firstIndex(where: { $0.style == style }) {
        paths[index].outline += outline(rank, contributor)
      } else {
        paths.append((style, outline(rank, contributor)))
      }
    }
    return paths.map { SVG.path($0.outline, "fill \($0.style)") }
  }

  private static func barWidth(_ slot: Double) -> Double { slot > 3 ? slot - 1 : slot * 0.8 }

  private static func box(x: Double, width: Double, from: Double, to: Double) -> String {
    let width = min(width, 40)
    return "M\(SVG.pixels(x)) \(SVG.pixels(from))V\(SVG.pixels(to))h\(SVG.pixels(width))V\(SVG.pixels(from))Z"
  }
}
