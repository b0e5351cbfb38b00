import Learning
import Numerics
import Testing

@testable import Simulation

@Suite("Report") struct ReportTests {
  private func check(_ record: DemoRecord, _ note: String = "") -> MarkupChecker {
    let page = MarkupChecker(Report.html(record))
    #expect(page.faults.isEmpty, "\(note): \(page.faults.prefix(5))")
    #expect(page.coordinateFaults.isEmpty, "\(note): \(page.coordinateFaults.prefix(5))")
    return page
  }

  @Test("the checker finds what it is there to find")
  func checker() {
    let start = "<!DOCTYPE html>\n"
    #expect(MarkupChecker(start + "<p><b>x</p></b>").faults.count == 2)
    #expect(!MarkupChecker(start + "<p>a & b</p>").faults.isEmpty)
    #expect(!MarkupChecker(start + "<p class=x>a</p>").faults.isEmpty)
    #expect(!MarkupChecker(start + "<p>").faults.isEmpty)
    #expect(MarkupChecker(start + "<path d=\"M1 nan\"/>").coordinateFaults.count == 1)
    #expect(MarkupChecker(start + "<rect x=\"inf\" width=\"-1\"/>").coordinateFaults.count == 2)
    #expect(MarkupChecker(start + "<p id=\"a\">1 &lt; 2</p>").faults.isEmpty)
  }

  @Test("the page is well formed, whole, and the same every time")
  func wellFormed() {
    let record = SampleRecord.make()
    let page = check(record)
    #expect(Report.html(record) == Report.html(record))
    // Five plots, each for two columns; nothing from elsewhere.
    #expect(page.elements.filter { $0.name == "svg" }.count == 10)
    let forbidden: Set<String> = ["script", "link", "img", "iframe", "object", "foreignObject"]
    #expect(page.elements.allSatisfy { !forbidden.contains($0.name) })
    #expect(page.elements.allSatisfy { $0.attributes["href"] == nil && $0.attributes["src"] == nil })
    #expect(!Report.html(record).contains("url("))
    #expect(page.elements.filter { $0.name == "svg" }.allSatisfy { $0.attributes["role"] == "img" })
  }

