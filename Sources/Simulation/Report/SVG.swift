/// The shapes that the plots are made of. Colours and fonts are classes of the report's style sheet.
enum SVG {
  /// A drawing with the title and description that a screen reader speaks.
  ///
  /// - Parameters:
  ///   - id: unique on the page.
  ///   - size: in pixels; the drawing scales with its column.
  ///   - layout: which column it is for.
  static func drawing(
    id: String, title: String, description: String, size: (width: Double, height: Double), layout: PlotLayout,
    _ content: [Markup]
  ) -> Markup {
    let name = "\(id)-\(layout.name)"
    let labels = [
      Markup.element("title", ["id": "\(name)-title"], title),
      Markup.element("desc", ["id": "\(name)-desc"], description),
    ]
    return Markup.element(
      "svg",
      [
        "class": layout.name, "viewBox": "0 0 \(pixels(size.width)) \(pixels(size.height))", "role": "img",
        "aria-labelledby": "\(name)-title \(name)-desc",
      ],
      labels + content)
  }

  static func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> Markup {
    Markup.element(
      "line", ["x1": pixels(x1), "y1": pixels(y1), "x2": pixels(x2), "y2": pixels(y2), "class": style])
  }

  static func rectangle(
    x: Double, y: Double, width: Double, height: Double, _ style: String, opacity: Double? = nil,
    tip: String? = nil
  ) -> Markup {
    let tips = tip.map { [Markup.element("title", $0)] } ?? []
    let (x, y) = (pixels(x), pixels(y))
    let (width, height) = (pixels(max(0, width)), pixels(max(0, height)))
    guard let opacity else {
      return Markup.element("rect", ["x": x, "y": y, "width": width, "height": height, "class": style], tips)
    }
    let attributes: KeyValuePairs<StaticString, String> = [
      "x": x, "y": y, "width": width, "height": height, "class": style, "fill-opacity": pixels(opacity),
    ]
    return Markup.element("rect", attributes, tips)
  }

  static func text(
    _ content: String, x: Double, y: Double, _ style: String = "", anchor: String = "start"
  ) -> Markup {
    Markup.element("text", ["x": pixels(x), "y": pixels(y), "class": style, "text-anchor": anchor], content)
  }

  /// Text that rises to the right from its start.
  static func risingText(_ content: String, x: Double, y: Double, degrees: Double, _ style: String) -> Markup
  {
    let (x, y) = (pixels(x), pixels(y))
    return Markup.element(
      "text", ["x": x, "y": y, "class": style, "transform": "rotate(\(pixels(-degrees)) \(x) \(y))"], content)
  }

  static func path(_ outline: String, _ style: String) -> Markup {
    Markup.element("path", ["d": outline, "class": style])
  }

  static func circle(x: Double, y: Double, radius: Double, _ style: String) -> Markup {
    Markup.element("circle", ["cx": pixels(x), "cy": pixels(y), "r": pixels(radius), "class": style])
  }

  /// A line through points, as the outline of a path.
  static func polyline(_ points: [(x: Double, y: Double)]) -> String {
    points.enumerated().map { "\($0 == 0 ? "M" : "L")\(pixels($1.x)) \(pixels($1.y))" }.joined()
  }

  /// A coordinate with at most two decimals; 0 for what is not finite.
  static func pixels(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return "0" }
    let hundredths = Int((value * 100).rounded())
    let (whole, rest) = (hundredths.magnitude / 100, hundredths.magnitude % 100)
    let sign = hundredths < 0 ? "-" : ""
    if rest == 0 { return "\(sign)\(whole)" }
    return rest % 10 == 0 ? "\(sign)\(whole).\(rest / 10)" : "\(sign)\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }
}

/// The two columns that every plot is drawn for: text keeps its size on a phone.
enum PlotLayout: CaseIterable {
  case wide, narrow

  /// Its class in the style sheet.
  var name: String {
    switch self {
    case .wide: "wide"
    case .narrow: "narrow"
    }
  }

  /// The column's width in pixels.
  var width: Double {
    switch self {
    case .wide: 880
    case .narrow: 352
    }
  }

  /// One of two values.
  func choose<Value>(wide: Value, narrow: Value) -> Value { self == .wide ? wide : narrow }
}
