import EnginesTestKit
import Foundation
import Glibc
import Learning
import Numerics
import Testing

@testable import Trainers

/// Cancelling, stopping and dying leave nothing behind.
@Suite(.timeLimit(.minutes(5))) struct EndTests {
  private let workshop: Workshop
  private static let weights = [Float](repeating: 0.1, count: 8)

  init() throws { workshop = try Workshop() }

  @Test func aCancelledCallEndsAtOnceAndTheNextOneStartsAnew() async throws {
    let reports = Reports()
    let trainer = try await workshop.start("hang-once", reports)
    let call = Task { try await trainer.evaluate(Self.weights) }
    _ = try await reports.wait(for: "step 0 of 1")
    // One that waits for its turn ends as well, and is never begun.
    let queued = Task { try await trainer.gradient(Self.weights) }
    queued.cancel()
    await #expect(throws: LearningError.cancelled) { try await queued.value }
    call.cancel()
    await #expect(throws: LearningError.cancelled) { try await call.value }
    #expect(try await trainer.evaluate(Self.weights).examples == 24)
    await trainer.stop()
  }

  @Test func aStartCanBeCancelled() async throws {
    let command = workshop.command("mute")
    let start = Task { try await ProcessTrainer.start(command, expecting: nil) { _ in } }
    start.cancel()
    await #expect(throws: LearningError.cancelled) { try await start.value }
  }

  @Test func stoppingBreaksOffWhatIsUnderWay() async throws {
    let reports = Reports()
    let trainer = try await workshop.start("hang", reports)
    let call = Task { try await trainer.evaluate(Self.weights) }
    _ = try await reports.wait(for: "step 0 of 1")
    let queued = Task { try await trainer.gradient(Self.weights) }
    await trainer.stop()
    #expect(try await failure { try await call.value } == "it was stopped")
    #expect(try await failure { try await queued.value } == "it was stopped")
    #expect(try await failure { try await trainer.evaluate(Self.weights) } == "it was stopped")
    await trainer.stop()
  }

  private func family(_ name: String) throws -> [WatchedProcess] {
    try name.split(separator: " ").map { try WatchedProcess(try #require(pid_t($0))) }
  }

  @Test func stoppingEndsTheWholeGroup() async throws {
    let trainer = try await workshop.start("family")
    let family = try family(trainer.name)
    await trainer.stop()
    #expect(family.count == 2 && family.allSatisfy { $0.hasEnded() })
  }

  @Test func oneThatIgnoresTheEndIsKilled() async throws {
    let trainer = try await workshop.start("stubborn")
    let family = try family(trainer.name)
    await trainer.stop()
    #expect(family.count == 2 && family.allSatisfy { $0.hasEnded() })
  }

  @Test func aTrainerThatNobodyHoldsIsEnded() async throws {
    var trainer: ProcessTrainer? = try await workshop.start("family")
    let family = try family(try #require(trainer?.name))
    trainer = nil
    #expect(family.allSatisfy { $0.hasEnded() })
  }

  /// The agent is killed as by a power cut or the kernel's out-of-memory killer: it can do nothing any more.
  @Test func aTrainerDiesWithItsAgent() async throws {
    let command = workshop.command("family")
    let host = try ChildProcess(
      [try Self.hostPath(), "hold", workshop.path] + command.arguments, capturing: STDOUT_FILENO)
    let output = host.output
    defer { close(output) }
    let family = try family(try Self.line(from: output))
    let signal = host.kill()
    #expect(signal == SIGKILL)
    #expect(family.count == 2 && family.allSatisfy { $0.hasEnded() })
  }

  /// In a process of its own, since other tests open descriptors and start processes as well.
  @Test func manyLivesLeaveNoDescriptorAndNoProcess() async throws {
    let command = workshop.command("lazy")
    let host = try ChildProcess(
      [try Self.hostPath(), "count", workshop.path] + command.arguments, capturing: STDOUT_FILENO)
    let output = host.output
    defer { close(output) }
    let counts = try Self.line(from: output).split(separator: " ").map { Int($0) ?? -1 }
    host.kill()
    // Descriptors before and after, and processes left. A thread that has just ended may still hold its pipe.
    #expect(counts.count == 3 && counts[1] <= counts[0] + 4 && counts[2] == 0, "\(counts)")
  }

  private static func line(from output: CInt) throws -> String {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while true {
      let count = read(output, &byte, 1)
      if count < 0, errno == EINTR { continue }
      if count <= 0 || byte == UInt8(ascii: "\n") { break }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func hostPath() throws -> String {
    let path = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return URL(fileURLWithPath: path).deletingLastPathComponent().path + "/TrainerHost"
  }
}
