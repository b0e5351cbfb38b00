import Numerics
import Testing

@testable import Simulation

@Suite("Demo record") struct DemoRecordTests {
  private func contributor(
    _ name: String, _ group: String, honest: Bool, updates: Int, rejections: [String: Int] = [:],
    credit: Double = 0, paid: UInt64 = 0
  ) -> RunRecord.Contributor {
    var contributor = RunRecord.Contributor(
      name: name, group: group, isHonest: honest, examples: 1, slowness: 1)
    contributor.updates = updates
    contributor.rejections = rejections
    contributor.merged = updates - rejections.values.reduce(0, +)
    contributor.creditNats = credit
    contributor.paidUnits = paid
    contributor.bytesUp = 10 * updates
    contributor.denseBytesUp = 300 * updates
    return contributor
  }

  private var run: RunRecord {
    var run = RunRecord(name: "tributary")
    run.groups = [
      .init(name: "honest", isHonest: true), .init(name: "noise", isHonest: false),
      .init(name: "none", isHonest: false),
    ]
    run.contributors = [
      contributor("a", "honest", honest: true, updates: 4, rejections: ["stale": 1], credit: 0.5, paid: 100),
      contributor("b", "honest", honest: true, updates: 2, credit: 0.25, paid: 51),
      contributor(
        "c", "noise", honest: false, updates: 3, rejections: ["replay": 1, "stale": 2], credit: -0.5),
      contributor("d", "unlisted", honest: false, updates: 1, credit: 0.125, paid: 1),
    ]
    for (name, group, reason, measured) in [
      ("a", "honest", "stale", 19), ("c", "noise", "replay", nil), ("c", "noise", "stale", 17),
      ("c", "noise", "stale", 18),
    ] as [(String, String, String, Double?)] {
      run.rejections.append(
        .init(
          window: 1, contributor: name, group: group, reason: reason, measured: measured,
          limit: measured.map { _ in 16 }, unit: measured == nil ? "" : "versions",
          explanation: "It is \(reason), \(measured ?? 0)."))
    }
    return run
  }

  @Test("figures are what they are by hand")
  func figures() {
    let figures = DemoFigures(run: run, cleanRun: nil, averagingRun: nil)
    #expect(figures.groups.map(\.name) == ["honest", "noise", "none", "unlisted"])
    let honest = figures.groups[0]
    #expect((honest.members, honest.updates, honest.merged, honest.rejected) == (2, 6, 5, 1))
    #expect((honest.creditNats, honest.creditNatsPerHead) == (0.75, 0.375))
    #expect((honest.paidUnits, honest.paidUnitsPerHead) == (151, 75.5))
    #expect((figures.groups[2].members, figures.groups[2].creditNatsPerHead) == (0, 0))
    #expect((figures.hostile.members, figures.hostile.updates, figures.hostile.rejected) == (2, 4, 3))
    #expect(figures.hostile.creditNats == -0.375)
    #expect((figures.bytesUp, figures.denseBytesUp) == (100, 3_000))
    #expect(figures.reasons.map(\.name) == ["stale", "replay"])
    #expect(figures.reasons[0].updates == 3 && figures.reasons[0].honestUpdates == 1)
    #expect(
      figures.reasons[0].groups == [.init(group: "noise", updates: 2), .init(group: "honest", updates: 1)])
    #expect(figures.reasons[0].explanation == "It is stale, 18.0.", "the receipt in the middle")
    #expect((figures.reasons[0].measured, figures.reasons[0].limit) == (18, 16))
    #expect(figures.reasons[0].unit == "versions" && figures.reasons[1].unit.isEmpty)
    #expect(figures.reasons[1].measured == nil && figures.reasons[1].limit == nil)
    #expect(figures.cleanAccuracy == nil && figures.loss == nil && figures.versions == 0)
  }

  @Test("the JSON is read back, numbers that are not finite included")
  func json() throws {
    var odd = run
    odd.contributors[0].creditNats = .nan
    odd.contributors[1].creditNats = -.infinity
    let record = DemoRecord(
      summary: DemoRecord.Summary(Scenario(), title: "t", parameters: 5), run: odd, cleanRun: run,
      auditedRoot: "ab")
    let data = try record.json()
    let again = try DemoRecord(json: data)
    #expect(try again.json() == data)
    #expect(again.run.contributors[0].creditNats.isNaN)
    #expect(again.run.contributors[1].creditNats == -.infinity)
    #expect(Report.html(again) == Report.html(record))
    #expect(again.averagingRun == nil && again.cleanRun?.contributors.count == 4)
  }

  @Test("a summary tells what the scenario says")
  func summary() {
    let summary = DemoRecord.Summary(Scenario(), title: "t", parameters: 2_410)
    #expect((summary.contributors, summary.hostile, summary.windowSize) == (100, 20, 32))
    #expect(summary.data == "UCI optical digits" && summary.partition == "Dirichlet(0.3) over classes")
  }
}
