/// The report of a demo as one page that needs nothing else: no scripts, no fonts, no network.
public enum Report {
  /// How many contributors the list of rejected ones shows; all of them are in `summary.json`.
  static let listedContributors = 500
  /// How many of the newest receipts of rejected updates are shown; all of them are in `summary.json`.
  static let listedReceipts = 8

  /// The page as HTML. One record gives one page, to the byte.
  public static func html(_ record: DemoRecord) -> String {
    let styles = GroupStyles(record.figures)
    return page(
      title: record.summary.title, styles: [Markup.style(ReportStyle.sheet)],
      body: [
        head(record),
        Markup.element(
          "main", [:],
          [
            accuracy(record), matrix(record, styles), rejections(record, styles), credit(record, styles),
            groups(record, styles), validators(record), flows(record, styles), traffic(record),
          ]),
        footer(record),
      ])
  }

  /// A page that runs nothing and fetches nothing.
  static func page(title: String, styles: [Markup], body: [Markup]) -> String {
    Markup.page(
      language: "en",
      head: [
        Markup.element("meta", ["charset": "utf-8"]),
        Markup.element("meta", ["name": "viewport", "content": "width=device-width, initial-scale=1"]),
        // Even if text should ever slip through unescaped, the browser runs nothing and fetches nothing.
        Markup.element(
          "meta",
          [
            "http-equiv": "Content-Security-Policy",
            "content": "default-src 'none'; style-src 'unsafe-inline'",
          ]),
        Markup.element("title", title),
      ] + styles,
      body: body)
  }

  private static func accuracy(_ record: DemoRecord) -> Markup {
    let plot = TimePlot.accuracy(record)
    return section(
      "Accuracy over virtual time",
      "Measured at every version on \(NumberText.counted(record.summary.testExamples, "example")) "
        + "that nobody trains or judges with.",
      plot.isEmpty
        ? empty("No version was made.")
        : figure(plot.drawing, caption: accuracyCaption(record)))
  }

  private static func accuracyCaption(_ record: DemoRecord) -> [Markup] {
    let slow = record.run.slowContributors.map(\.slowness)
    guard let least = slow.min() else { return [] }
    let factor = NumberText.fixed(least, decimals: least == least.rounded() ? 0 : 1)
    return [
      Markup.text(
        "\(NumberText.counted(slow.count, "contributor")) trained "
          + (slow.allSatisfy { $0 == least } ? "" : "at least ")
          + "\(factor) times as long as an ordinary one. "
          + "Nobody waited for them: late updates count in the window that they reach, and weigh less.")
    ]
  }

  private static func matrix(_ record: DemoRecord, _ styles: GroupStyles) -> Markup {
    guard let plot = MatrixPlot(record.run, styles: styles) else {
      return section("What the validators saw", "", empty("No window was judged."))
    }
    let keys =
      [key("full", "", "full trust"), key("", "", "no trust")]
      + plot.marks.map { key("rejected", String($0.letter), $0.reason) }
    return section(
      "What the validators saw",
      "The validation matrix of window \(plot.matrix.window), the last of those with most rejections. "
        + "A row is a validator, a column an update; the stronger the blue, the more it was trusted.",
      figure(plot.drawing, keys: keys))
  }

  /// An entry of a list that says what colours and marks mean.
  static func key(_ style: String, _ mark: String, _ meaning: String) -> Markup {
    Markup.element(
      "li", [:],
      [
        Markup.element("span", ["class": "swatch \(style)"], mark.isEmpty ? "\u{A0}" : mark),
        Markup.text(meaning),
      ])
  }

  static func credit(_ record: DemoRecord, _ styles: GroupStyles) -> Markup {
    let plot = CreditPlot(record.run, record.figures, styles: styles)
    return section(
      "Who moved the model",
      "Credit is how much of the drop in loss is due to a contributor’s updates, over all versions. "
        + "Each bar is a contributor; the rows below show which group it belongs to.",
      plot.isEmpty ? empty("Nobody contributed.") : figure(plot.drawing))
  }

  static func flows(_ record: DemoRecord, _ styles: GroupStyles) -> Markup {
    let plot = RewardFlowPlot(record.run, record.figures, styles: styles)
    return section(
      "Where the reward went",
      "Every unit that left the escrow, and who received it.",
      plot.isEmpty ? empty("Nothing was paid.") : figure(plot.drawing))
  }

  static func traffic(_ record: DemoRecord) -> Markup {
    let plot = TrafficPlot(record.figures)
    return section(
      "Bytes sent",
      "Envelopes, signatures and certificates included; the dense form is counted without any.",
      plot.isEmpty ? empty("Nothing was sent.") : figure(plot.drawing))
  }

  static func section(_ heading: String, _ introduction: String, _ content: Markup...) -> Markup {
    var children = [Markup.element("h2", heading)]
    if !introduction.isEmpty { children.append(Markup.element("p", ["class": "note"], introduction)) }
    return Markup.element("section", [:], children + content)
  }

  /// A plot in both layouts; the style sheet shows the one that fits.
  static func figure(
    _ drawing: (PlotLayout) -> Markup, keys: [Markup] = [], caption: [Markup] = []
  ) -> Markup {
    var children = PlotLayout.allCases.map(drawing)
    if !keys.isEmpty { children.append(Markup.element("ul", ["class": "keys"], keys)) }
    if !caption.isEmpty { children.append(Markup.element("figcaption", [:], caption)) }
    return Markup.element("figure", [:], children)
  }

  static func empty(_ sentence: String) -> Markup { Markup.element("p", sentence) }
}
