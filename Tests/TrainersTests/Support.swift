import CLinux
import EnginesTestKit
import Foundation
import Learning
import Numerics
import Testing

@testable import Trainers

/// A folder with the trainer of the fixtures, which goes wrong as it is told to.
final class Workshop: Sendable {
  let path: String
  private static let python = access("/usr/bin/python3", X_OK) == 0 ? "/usr/bin/python3" : "python3"

  init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("tributary-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.resolvingSymlinksInPath().path
    let script = try #require(Bundle.module.url(forResource: "Fixtures/trainer", withExtension: "py"))
    try FileManager.default.copyItem(at: script, to: url.appendingPathComponent("trainer.py"))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func command(_ way: String, _ change: (inout TrainerLimits) -> Void = { _ in }) -> TrainerCommand {
    var limits = TrainerLimits()
    change(&limits)
    return TrainerCommand([Self.python, "trainer.py", way], folder: path, limits: limits)
  }

  func start(
    _ way: String, _ reports: Reports = Reports(), _ change: (inout TrainerLimits) -> Void = { _ in }
  ) async throws -> ProcessTrainer {
    try await ProcessTrainer.start(command(way, change), expecting: nil, report: reports.add)
  }

  /// Writes a program.
  func write(_ name: String, _ text: String, permissions: Int = 0o755) throws {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(name)"))
    try FileManager.default.setAttributes([.posixPermissions: permissions], ofItemAtPath: "\(path)/\(name)")
  }
}

/// What a trainer's thread reported.
final class Reports: Sendable {
  let texts: AsyncStream<String>
  private let continuation: AsyncStream<String>.Continuation

  init() { (texts, continuation) = AsyncStream.makeStream(of: String.self) }

  @Sendable func add(_ text: String) { continuation.yield(text) }

  /// Waits for a report with a text in it.
  func wait(for part: String) async throws -> String {
    for await text in texts where text.contains(part) { return text }
    throw CancellationError()
  }
}

/// A process that is watched from outside, whoever started it.
struct WatchedProcess {
  private let end: Descriptor

  init(_ process: pid_t) throws {
    end = try Descriptor(clinux_process_descriptor(process), from: "pidfd_open")
  }

  /// Returns once it has ended; false if that takes more than a minute, which only a process does that
  /// nobody ends.
  func hasEnded() -> Bool {
    var entry = pollfd(fd: end.number, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 60_000) == 1
  }
}

/// The reason that a call failed for.
func failure(_ call: () async throws -> some Any) async throws -> String {
  do {
    _ = try await call()
  } catch let error as LearningError {
    guard case .trainerFailed(let reason) = error else { throw error }
    return reason
  }
  Issue.record("nothing failed")
  return ""
}
