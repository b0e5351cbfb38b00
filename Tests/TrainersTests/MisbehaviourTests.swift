import EnginesTestKit
import Foundation
import Glibc
import Learning
import Numerics
import Testing

@testable import Trainers

/// Every way of going wrong is reported, ends the process, and is followed by a new one.
@Suite(.timeLimit(.minutes(5))) struct MisbehaviourTests {
  private let workshop: Workshop
  private static let weights = [Float](repeating: 0.1, count: 8)

  init() throws { workshop = try Workshop() }

  private func check(
    _ way: String, _ parts: [String], _ change: (inout TrainerLimits) -> Void = { _ in }
  ) async throws {
    let trainer = try await workshop.start(way, Reports(), change)
    let reason = try await failure { try await trainer.evaluate(Self.weights) }
    for part in parts { #expect(reason.contains(part), "\(way): \(reason)") }
    // The next call finds a new process.
    #expect(try await trainer.initialWeights(seed: 3).count == 8)
    await trainer.stop()
  }

  @Test(arguments: [
    ("print", ["standard output", "\"epoch 1 loss 0.5\"", "print to standard error"]),
    ("die", ["it ended with exit code 7 during 'evaluate'", "  | a bad\u{FFFD} thing happened"]),
    ("crash", ["signal 11"]), ("close", ["closed its standard input or output during 'evaluate'"]),
    ("shrink", ["exit code 1", "the size is sealed"]),
    ("early", ["id is 3; it must"]), ("nothing", ["result.examples is missing"]),
    ("both", ["one of"]), ("surplus", ["did you mean 'result.metrics'"]),
    ("nan-loss", ["result.loss is nan"]),
    ("garbage", ["another form"]), ("endless", ["4294967295 bytes"]),
  ])
  func isReported(_ way: String, _ parts: [String]) async throws {
    try await check(way, parts + ["\n  | call evaluate"])
  }

  /// It answers the call that it has read; then nothing could be asked of it.
  @Test func oneThatStopsReadingIsReported() async throws {
    let reports = Reports()
    let trainer = try await workshop.start("deaf", reports)
    _ = try await trainer.evaluate(Self.weights)
    let report = try await reports.wait(for: "the trainer failed")
    #expect(report.contains("closed its standard input or output between two calls"), "\(report)")
    await trainer.stop()
  }

  /// A process that left the group holds the streams open, and fills the log.
  @Test func theDeathOfOneWhoseChildrenLiveOnIsSeen() async throws {
    try await check("orphan", ["exit code 4", "\n  | "])
  }

  @Test func oneThatHangsExceedsItsTime() async throws {
    try await check("hang", ["'evaluate' within the limit of 0.2 seconds"]) { $0.judgeSeconds = 0.2 }
  }

  @Test func oneThatHoardsExceedsItsMemory() async throws {
    try await check("hoard", ["during 'evaluate', more than the limit of 128 MiB"]) {
      $0.memoryBytes = 128 << 20
    }
  }

  @Test func oneThatNeverDescribesItselfIsNotWaitedFor() async throws {
    let reason = try await failure { try await workshop.start("mute") { $0.startSeconds = 0.2 } }
    #expect(reason.contains("'describe' within the limit of 0.2 seconds"), "\(reason)")
    let chatty = try await failure { try await workshop.start("chatty") }
    #expect(chatty.contains("\"loading data\""), "\(chatty)")
  }

  @Test func valuesThatAreNotFiniteOrNotThereAreNamed() async throws {
    let trainer = try await workshop.start("nan")
    let reason = try await failure { try await trainer.initialWeights(seed: 1) }
    #expect(reason.contains("value 0 of \"weight\" as inf"), "\(reason)")
    let careless = try await workshop.start("unwritten")
    let unwritten = try await failure { try await careless.gradient(Self.weights) }
    #expect(
      unwritten.contains("4 of 8 values unwritten, the first of them value 4 of \"weight\""), "\(unwritten)")
  }

  @Test func whatATrainerRefusesIsNoFault() async throws {
    let reports = Reports()
    let trainer = try await workshop.start("refuse", reports) { $0.restarts = 0 }
    for _ in 0..<4 {
      let reason = try await failure { try await trainer.evaluate(Self.weights) }
      #expect(reason == "no column 'age'\nin data.csv")
    }
    _ = try await trainer.gradient(Self.weights)
    await trainer.stop()
    _ = try await reports.wait(for: "runs as process")
  }

  @Test func failuresInARowAreCounted() async throws {
    let trainer = try await workshop.start("die") { $0.restarts = 2 }
    for _ in 0..<3 {
      let reason = try await failure { try await trainer.evaluate(Self.weights) }
      #expect(reason.contains("exit code 7"))
    }
    let reason = try await failure { try await trainer.evaluate(Self.weights) }
    #expect(reason.contains("3 times in a row") && reason.contains("exit code 7"), "\(reason)")
    let resting = try await failure { try await trainer.initialWeights(seed: 1) }
    #expect(resting.contains("3 times in a row"))
    await trainer.stop()
  }

  @Test func aCallThatIsAnsweredBeginsTheCountAnew() async throws {
    let trainer = try await workshop.start("die") { $0.restarts = 1 }
    for _ in 0..<5 {
      _ = try await failure { try await trainer.evaluate(Self.weights) }
      _ = try await trainer.initialWeights(seed: 1)
    }
    await trainer.stop()
  }

  @Test func afterItsRestATrainerIsTriedAgain() async throws {
    let trainer = try await workshop.start("die") { ($0.restarts, $0.restSeconds) = (0, 0) }
    for _ in 0..<3 {
      let reason = try await failure { try await trainer.evaluate(Self.weights) }
      #expect(reason.contains("exit code 7"))
    }
    await trainer.stop()
  }

  @Test func oneThatEndsAfterEachAnswerServesOn() async throws {
    let reports = Reports()
    let trainer = try await workshop.start("lazy", reports) { $0.restarts = 2 }
    for _ in 0..<6 {
      // The end may be seen before the next call, or by it: then that call fails.
      _ = try? await trainer.gradient(Self.weights)
      let report = try await reports.wait(for: "the trainer failed")
      #expect(report.contains("exit code 5") && report.contains("enough for today"), "\(report)")
    }
    await trainer.stop()
  }

  @Test func anAnswerTooManyIsAFault() async throws {
    let reports = Reports()
    let trainer = try await workshop.start("talkative", reports)
    _ = try? await trainer.gradient(Self.weights)
    let report = try await reports.wait(for: "the trainer failed")
    #expect(report.contains("without being asked") || report.contains("id is"), "\(report)")
    await trainer.stop()
  }

  @Test func aTrainerThatDescribesItselfOtherwiseLaterIsRefused() async throws {
    let trainer = try await workshop.start("moody")
    _ = try await failure { try await trainer.evaluate(Self.weights) }
    let reason = try await failure { try await trainer.initialWeights(seed: 1) }
    #expect(reason.contains("otherwise than in its last life") && reason.contains("\"another\""), "\(reason)")
    await trainer.stop()
  }
}
