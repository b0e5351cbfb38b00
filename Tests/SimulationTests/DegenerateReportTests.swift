import Numerics
import Testing

@testable import Simulation

@Suite("Report of odd records") struct DegenerateReportTests {
  private func check(_ record: DemoRecord, _ note: String) {
    let html = Report.html(record)
    let page = MarkupChecker(html)
    #expect(page.faults.isEmpty, "\(note): \(page.faults.prefix(5))")
    #expect(page.coordinateFaults.isEmpty, "\(note): \(page.coordinateFaults.prefix(5))")
    #expect(
      !page.texts.contains { $0.contains("nan") || $0.contains("inf ") }, "\(note): a number is not finite")
  }

  private let summary = SampleRecord.make().summary

  @Test("nothing at all")
  func empty() {
    let record = DemoRecord(summary: summary, run: RunRecord(name: "tributary"))
    check(record, "empty")
    let texts = MarkupChecker(Report.html(record)).texts
    for sentence in [
      "No version was made.", "No window was judged.", "Nothing was paid.", "Nothing was sent.",
    ] {
      #expect(texts.contains(sentence))
    }
  }

  @Test("one contributor, one version, one cell")
  func single() {
    var run = RunRecord(name: "tributary")
    run.versions = [
      RunRecord.Version(
        number: 0, seconds: 0, loss: 2, accuracy: 0.1, updates: 0, merged: 0, meanStaleness: 0, root: "")
    ]
    run.contributors = [
      RunRecord.Contributor(name: "one", group: "honest", isHonest: true, examples: 1, slowness: 1)
    ]
    run.matrices = [
      RunRecord.Matrix(
        window: 0, validators: ["v"], contributors: ["one"], groups: ["honest"],
        rows: [[RunRecord.Cell(rejection: nil, trust: 1)]])
    ]
    run.flows = [RunRecord.Flow(recipient: "honest", units: 1)]
    check(DemoRecord(summary: summary, run: run), "single")
  }

  @Test("everything rejected")
  func allRejected() {
    var run = SampleRecord.make().run
    for index in run.contributors.indices {
      run.contributors[index].merged = 0
      run.contributors[index].rejections = ["malformed": run.contributors[index].updates]
    }
    for matrix in run.matrices.indices {
      for row in run.matrices[matrix].rows.indices {
        run.matrices[matrix].rows[row] = run.matrices[matrix].rows[row].map { _ in
          RunRecord.Cell(rejection: "malformed", trust: 0)
        }
      }
    }
    run.flows = run.flows.map { RunRecord.Flow(recipient: $0.recipient, units: 0) }
    check(DemoRecord(summary: summary, run: run), "all rejected")
  }

  @Test("ragged matrices: rows that are too short, too long, or without names")
  func ragged() {
    var run = SampleRecord.make().run
    run.matrices = [run.matrices[0]]
    run.matrices[0].rows[0] = []
    run.matrices[0].rows[1] += run.matrices[0].rows[1]
    run.matrices[0].validators = []
    run.matrices[0].contributors = []
    check(DemoRecord(summary: summary, run: run), "ragged")
  }

  @Test("windows of 8,192 updates and 10,000 contributors stay a page")
  func large() {
    var run = SampleRecord.make().run
    let contributor = run.contributors[0]
    run.contributors = (0..<10_000).map { index in
      var copy = contributor
      copy.name = "\(index)"
      return copy
    }
    let cells = (0..<8_192).map { RunRecord.Cell(rejection: $0 % 9 == 0 ? "replay" : nil, trust: 0.5) }
    run.matrices = [
      RunRecord.Matrix(
        window: 1, validators: ["v"], contributors: run.contributors.prefix(8_192).map(\.name),
        groups: cells.map { _ in "honest" }, rows: [cells])
    ]
    let record = DemoRecord(summary: summary, run: run)
    check(record, "large")
    #expect(Report.html(record).utf8.count < 8_000_000)
  }

  @Test("numbers at their worst", arguments: [UInt64(31), 32])
  func badNumbers(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let bad = [
      Double.nan, .infinity, -.infinity, .greatestFiniteMagnitude, -.greatestFiniteMagnitude, -0.0,
      .leastNonzeroMagnitude,
      -1e-9, 1e18,
    ]
    for draw in 0..<12 {
      var run = SampleRecord.make(seed: seed).run
      func pick() -> Double { bad[random.integer(below: bad.count)] }
      for index in run.versions.indices where draw % 2 == 0 || index % 3 == 0 {
        run.versions[index].loss = pick()
        run.versions[index].accuracy = pick()
        run.versions[index].seconds = pick()
      }
      for index in run.contributors.indices where random.integer(below: 2) == 0 {
        run.contributors[index].creditNats = pick()
      }
      for index in run.rejections.indices {
        (run.rejections[index].measured, run.rejections[index].limit) = (pick(), draw % 2 == 0 ? pick() : nil)
      }
      for index in run.matrices[3].rows[0].indices { run.matrices[3].rows[0][index].trust = pick() }
      run.bytesDown = [0, Int.max, 1][draw % 3]
      run.denseBytesDown = [Int.max, 0, 1][draw % 3]
      run.wallSeconds = pick()
      check(DemoRecord(summary: summary, run: run, wallSeconds: pick()), "seed \(seed), draw \(draw)")
    }
  }
}
