/// The report of a simulation as one page that needs nothing else: no scripts, no fonts, no network.
public enum SimulationReport {
  /// The page as HTML. One record gives one page, to the byte.
  public static func html(_ simulation: SimulationRecord) -> String {
    let record = DemoRecord(summary: simulation.summary, run: simulation.run)
    let styles = GroupStyles(record.figures)
    return Report.page(
      title: simulation.summary.title, styles: [Markup.style(ReportStyle.sheet)],
      body: [
        Report.head(record),
        Markup.element(
          "main", [:],
          curves([("simulation", simulation.run)]) + [
            Report.rejections(record, styles), Report.credit(record, styles), Report.groups(record, styles),
            Report.validators(record), Report.flows(record, styles), Report.traffic(record), cost(simulation),
          ]),
      ])
  }

  /// Accuracy, loss and staleness of runs over virtual time.
  static func curves(_ runs: [(name: String, run: RunRecord)]) -> [Markup] {
    let styles = ["honest", "hostile", "clean", "author", "validators"]
    func plot(
      _ id: String, _ title: String, _ note: String, _ measure: TimePlot.Measure,
      _ figure: (RunRecord.Version) -> Double
    ) -> Markup {
      let curves = runs.enumerated().map { index, entry in
        TimePlot.Curve(entry.run, name: entry.name, style: styles[index % styles.count], figure)
      }
      let plot = TimePlot(id: id, title: title, measure, curves)
      let content = plot.isEmpty ? Report.empty("No version was made.") : Report.figure(plot.drawing)
      return Report.section(title, note, content)
    }
    return [
      plot(
        "accuracy", "Accuracy over virtual time", "On examples that nobody trains or judges with.", .share,
        \.accuracy),
      plot(
        "loss", "Loss over virtual time", "The mean cross-entropy on the same examples.",
        .amount(unit: "nats", decimals: 3), \.loss),
      plot(
        "staleness", "Staleness over virtual time",
        "How many versions a window’s model was ahead of those that its updates started from, in the mean.",
        .amount(unit: "versions", decimals: 2), \.meanStaleness),
    ]
  }

  private static func cost(_ simulation: SimulationRecord) -> Markup {
    let cost = simulation.cost
    let rows = [
      ("Client-rounds", NumberText.count(cost.clientRounds)),
      ("Time", NumberText.duration(seconds: cost.wallSeconds)),
      ("Client-rounds a second", NumberText.rounded(cost.clientRoundsPerSecond)),
      ("Cores busy", NumberText.fixed(cost.coreSeconds / cost.wallSeconds, decimals: 2)),
      ("Training arithmetic, of the cores’ time", NumberText.percent(cost.trainingShare)),
      ("Resident memory a contributor", NumberText.bytes(cost.bytesPerContributor)),
      ("Peak memory", NumberText.bytes(cost.peakBytes)),
    ].map { name, value in
      Markup.element(
        "tr", [:],
        [
          Markup.element("th", ["scope": "row", "class": "name"], name),
          Markup.element("td", ["class": "number"], value),
        ])
    }
    return Report.section(
      "What the run cost",
      "Seed \(simulation.summary.seed), on \(NumberText.counted(cost.threads, "thread")).",
      Report.table("What the run cost", ["Figure", "Value"], numbersFrom: 1, rows))
  }
}

/// Several simulations on one page.
public enum SimulationComparison {
  /// The page as HTML, with every run's curves in the same plots.
  public static func html(_ records: [(name: String, record: SimulationRecord)]) -> String {
    let names = records.map(\.name).joined(separator: ", ")
    return Report.page(
      title: "Simulations compared", styles: [Markup.style(ReportStyle.sheet)],
      body: [
        Markup.element(
          "header", [:],
          [
            Markup.element("p", ["class": "eyebrow"], "Tributary"),
            Markup.element("h1", "Simulations compared"), Markup.element("p", ["class": "lead"], names),
          ]),
        Markup.element("main", [:], SimulationReport.curves(records.map { ($0.name, $0.record.run) })),
      ])
  }
}
