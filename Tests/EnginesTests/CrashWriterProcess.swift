import EnginesTestKit
import Foundation
import Glibc

/// A running `CrashWriter`, and the pipe that its acknowledgements come through.
final class CrashWriterProcess {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private let process: pid_t
  private let output: CInt
  private var pending: [UInt8] = []

  /// Starts the program that was built beside this test.
  init(folder: String, firstStep: Int) throws {
    var ends: [CInt] = [0, 0]
    guard pipe(&ends) == 0 else { throw Failure(description: "pipe: error \(errno)") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[1]) }
    output = ends[0]
    process = try Self.spawn(
      [try Self.programPath(), folder, String(firstStep)], standardOutput: ends[1])
  }

  deinit { close(output) }

  /// The next acknowledgement; nil once the process has ended and everything is read.
  func next() throws -> CrashAcknowledgement? {
    while true {
      if let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: pending[..<end], as: UTF8.self)
        pending.removeSubrange(...end)
        guard let acknowledgement = CrashAcknowledgement(line: line) else {
          throw Failure(description: "the writer said: \(line)")
        }
        return acknowledgement
      }
      var buffer = [UInt8](repeating: 0, count: 4_096)
      let count = read(output, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Failure(description: "read: error \(errno)") }
      if count == 0 { return nil }
      pending += buffer[..<count]
    }
  }

  /// Kills the process as a power cut would, and waits until it is gone.
  ///
  /// - Returns: the signal that ended it, or 0 if it ended by itself.
  func kill() -> CInt {
    Glibc.kill(process, SIGKILL)
    var status: CInt = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status & 0x7f
  }

  private static func programPath() throws -> String {
    let path = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    guard let slash = path.lastIndex(of: "/") else { throw Failure(description: "no folder in \(path)") }
    return path[...slash] + "CrashWriter"
  }

  // Test threads block most signals, and a child inherits that: it starts with no signal blocked instead, so
  // that its alarm reaches it.
  private static func spawn(_ arguments: [String], standardOutput: CInt) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, standardOutput, STDOUT_FILENO)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var words = arguments.map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let status = posix_spawn(&process, arguments[0], &actions, &attributes, words, environ)
    guard status == 0 else { throw Failure(description: "posix_spawn \(arguments[0]): error \(status)") }
    return process
  }
}
