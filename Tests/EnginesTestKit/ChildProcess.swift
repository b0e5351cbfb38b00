import Glibc

/// A program that a test started, and that it kills as a power cut would.
public struct ChildProcess: ~Copyable {
  /// Why there is no process.
  public struct Failure: Error, CustomStringConvertible {
    /// What is wrong, and what to do about it.
    public let description: String

    /// Says what is wrong.
    public init(description: String) {
      self.description = description
    }
  }

  private let identifier: pid_t
  private let leadsGroup: Bool
  /// The end of a pipe that what the program writes comes through. Whoever reads it closes it.
  public let output: CInt

  /// Starts a program.
  ///
  /// Test threads block most signals, and a child inherits that: it starts with no signal blocked instead, so
  /// that alarms reach it.
  ///
  /// - Parameters:
  ///   - arguments: the program's path, and what follows it.
  ///   - captured: the descriptor that the program writes to, such as `STDOUT_FILENO`.
  ///   - leadsGroup: whether it is killed together with the processes that it starts.
  public init(_ arguments: [String], capturing captured: CInt, leadsGroup: Bool = false) throws {
    var ends: [CInt] = [0, 0]
    guard pipe(&ends) == 0 else { throw Failure(description: "pipe: error \(errno)") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    defer { close(ends[1]) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], captured)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var noSignals = sigset_t()
    sigemptyset(&noSignals)
    posix_spawnattr_setsigmask(&attributes, &noSignals)
    posix_spawnattr_setpgroup(&attributes, 0)
    let flags = Int16(POSIX_SPAWN_SETSIGMASK) | (leadsGroup ? Int16(POSIX_SPAWN_SETPGROUP) : 0)
    posix_spawnattr_setflags(&attributes, flags)
    var words = arguments.map { strdup($0) }
    words.append(nil)
    defer { for word in words { free(word) } }
    var process: pid_t = 0
    let status = posix_spawn(&process, arguments[0], &actions, &attributes, words, environ)
    guard status == 0 else {
      close(ends[0])
      throw Failure(description: "posix_spawn \(arguments[0]): error \(status)")
    }
    (identifier, output, self.leadsGroup) = (process, ends[0], leadsGroup)
  }

  /// Kills the process, and waits until it is gone.
  ///
  /// - Returns: the signal that ended it, or 0 if it had ended by itself.
  @discardableResult
  public consuming func kill() -> CInt {
    Glibc.kill(leadsGroup ? -identifier : identifier, SIGKILL)
    var status: CInt = 0
    while waitpid(identifier, &status, 0) < 0, errno == EINTR {}
    return status & 0x7f
  }
}
