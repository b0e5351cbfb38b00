/// Credit per contributor: bars from the greatest to the least, and below them a row a group that marks
/// its members.
///
/// Where contributors are more than there are columns to see, neighbours share one: its bar is that of the
/// one in their middle, and its marks are of every group that is among them.
struct CreditPlot {
  private static let columnsLimit = 800

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
    let columns = columns
    let slot = (right - left) / Double(max(1, columns.count))
    var content = axis(up, left: left, right: right)
    content.append(SVG.text("credit, nats of loss", x: left, y: 12, "tick"))
    content += bars(columns, up, left: left, slot: slot)
    content.append(SVG.line(left, up(0), right, up(0), "axis"))
    let rugTop = top + plotHeight + 18
    content += rug(columns, top: rugTop, rowHeight: rowHeight, left: left, right: right, slot: slot)
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

  /// The contributors' ranks by column, in order.
  private var columns: [Range<Int>] {
    let count = min(contributors.count, Self.columnsLimit)
    return (0..<count).map { column in
      (column * contributors.count / count)..<((column + 1) * contributors.count / count)
    }
  }

  private func bars(_ columns: [Range<Int>], _ up: Scale, left: Double, slot: Double) -> [Markup] {
    outlines { add in
      for (column, ranks) in columns.enumerated() {
        let contributor = contributors[(ranks.lowerBound + ranks.upperBound) / 2]
        let x = left + Double(column) * slot
        add(contributor.group, Self.box(x: x, slot: slot, from: up(0), to: up(Self.credit(contributor))))
      }
    }
  }

  private func rug(
    _ columns: [Range<Int>], top: Double, rowHeight: Double, left: Double, right: Double, slot: Double
  ) -> [Markup] {
    var content: [Markup] = []
    for (row, group) in groups.enumerated() {
      let y = top + Double(row) * rowHeight
      let label = "label \(styles.style(group))"
      content.append(SVG.text(String(group.prefix(14)), x: left - 8, y: y + 12, label, anchor: "end"))
      content.append(SVG.line(left, y + 8, right, y + 8, "grid"))
    }
    return content
      + outlines { add in
        for (column, ranks) in columns.enumerated() {
          let present = Set(contributors[ranks].map(\.group))
          for (row, group) in groups.enumerated() where present.contains(group) {
            let y = top + Double(row) * rowHeight
            add(group, Self.box(x: left + Double(column) * slot, slot: slot, from: y + 2, to: y + 14))
          }
        }
      }
  }

  /// One path a style, of the outlines that `draw` adds for groups.
  private func outlines(_ draw: ((_ group: String, _ outline: String) -> Void) -> Void) -> [Markup] {
    var paths: [(style: String, outline: String)] = []
    draw { group, outline in
      let style = styles.style(group)
      if let index = paths.firstIndex(where: { $0.style == style }) {
        paths[index].outline += outline
      } else {
        paths.append((style, outline))
      }
    }
    return paths.map { SVG.path($0.outline, "fill \($0.style)") }
  }

  private static func box(x: Double, slot: Double, from: Double, to: Double) -> String {
    let width = min(slot > 3 ? slot - 1 : slot * 0.8, 40)
    return "M\(SVG.pixels(x)) \(SVG.pixels(from))V\(SVG.pixels(to))h\(SVG.pixels(width))V\(SVG.pixels(from))Z"
  }
}
