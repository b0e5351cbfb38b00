import Testing

@testable import Simulation

struct SimulationReportTests {
  private func record(seed: UInt64) -> SimulationRecord {
    let demo = SampleRecord.make(seed: seed)
    let cost = SimulationRecord.Cost(
      clientRounds: 1_234, clientRoundsPerSecond: 321.5, wallSeconds: 3.8, setupSeconds: 0.2, threads: 2,
      coreSeconds: 6, trainingCoreSeconds: 1.5, trainingShare: 0.25, bytesPerContributor: 12_345,
      peakBytes: 1 << 30)
    return SimulationRecord(summary: demo.summary, run: demo.run, cost: cost)
  }

  private func check(_ html: String) -> MarkupChecker {
    let page = MarkupChecker(html)
    #expect(page.faults.isEmpty, "\(page.faults.prefix(5))")
    #expect(page.coordinateFaults.isEmpty, "\(page.coordinateFaults.prefix(5))")
    return page
  }

  @Test func thePageIsWholeAndTheSameEveryTime() {
    let record = record(seed: 3)
    let html = SimulationReport.html(record)
    #expect(SimulationReport.html(record) == html)
    // Six plots, each for two columns.
    #expect(check(html).elements.filter { $0.name == "svg" }.count == 12)
    for figure in ["1,234", "322", "25.0%", "12.3 kB", "1.07 GB", "Loss over virtual time", "Staleness"] {
      #expect(html.contains(figure), "\(figure)")
    }
  }

  @Test func comparedRunsHaveACurveEach() {
    let runs = (1...7).map { (name: "run <\($0)>", record: record(seed: $0)) }
    let page = check(SimulationComparison.html(runs))
    let plots = page.elements.filter { $0.name == "svg" }
    #expect(plots.count == 6)
    let curves = page.elements.filter { $0.attributes["class"]?.hasPrefix("curve ") == true }
    #expect(curves.count == 6 * runs.count)
  }

  @Test func neighboursInCreditShareABarWhereThereAreThousands() {
    let few = record(seed: 2)
    var run = few.run
    run.contributors = (0..<20_000).map { number in
      var contributor = few.run.contributors[number % few.run.contributors.count]
      contributor.creditNats = Double(number)
      return contributor
    }
    let html = SimulationReport.html(SimulationRecord(summary: few.summary, run: run, cost: few.cost))
    #expect(html.utf8.count < SimulationReport.html(few).utf8.count + 500_000)
    let boxes = check(html).elements.compactMap { $0.attributes["d"] }.map { $0.count { $0 == "Z" } }
    // Bars, or the marks of one group or of several with one style.
    #expect((1...(800 * 3)).contains(boxes.max() ?? 0))
  }

  @Test func anEmptyRunHasAPage() {
    let empty = SimulationRecord(
      summary: record(seed: 1).summary, run: RunRecord(name: "simulation"), cost: record(seed: 1).cost)
    #expect(check(SimulationReport.html(empty)).elements.contains { $0.name == "main" })
  }
}
