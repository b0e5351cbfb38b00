import Learning
import Testing

@testable import Trainers

@Suite(.timeLimit(.minutes(5))) struct TrainerCheckTests {
  private let workshop: Workshop

  init() throws { workshop = try Workshop() }

  private func check(_ way: String) async throws -> TrainerCheck.Report {
    try await TrainerCheck.run(workshop.command(way)) { _ in }
  }

  @Test func aGoodTrainerIsFine() async throws {
    let report = try await check("good")
    #expect(report.findings.allSatisfy { $0.verdict == .passed }, "\(report.findings)")
    #expect(
      Set(report.findings.map(\.subject)) == [
        "describe", "initialize", "evaluate", "gradient", "groups", "train",
      ])
    #expect(report.costs.map(\.call) == ["describe", "initialize", "evaluate", "gradient", "train"])
    #expect(report.costs.allSatisfy { $0.medianSeconds > 0 && $0.peakMemoryBytes > 1 << 20 })
    #expect(report.isFine && report.name == "linear")
  }

  @Test(arguments: [
    ("random-start", "initialize", "with one seed differ"), ("noisy", "evaluate", "differ: loss"),
    ("wrong-sign", "gradient", "not the slope"), ("wrong-scale", "gradient", "not the slope"),
    ("wrong-tensor", "gradient", "wrong in \"bias\""), ("wrong-groups", "groups", "off the gradient"),
    ("unwritten", "gradient", "4 of 8 values unwritten"),
    ("frozen", "train", "leave the weights as they were"),
    ("die", "evaluate", "exit code 7"), ("print", "evaluate", "standard output"),
    ("nan", "initialize", "as inf"), ("chatty", "start", "\"loading data\""),
  ])
  func aFaultIsFound(_ way: String, _ subject: String, _ part: String) async throws {
    let report = try await check(way)
    let failed = report.findings.filter { $0.verdict == .failed }
    #expect(failed.contains { $0.subject == subject && $0.text.contains(part) }, "\(report.findings)")
    #expect(failed.allSatisfy { !$0.remedy.isEmpty } && !report.isFine)
  }

  @Test func whatTellsAWrongGradientApartIsSaid() async throws {
    let sign = try await check("wrong-sign").findings.first { $0.verdict == .failed }
    #expect(sign?.remedy.contains("not the step against it") == true)
    let scale = try await check("wrong-scale").findings.first {
      $0.verdict == .failed && $0.subject == "gradient"
    }
    #expect(scale?.remedy.contains("the mean over the examples") == true)
  }

  @Test(arguments: [("seedless", "two seeds"), ("leaky", "end apart")])
  func aNoteIsNoFailure(_ way: String, _ part: String) async throws {
    let report = try await check(way)
    #expect(report.isFine, "\(report.findings)")
    #expect(report.findings.contains { $0.verdict == .noted && $0.text.contains(part) }, "\(report.findings)")
  }

  @Test func allFaultsAreFoundAtOnce() async throws {
    let report = try await check("die")
    let passed = Set(report.findings.filter { $0.verdict == .passed }.map(\.subject))
    #expect(passed.isSuperset(of: ["describe", "initialize", "groups", "train"]), "\(report.findings)")
  }
}
