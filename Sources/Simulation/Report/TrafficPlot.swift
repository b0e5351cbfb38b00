/// Bytes sent against the same values as dense Float32, to one scale.
struct TrafficPlot {
  private struct Direction {
    let title: String
    let bytes: Int
    let denseBytes: Int
  }

  private let directions: [Direction]

  init(_ figures: DemoFigures) {
    directions = [
      Direction(title: "up: updates", bytes: figures.bytesUp, denseBytes: figures.denseBytesUp),
      Direction(title: "down: steps", bytes: figures.bytesDown, denseBytes: figures.denseBytesDown),
    ].filter { $0.bytes > 0 || $0.denseBytes > 0 }
  }

  var isEmpty: Bool { directions.isEmpty }

  var description: String {
    directions.map { direction in
      "\(direction.title) took \(NumberText.bytes(direction.bytes)) where dense Float32 takes "
        + NumberText.bytes(direction.denseBytes)
    }.joined(separator: "; ") + "."
  }

  func drawing(_ layout: PlotLayout) -> Markup {
    let (left, rowHeight) = (layout.choose(wide: 104.0, narrow: 2), layout.choose(wide: 56.0, narrow: 78))
    let right = layout.width - layout.choose(wide: 190, narrow: 2)
    let most = directions.map { Double(max($0.bytes, $0.denseBytes)) }
    let across = Scale(most + [0], from: left, to: right)
    var content: [Markup] = []
    for (index, direction) in directions.enumerated() {
      let y = Double(index) * rowHeight + layout.choose(wide: 4, narrow: 20)
      content += row(direction, y: y, left: left, across: across, layout)
    }
    return SVG.drawing(
      id: "traffic", title: "Bytes sent against dense Float32", description: description,
      size: (layout.width, rowHeight * Double(directions.count) + 4), layout: layout, content)
  }

  private func row(
    _ direction: Direction, y: Double, left: Double, across: Scale, _ layout: PlotLayout
  ) -> [Markup] {
    let sent = across(Double(direction.bytes))
    let dense = across(Double(direction.denseBytes))
    let factor = NumberText.factor(direction.denseBytes, over: direction.bytes)
    let denseText = "\(NumberText.bytes(direction.denseBytes)) as dense Float32"
    let titleText = layout.choose(
      wide: SVG.text(direction.title, x: left - 10, y: y + 20, "label", anchor: "end"),
      narrow: SVG.text(direction.title, x: left, y: y - 7, "label"))
    let sentText = "\(NumberText.bytes(direction.bytes)) sent, \(factor) smaller"
    return [
      titleText,
      SVG.rectangle(x: left, y: y, width: max(1, sent - left), height: 15, "fill honest"),
      SVG.text(sentText, x: sent + 7, y: y + 12, "label halo"),
      SVG.rectangle(x: left, y: y + 19, width: max(1, dense - left), height: 15, "dense"),
      layout.choose(
        wide: SVG.text(denseText, x: dense + 7, y: y + 31, "tick"),
        narrow: SVG.text(denseText, x: left, y: y + 48, "tick")),
    ]
  }
}
