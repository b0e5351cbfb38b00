import EnginesTestKit
import Foundation
import Glibc

/// A running `CrashWriter`, and the pipe that its acknowledgements come through.
final class CrashWriterProcess {
  private typealias Failure = ChildProcess.Failure

  private var process: ChildProcess?
  private let output: CInt
  private var pending: [UInt8] = []

  /// Starts the program that was built beside this test.
  init(folder: String, firstStep: Int) throws {
    let process = try ChildProcess(
      [try Self.programPath(), folder, String(firstStep)], capturing: STDOUT_FILENO)
    output = process.output
    self.process = consume process
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
    process.take()?.kill() ?? 0
  }

  private static func programPath() throws -> String {
    let path = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    guard let slash = path.lastIndex(of: "/") else { throw Failure(description: "no folder in \(path)") }
    return path[...slash] + "CrashWriter"
  }
}
