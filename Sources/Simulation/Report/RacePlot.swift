/// Accuracy over virtual time as a drawing in a file of its own.
public enum RacePlot {
  private static let styles = ["honest", "hostile", "clean", "author", "validators", "honest-too"]
  /// A drawing in a file has one layout, however wide it is shown.
  private static let sheet: StaticString = "svg.wide { display: block !important; }"

  /// The drawing, a curve a run.
  public static func svg(_ runs: [(name: String, versions: [RunRecord.Version])]) -> String {
    let curves = runs.enumerated().map { index, run in
      var record = RunRecord(name: run.name)
      record.versions = run.versions
      return TimePlot.Curve(
        record, name: run.name, style: styles[index % styles.count], \.accuracy)
    }
    let plot = TimePlot(id: "race", title: "Accuracy over virtual time", .share, curves)
    return Markup.element(
      "svg", ["xmlns": "http://www.w3.org/2000/svg", "viewBox": "0 0 880 360"],
      [Markup.style(ReportStyle.sheet), Markup.style(sheet), plot.drawing(.wide)]
    ).source
  }
}
