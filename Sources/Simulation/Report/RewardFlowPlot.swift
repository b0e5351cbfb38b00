/// Flows of reward: from the escrow to author and validators, and through the contributors to their groups.
struct RewardFlowPlot {
  private struct Recipient {
    let name: String
    let style: String
    let units: UInt64
    let isContributor: Bool
  }

  private let recipients: [Recipient]
  private let paidUnits: UInt64
  private let escrowUnits: UInt64

  init(_ run: RunRecord, _ figures: DemoFigures, styles: GroupStyles) {
    recipients = run.flows.map { flow in
      let isContributor = flow.recipient != "author" && flow.recipient != "validators"
      let style = isContributor ? styles.style(flow.recipient) : flow.recipient
      return Recipient(name: flow.recipient, style: style, units: flow.units, isContributor: isContributor)
    }
    .sorted { !$0.isContributor && $1.isContributor }
    paidUnits = figures.paidUnits
    escrowUnits = run.escrowUnits
  }

  var isEmpty: Bool { paidUnits == 0 }

  var description: String {
    recipients.map { "\($0.name) \(NumberText.count($0.units)) units" }.joined(separator: ", ")
      + "; \(NumberText.count(escrowUnits)) units are left in escrow."
  }

  private static let nodeWidth = 10.0
  private static let labelPitch = 22.0
  private static let fullHeight = 250.0
  private static let top = 44.0

  private func thickness(_ units: UInt64) -> Double {
    units == 0 ? 0 : max(1, Double(units) / Double(paidUnits) * Self.fullHeight)
  }

  func drawing(_ layout: PlotLayout) -> Markup {
    let (sourceX, hubX) = (1.0, layout.choose(wide: 330.0, narrow: 84))
    let targetX = layout.width - layout.choose(wide: 250, narrow: 152)
    let places = targetPlaces
    var flows: [Markup] = []
    var labels = sourceLabels(x: sourceX) + hubLabels(x: hubX)
    var (sourceY, hubY) = (Self.top, hubTop)
    for (recipient, y) in zip(recipients, places) {
      let thickness = thickness(recipient.units)
      let start = sourceX + Self.nodeWidth
      if thickness > 0, recipient.isContributor {
        flows.append(ribbon(start, sourceY, hubX, hubY, thickness, recipient.style))
        flows.append(ribbon(hubX + Self.nodeWidth, hubY, targetX, y, thickness, recipient.style))
        hubY += thickness
      } else if thickness > 0 {
        flows.append(ribbon(start, sourceY, targetX, y, thickness, recipient.style))
      }
      sourceY += thickness
      labels += targetLabels(recipient, x: targetX, y: y, thickness: thickness, layout)
    }
    let lastPlace = (places.last ?? 0) + Self.labelPitch
    return SVG.drawing(
      id: "flows", title: "Flows of reward", description: description,
      size: (layout.width, max(lastPlace, max(sourceY, hubY) + 40)), layout: layout, flows + labels)
  }

  /// The flows to author and validators pass above the contributors' node.
  private var hubTop: Double {
    let above = recipients.filter { !$0.isContributor }
    return Self.top + above.reduce(0) { $0 + thickness($1.units) } + (above.isEmpty ? 0 : 10)
  }

  /// Recipients down the right side, each with room for its label.
  private var targetPlaces: [Double] {
    var y = Self.top
    return recipients.map { recipient in
      defer { y += max(Self.labelPitch, thickness(recipient.units) + 6) }
      return y
    }
  }

  private func sourceLabels(x: Double) -> [Markup] {
    let height = recipients.reduce(0) { $0 + thickness($1.units) }
    return [
      SVG.rectangle(x: x, y: Self.top, width: Self.nodeWidth, height: height, "node"),
      SVG.text("paid from escrow", x: x, y: Self.top - 25, "label"),
      SVG.text(NumberText.count(paidUnits), x: x, y: Self.top - 8, "value"),
      SVG.text("left: \(NumberText.count(escrowUnits))", x: x, y: Self.top + height + 20, "tick halo"),
    ]
  }

  private func hubLabels(x: Double) -> [Markup] {
    let groups = recipients.filter(\.isContributor)
    let height = groups.reduce(0) { $0 + thickness($1.units) }
    guard height > 0 else { return [] }
    // On the ribbon where that is wide enough, else below.
    let isInside = height > 48
    let left = x + (isInside ? Self.nodeWidth + 8 : 0)
    let y = isInside ? hubTop + height / 2 - 3 : hubTop + height + 16
    return [
      SVG.rectangle(x: x, y: hubTop, width: Self.nodeWidth, height: height, "node"),
      SVG.text("contributors", x: left, y: y, isInside ? "label" : "label halo"),
      SVG.text(
        NumberText.count(groups.reduce(0) { $0 + $1.units }), x: left, y: y + 16,
        isInside ? "value" : "value halo"),
    ]
  }

  private func targetLabels(
    _ recipient: Recipient, x: Double, y: Double, thickness: Double, _ layout: PlotLayout
  ) -> [Markup] {
    let label = y + max(thickness / 2, Self.labelPitch / 2 - 6) + 4
    let units = NumberText.count(recipient.units)
    let share = NumberText.share(Double(recipient.units), of: Double(paidUnits))
    let amount = layout.choose(wide: "\(units) · \(share)", narrow: units)
    let left = x + Self.nodeWidth + 8
    return [
      SVG.rectangle(
        x: x, y: y, width: Self.nodeWidth, height: thickness, "fill \(recipient.style)"),
      SVG.text(String(recipient.name.prefix(16)), x: left, y: label, "label \(recipient.style)"),
      SVG.text(amount, x: layout.width - 2, y: label, "tick", anchor: "end"),
    ]
  }

  private func ribbon(
    _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ thickness: Double, _ style: String
  ) -> Markup {
    let middle = SVG.pixels((x1 + x2) / 2)
    let (left, right) = (SVG.pixels(x1), SVG.pixels(x2))
    let there = "M\(left) \(SVG.pixels(y1))C\(middle) \(SVG.pixels(y1)) \(middle) \(SVG.pixels(y2)) \(right) "
    let (low1, low2) = (SVG.pixels(y1 + thickness), SVG.pixels(y2 + thickness))
    let back = "V\(low2)C\(middle) \(low2) \(middle) \(low1) \(left) \(low1)Z"
    return SVG.path("\(there)\(SVG.pixels(y2))\(back)", "ribbon \(style)")
  }
}
