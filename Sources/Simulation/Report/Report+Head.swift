extension Report {
  /// The title, what was run, and the figures that matter most.
  static func head(_ record: DemoRecord) -> Markup {
    Markup.element(
      "header", [:],
      [
        Markup.element("p", ["class": "eyebrow"], "Tributary"),
        Markup.element("h1", record.summary.title),
        Markup.element("p", ["class": "lead"], opening(record)),
        Markup.element(
          "dl", ["class": "headlines"],
          [accuracyHeadline(record), defenceHeadline(record)] + backdoorHeadline(record)
            + [payHeadline(record), trafficHeadline(record)]),
      ])
  }

  private static func opening(_ record: DemoRecord) -> String {
    let summary = record.summary
    let contributors = NumberText.counted(summary.contributors, "contributor")
    let slow = NumberText.count(record.run.slowContributors.count)
    let hostile = "\(NumberText.count(summary.hostile)) of them hostile and \(slow) slow"
    let model = "\(summary.model) (\(NumberText.counted(summary.parameters, "parameter")))"
    let validators = NumberText.counted(summary.validators, "validator")
    let versions = NumberText.counted(record.figures.versions, "version")
    return "\(contributors), \(hostile), trained \(model) on \(summary.data), \(summary.partition). "
      + "\(validators) judged every update, and \(versions) of the model became final."
  }

  private static func accuracyHeadline(_ record: DemoRecord) -> Markup {
    let figures = record.figures
    var context: [String] = []
    if let clean = figures.cleanAccuracy { context.append("\(NumberText.percent(clean)) without attackers") }
    if let averaging = figures.averagingAccuracy {
      context.append("\(NumberText.percent(averaging)) under plain averaging")
    }
    return headline(
      NumberText.percent(figures.accuracy), "accuracy of the last version", context.joined(separator: ", "))
  }

  private static func defenceHeadline(_ record: DemoRecord) -> Markup {
    let (hostile, honest) = (record.figures.hostile, record.figures.honest)
    let keptOut = NumberText.share(Double(hostile.rejected), of: Double(hostile.updates))
    return headline(
      keptOut, "of hostile updates rejected",
      "\(NumberText.count(hostile.rejected)) of \(NumberText.count(hostile.updates)); of honest ones "
        + "\(NumberText.count(honest.rejected)) of \(NumberText.count(honest.updates))")
  }

  /// Only where somebody plants a backdoor.
  private static func backdoorHeadline(_ record: DemoRecord) -> [Markup] {
    guard let success = record.figures.backdoorSuccess else { return [] }
    return [
      headline(
        NumberText.percent(success), "of triggered examples fall to the backdoor",
        "test examples of other classes, with the trigger")
    ]
  }

  private static func payHeadline(_ record: DemoRecord) -> Markup {
    let (hostile, honest) = (record.figures.hostile, record.figures.honest)
    let paid = Double(hostile.paidUnits) + Double(honest.paidUnits)
    let members = Double(hostile.members + honest.members)
    return headline(
      NumberText.share(Double(hostile.paidUnits), of: paid), "of contributors’ pay went to hostile ones",
      "who are \(NumberText.share(Double(hostile.members), of: members)) of all contributors")
  }

  private static func trafficHeadline(_ record: DemoRecord) -> Markup {
    let figures = record.figures
    return headline(
      NumberText.factor(figures.denseBytesUp, over: figures.bytesUp), "fewer bytes up than dense Float32",
      "\(NumberText.bytes(figures.bytesUp)) in place of \(NumberText.bytes(figures.denseBytesUp))")
  }

  /// One of the figures that matter most: the figure, what it means, what to hold it against.
  static func headline(_ figure: String, _ meaning: String, _ context: String) -> Markup {
    Markup.element(
      "div", ["class": "headline"],
      [
        Markup.element("dt", meaning),
        Markup.element("dd", ["class": "figure"], figure),
        Markup.element("dd", ["class": "context"], context),
      ])
  }

  /// How to repeat the run, and what it left.
  static func footer(_ record: DemoRecord) -> Markup {
    let figures = record.figures
    let virtualTime = NumberText.duration(seconds: figures.virtualSeconds)
    let wallTime = NumberText.duration(seconds: record.wallSeconds)
    let records = NumberText.count(record.run.logRecords)
    var lines = [
      Markup.element(
        "p", ["class": "meta"],
        "Seed \(record.summary.seed). \(virtualTime) of virtual time and \(records) log records; "
          + "the whole demo took \(wallTime).")
    ]
    if !record.auditedRoot.isEmpty {
      lines.append(
        Markup.element(
          "p", ["class": "meta"],
          [
            Markup.text("A replay of the whole log reached the root "),
            Markup.element("code", record.auditedRoot),
          ]))
    }
    return Markup.element("footer", [:], lines)
  }
}
