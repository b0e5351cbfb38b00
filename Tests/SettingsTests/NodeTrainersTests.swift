import Learning
import Ledger
import Testing
import Trainers

@testable import Settings

@Suite(.timeLimit(.minutes(2))) struct NodeTrainersTests {
  private func task(_ fields: String) async throws -> TaskSpecification {
    try await PreparedTask.read(json5: Array("{ \(fields) }".utf8), name: "task", report: { _ in })
      .specification
  }

  private func refusal(_ trainers: NodeTrainers, _ task: TaskSpecification) -> String {
    let error = #expect(throws: LearningError.self) { try trainers.trainer(for: task) }
    guard case .invalidSpecification(_, let reason)? = error else { return "\(String(describing: error))" }
    return reason
  }

  @Test func aNodeServesTheKindOfTaskThatItIsSetUpFor() async throws {
    let fixture = try TrainerFixture()
    defer { fixture.remove() }
    let (process, native) = (try await task(fixture.field()), try await task("model: 'softmax(64,10)'"))
    try await NodeTrainers.with(DataSettings(), fixture.settings(), report: { _ in }) { trainers in
      let weights = try await trainers.trainer(for: process).initialWeights(seed: 1)
      #expect(try await trainers.trainer(for: process).evaluate(weights).examples == 24)
      let groups = try trainers.groups(for: process)
      #expect(groups.count == 3)
      #expect(try await groups[0].gradient(weights).examples == 4)
      #expect(refusal(trainers, native).contains("name your examples in 'data'"))
    }
    try await NodeTrainers.with(DataSettings(), nil, report: { _ in }) { trainers in
      let (whole, groups) = (try trainers.trainer(for: native), try trainers.groups(for: native))
      #expect(whole is NativeTrainer && groups.count == 10)
      #expect(refusal(trainers, process).contains("name your command in 'trainer'"))
    }
  }

  @Test func aProcessWithOtherTensorsIsRefused() async throws {
    let fixture = try TrainerFixture()
    defer { fixture.remove() }
    let process = try await task(fixture.field())
    try await NodeTrainers.with(DataSettings(), fixture.settings("other"), report: { _ in }) { trainers in
      let reason = refusal(trainers, process)
      #expect(reason.contains("tensors of the command") && reason.contains("offset"), "\(reason)")
    }
  }

  @Test func aFolderWithOtherFilesIsRefused() async throws {
    let fixture = try TrainerFixture()
    defer { fixture.remove() }
    try fixture.write([1, 2, 3], to: "words.txt")
    let process = try await task(fixture.field(files: "'words.txt', 'trainer.py'"))
    try await NodeTrainers.with(DataSettings(), fixture.settings(), report: { _ in }) { trainers in
      _ = try trainers.trainer(for: process)
      try fixture.write([1, 2, 4], to: "words.txt")
      let reason = refusal(trainers, process)
      #expect(reason.contains("words.txt is not the file that the task's author signed"), "\(reason)")
      #expect(!reason.contains("trainer.py"))
      try fixture.write([1, 2, 3], to: "words.txt")
      _ = try trainers.trainer(for: process)
    }
  }

  @Test func aCommandThatDoesNotStartIsToldAtOnce() async throws {
    var settings = TrainerSettings()
    settings.command.arguments = ["/no/such/program"]
    await #expect(throws: LearningError.self) {
      try await NodeTrainers.with(DataSettings(), settings, report: { _ in }) { _ in }
    }
  }
}
