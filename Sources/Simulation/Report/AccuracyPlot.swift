/// Accuracy over virtual time: one line a run, labelled at its end.
struct AccuracyPlot {
  private struct Curve {
    let name: String
    let style: String
    let points: [(seconds: Double, accuracy: Double)]
  }

  private let curves: [Curve]

  /// Takes the runs of a demo. Points that are not finite are left out.
  init(_ record: DemoRecord) {
    let runs = [
      (record.cleanRun, "no attackers", "clean"), (record.averagingRun, "plain averaging", "hostile"),
      (record.run, "Tributary", "honest"),
    ]
    curves = runs.compactMap { run, name, style in
      let points = (run?.versions ?? []).map { ($0.seconds, $0.accuracy) }
        .filter { $0.0.isFinite && $0.1.isFinite }
      return points.isEmpty ? nil : Curve(name: name, style: style, points: points)
    }
  }

  var isEmpty: Bool { curves.isEmpty }

  var description: String {
    curves.map { curve in
      let last = curve.points[curve.points.count - 1]
      return "\(curve.name) ends at \(NumberText.percent(last.accuracy)) "
        + "after \(NumberText.duration(seconds: last.seconds))"
    }.joined(separator: "; ") + "."
  }

  func drawing(_ layout: PlotLayout) -> Markup {
    let height = layout.choose(wide: 360.0, narrow: 290)
    let plot = (
      left: 44.0, right: layout.width - layout.choose(wide: 140, narrow: 114), top: 14.0, bottom: height - 44
    )
    let times = curves.flatMap { $0.points.map(\.seconds) }
    let unit = TimeUnit.fitting(times.max() ?? 0)
    let across = Scale(times.map { $0 / unit.seconds } + [0], from: plot.left, to: plot.right)
    let up = Scale([0, 1], from: plot.bottom, to: plot.top)
    var content: [Markup] = []
    for tick in stride(from: 0, through: 100, by: layout.choose(wide: 10, narrow: 20)) {
      let y = up(Double(tick) / 100)
      content.append(SVG.line(plot.left, y, plot.right, y, tick == 0 ? "axis" : "grid"))
      let label = tick == 100 ? "100%" : "\(tick)"
      content.append(SVG.text(label, x: plot.left - 8, y: y + 4, "tick", anchor: "end"))
    }
    let ticks = across.ticks(count: layout.choose(wide: 8, narrow: 4))
    for tick in ticks {
      let label = NumberText.fixed(tick, decimals: Scale.decimals(of: ticks))
      content.append(SVG.line(across(tick), plot.bottom, across(tick), plot.bottom + 5, "axis"))
      content.append(SVG.text(label, x: across(tick), y: plot.bottom + 19, "tick", anchor: "middle"))
    }
    let unitLabel = "virtual time, \(unit.symbol)"
    content.append(SVG.text(unitLabel, x: plot.right, y: plot.bottom + 38, "tick", anchor: "end"))
    for curve in curves {
      let points = curve.points.map { (x: across($0.seconds / unit.seconds), y: up($0.accuracy)) }
      content.append(SVG.path(SVG.polyline(points), "curve \(curve.style)"))
    }
    content += labels(from: plot.right, across: across, up: up, unit: unit, within: plot.top...plot.bottom)
    return SVG.drawing(
      id: "accuracy", title: "Accuracy over virtual time", description: description,
      size: (layout.width, height), layout: layout, content)
  }

  private func labels(
    from edge: Double, across: Scale, up: Scale, unit: TimeUnit, within bounds: ClosedRange<Double>
  ) -> [Markup] {
    let ends = curves.map { curve in
      let last = curve.points[curve.points.count - 1]
      return (curve: curve, last: last, x: across(last.seconds / unit.seconds), y: up(last.accuracy))
    }
    .sorted { $0.y < $1.y }
    let places = LabelPlacement.spread(
      ends.map(\.y), pitch: 34, within: (bounds.lowerBound + 4)...(bounds.upperBound - 12))
    var content: [Markup] = []
    for (end, place) in zip(ends, places) {
      let leader = SVG.polyline([(end.x + 4, end.y), (max(edge, end.x + 4), end.y), (edge + 12, place)])
      content.append(SVG.path(leader, "leader \(end.curve.style)"))
      content.append(SVG.circle(x: end.x, y: end.y, radius: 3, "dot \(end.curve.style)"))
      let value = NumberText.percent(end.last.accuracy)
      content.append(SVG.text(value, x: edge + 16, y: place + 4, "value \(end.curve.style)"))
      content.append(SVG.text(end.curve.name, x: edge + 16, y: place + 18, "label \(end.curve.style)"))
    }
    return content
  }
}
