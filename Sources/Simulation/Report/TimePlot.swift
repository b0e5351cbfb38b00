/// What a run measures over virtual time: one line a run, labelled at its end.
struct TimePlot {
  /// What is measured.
  enum Measure {
    /// A share, on an axis from 0 to 1.
    case share
    /// An amount, on an axis from 0 to the greatest.
    case amount(unit: String, decimals: Int)

    func text(_ value: Double) -> String {
      switch self {
      case .share: NumberText.percent(value)
      case .amount(let unit, let decimals): NumberText.fixed(value, decimals: decimals) + " " + unit
      }
    }
  }

  /// One line.
  struct Curve {
    let name: String
    /// Its class in the style sheet.
    let style: String
    let points: [(seconds: Double, value: Double)]

    /// The line of a figure of a run's versions.
    init(_ run: RunRecord, name: String, style: String, _ figure: (RunRecord.Version) -> Double) {
      self.name = name
      self.style = style
      points = run.versions.map { ($0.seconds, figure($0)) }.filter { $0.0.isFinite && $0.1.isFinite }
    }
  }

  private let id: String
  private let title: String
  private let measure: Measure
  private let curves: [Curve]

  /// - Parameters:
  ///   - id: unique on the page
  ///   - title: what a screen reader says of it
  ///   - measure: what is measured
  ///   - curves: the lines; those without a point are left out
  init(id: String, title: String, _ measure: Measure, _ curves: [Curve]) {
    self.id = id
    self.title = title
    self.measure = measure
    self.curves = curves.filter { !$0.points.isEmpty }
  }

  /// The accuracy of a demo's runs.
  static func accuracy(_ record: DemoRecord) -> TimePlot {
    let runs = [
      (record.cleanRun, "no attackers", "clean"), (record.averagingRun, "plain averaging", "hostile"),
      (record.run, "Tributary", "honest"),
    ]
    let curves = runs.compactMap { run, name, style in
      run.map { Curve($0, name: name, style: style, \.accuracy) }
    }
    return TimePlot(id: "accuracy", title: "Accuracy over virtual time", .share, curves)
  }

  var isEmpty: Bool { curves.isEmpty }

  var description: String {
    curves.map { curve in
      let last = curve.points[curve.points.count - 1]
      return "\(curve.name) ends at \(measure.text(last.value)) "
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
    let up = vertical(from: plot.bottom, to: plot.top)
    var content: [Markup] = []
    for tick in verticalTicks(up, layout) {
      let y = up(tick.value)
      content.append(SVG.line(plot.left, y, plot.right, y, tick.value == 0 ? "axis" : "grid"))
      content.append(SVG.text(tick.label, x: plot.left - 8, y: y + 4, "tick", anchor: "end"))
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
      let points = curve.points.map { (x: across($0.seconds / unit.seconds), y: up($0.value)) }
      content.append(SVG.path(SVG.polyline(points), "curve \(curve.style)"))
    }
    content += labels(from: plot.right, across: across, up: up, unit: unit, within: plot.top...plot.bottom)
    return SVG.drawing(
      id: id, title: title, description: description,
      size: (layout.width, height), layout: layout, content)
  }

  private func vertical(from bottom: Double, to top: Double) -> Scale {
    switch measure {
    case .share: Scale([0, 1], from: bottom, to: top)
    case .amount: Scale(curves.flatMap { $0.points.map(\.value) } + [0], from: bottom, to: top)
    }
  }

  private func verticalTicks(_ up: Scale, _ layout: PlotLayout) -> [(value: Double, label: String)] {
    switch measure {
    case .share:
      return stride(from: 0, through: 100, by: layout.choose(wide: 10, narrow: 20)).map {
        (Double($0) / 100, $0 == 100 ? "100%" : "\($0)")
      }
    case .amount:
      let ticks = up.ticks(count: layout.choose(wide: 6, narrow: 4))
      let decimals = Scale.decimals(of: ticks)
      return ticks.map { ($0, NumberText.fixed($0, decimals: decimals)) }
    }
  }

  private func labels(
    from edge: Double, across: Scale, up: Scale, unit: TimeUnit, within bounds: ClosedRange<Double>
  ) -> [Markup] {
    let ends = curves.map { curve in
      let last = curve.points[curve.points.count - 1]
      return (curve: curve, last: last, x: across(last.seconds / unit.seconds), y: up(last.value))
    }
    .sorted { $0.y < $1.y }
    let places = LabelPlacement.spread(
      ends.map(\.y), pitch: 34, within: (bounds.lowerBound + 4)...(bounds.upperBound - 12))
    var content: [Markup] = []
    for (end, place) in zip(ends, places) {
      let leader = SVG.polyline([(end.x + 4, end.y), (max(edge, end.x + 4), end.y), (edge + 12, place)])
      content.append(SVG.path(leader, "leader \(end.curve.style)"))
      content.append(SVG.circle(x: end.x, y: end.y, radius: 3, "dot \(end.curve.style)"))
      let value = measure.text(end.last.value)
      content.append(SVG.text(value, x: edge + 16, y: place + 4, "value \(end.curve.style)"))
      content.append(SVG.text(end.curve.name, x: edge + 16, y: place + 18, "label \(end.curve.style)"))
    }
    return content
  }
}
