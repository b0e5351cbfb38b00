import CLinux
import Glibc

/// A process that leads a group of its own, and everything that is left of the group when this is let go of.
final class ProcessGroup {
  /// The leader's number, and the group's.
  let identifier: pid_t
  /// Can be read from once the leader has ended.
  let end: Descriptor
  private let warden: Warden?
  private var isReaped = false

  /// Starts a program as the leader of a group, with no signal blocked or ignored.
  ///
  /// - Parameters:
  ///   - program: what to start.
  ///   - descriptors: what it finds as 0, 1, 2, ...; it inherits no others.
  ///   - isGuarded: whether a warden kills the group if this process dies.
  init(_ program: Program, descriptors: [CInt], isGuarded: Bool = true) throws(TrainerFault) {
    let leader = try Self.spawn(program, descriptors)
    do throws(TrainerFault) {
      end = try Descriptor(clinux_process_descriptor(leader), from: "pidfd_open")
      warden = isGuarded ? try Warden(of: leader) : nil
      identifier = leader
    } catch {
      kill(-leader, SIGKILL)
      _ = Self.reap(leader)
      throw error
    }
  }

  deinit { _ = finish() }

  /// Kills what is left of the group, waits for the leader, and says how it ended.
  @discardableResult
  func finish() -> String {
    guard !isReaped else { return "an unknown status" }
    isReaped = true
    // The number is the group's until the leader is waited for, whether it lives or not. After that it may be
    // somebody else's, so that the warden has to go before.
    kill(-identifier, SIGKILL)
    warden?.dismiss()
    return Self.reap(identifier)
  }

  private static func reap(_ process: pid_t) -> String {
    var status: CInt = 0
    while waitpid(process, &status, 0) < 0 {
      guard errno == EINTR else { return "an unknown status" }
    }
    let signal = status & 0x7F
    guard signal != 0 else { return "exit code \(status >> 8 & 0xFF)" }
    return "signal \(signal) (\(strsignal(signal).map { String(cString: $0) } ?? "unknown"))"
  }

  private static func spawn(_ program: Program, _ descriptors: [CInt]) throws(TrainerFault) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in descriptors.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, descriptor, CInt(number))
    }
    posix_spawn_file_actions_addclosefrom_np(&actions, CInt(descriptors.count))
    posix_spawn_file_actions_addchdir_np(&actions, program.folder)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var (none, all) = (sigset_t(), sigset_t())
    sigemptyset(&none)
    sigfillset(&all)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setsigdefault(&attributes, &all)
    posix_spawnattr_setpgroup(&attributes, 0)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP))
    var process: pid_t = 0
    let refusal = withStrings(program.arguments) { arguments in
      withStrings(program.environment) { environment in
        posix_spawn(&process, program.path, &actions, &attributes, arguments, environment)
      }
    }
    switch refusal {
    case 0: return process
    case ENOEXEC: throw .failed("\(program.path) is no program: its first line should name one, after #!")
    case ENOENT:
      throw .failed("\(program.path) cannot be started: the program in its first line is not there")
    default: throw .failed("\(program.path) cannot be started: \(Descriptor.reason(refusal))")
    }
  }

  /// Lends texts as C has them, with a nil behind them.
  private static func withStrings(
    _ texts: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> CInt
  ) -> CInt {
    let strings = texts.map { strdup($0) }
    defer { for string in strings { free(string) } }
    return body(strings + [nil])
  }
}

/// A small process that kills a group once this process is gone, even if it was killed itself: it waits for
/// the end of a pipe whose other end only this process has.
///
/// The kernel can send a signal when a parent dies, though to one process, not to those that it started.
private final class Warden {
  private let group: ProcessGroup
  private let pipe: Descriptor

  init(of leader: pid_t) throws(TrainerFault) {
    let script = "read -r line; kill -s KILL -- \"-$1\""
    let ends = try Descriptor.pipe()
    let silence = try Descriptor(open("/dev/null", O_WRONLY | O_CLOEXEC), from: "open /dev/null")
    group = try ProcessGroup(
      try Program(TrainerCommand(["/bin/sh", "-c", script, "tributary-warden", "\(leader)"], folder: "/")),
      descriptors: [ends.reading.number, silence.number, silence.number], isGuarded: false)
    pipe = ends.writing
  }

  /// Ends it; the group lives on.
  func dismiss() { group.finish() }
}