  @Test(
    "hostile strings are shown, not obeyed",
    arguments: [
      "</title><script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "a&b<c>'d\"",
      "\u{0}\u{1B}[31m\u{202E}",
      "]]>--><!--",
    ])
  func hostileStrings(text: String) {
    var scenario = Scenario()
    scenario.data.source = .csv(path: text, label: .named(text))
    var record = SampleRecord.make(scenario: scenario)
    var run = record.run
    run.groups[0].name = text
    for index in run.contributors.indices where run.contributors[index].group == "honest" {
      run.contributors[index].group = text
      run.contributors[index].name = text
      run.contributors[index].rejections = [text: 2]
    }
    for index in run.rejections.indices {
      (run.rejections[index].reason, run.rejections[index].explanation) = (text, text)
    }
    run.matrices[3].groups = run.matrices[3].groups.map { _ in text }
    run.matrices[3].validators = run.matrices[3].validators.map { _ in text }
    for row in 0..<4 { run.matrices[3].rows[row][0].rejection = text }
    run.flows.append(.init(recipient: text, units: 5))
    var summary = record.summary
    summary.title = text
    record = DemoRecord(summary: summary, run: run, auditedRoot: text)
    let page = check(record, text.debugDescription)
    #expect(page.elements.allSatisfy { $0.name != "script" && $0.name != "img" })
    #expect(!Report.html(record).unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    let isPlain = !text.unicodeScalars.contains { $0.value < 0x20 }
    if isPlain { #expect(page.texts.contains(text), "the title is shown as it is") }
  }

  @Test("the figures on the page are those of the record")
  func figures() throws {
    let record = SampleRecord.make()
    let texts = check(record).texts
    let run = record.run
    func expectText(_ text: String) { #expect(texts.contains { $0.contains(text) }, "\(text) is missing") }
    expectText(NumberText.percent(run.finalAccuracy))
    expectText(NumberText.percent(try #require(record.averagingRun).finalAccuracy))
    let hostile = run.contributors.filter { !$0.isHonest }
    let rejected = hostile.reduce(0) { $0 + $1.rejections.values.reduce(0, +) }
    expectText("\(rejected) of \(hostile.reduce(0) { $0 + $1.updates })")
    for group in run.groups {
      let paid = run.contributors.filter { $0.group == group.name }.reduce(0) { $0 + $1.paidUnits }
      #expect(texts.contains(NumberText.count(paid)), "pay of \(group.name)")
      let credit = run.contributors.filter { $0.group == group.name }.reduce(0) { $0 + $1.creditNats }
      #expect(texts.contains(NumberText.nats(credit)), "credit of \(group.name)")
    }
    for reason in Set(run.rejections.map(\.reason)) {
      let count = run.rejections.filter { $0.reason == reason }.count
      #expect(texts.contains(reason) && texts.contains("\(count)"))
    }
    expectText(NumberText.bytes(run.bytesDown))
    expectText(record.auditedRoot)
  }

  @Test("the matrix shown is the last with the most rejections, and all of its rejected cells are marked")
  func matrix() {
    var run = SampleRecord.make().run
    func reject(_ matrix: Int, _ cells: Int) {
      for row in run.matrices[matrix].rows.indices {
        for column in run.matrices[matrix].rows[row].indices {
          run.matrices[matrix].rows[row][column].rejection = column < cells ? "replay" : nil
        }
      }
    }
    for (matrix, cells) in [3, 9, 9, 2].enumerated() { reject(matrix, cells) }
    let record = DemoRecord(summary: SampleRecord.make().summary, run: run)
    let page = check(record)
    #expect(
      page.texts.contains {
        $0.hasPrefix("Window \(run.matrices[2].window): 4 validators by 24 updates; 36 cells")
      })
    #expect(
      page.elements.filter { $0.name == "rect" && $0.attributes["class"] == "rejected" }.count == 2 * 36)
    #expect(
      page.elements.filter { $0.name == "rect" && $0.attributes["class"] == "trust" }.count == 2 * (96 - 36))
  }

  @Test("the backdoor has a headline only where somebody plants one")
  func backdoorHeadline() throws {
    let meaning = "of triggered examples fall to the backdoor"
    var record = SampleRecord.make()
    #expect(!check(record).texts.contains(meaning))
    #expect(record.figures.backdoorSuccess == nil)
    var run = record.run
    run.groups.append(.init(name: "backdoor", isHonest: false))
    run.versions[run.versions.count - 1].backdoorSuccess = 0.125
    record = DemoRecord(summary: record.summary, run: run)
    #expect(record.figures.backdoorSuccess == 0.125)
    let texts = check(record).texts
    #expect(texts.contains(meaning) && texts.contains(NumberText.percent(0.125)))
  }

  @Test("the heights of the curves are those of the accuracies")
  func curveHeights() throws {
    var run = RunRecord(name: "tributary")
    run.versions = [0.0, 0.5, 1.0].enumerated().map { index, accuracy in
      RunRecord.Version(
        number: UInt64(index), seconds: Double(index), loss: 1, accuracy: accuracy, updates: 1, merged: 1,
        meanStaleness: 0, root: "")
    }
    let page = check(DemoRecord(summary: SampleRecord.make().summary, run: run))
    let curves = page.elements.filter { $0.attributes["class"] == "curve honest" }
    let outline = try #require(curves.first?.attributes["d"])
    let numbers = outline.split { "ML ".contains($0) }.compactMap { Double($0) }
    try #require(numbers.count == 6)
    #expect(numbers[3] == (numbers[1] + numbers[5]) / 2 && numbers[2] == (numbers[0] + numbers[4]) / 2)
    #expect(numbers[5] < numbers[1] && numbers[4] > numbers[0])
  }
}
