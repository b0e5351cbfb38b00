import Glibc

// The faults that more than one file of this module reports.
extension EngineError {
  static func closed(_ engine: String) -> EngineError {
    EngineError(.closed, at: engine, problem: "it was closed", remedy: "open it again")
  }

  static func cancelled(_ engine: String) -> EngineError {
    EngineError(
      .cancelled, at: engine, problem: "the wait for new records was cancelled",
      remedy: "wait again if needed")
  }

  static func readOnly(_ place: String) -> EngineError {
    EngineError(.readOnly, at: place, problem: "it was opened for reading", remedy: "open it for writing")
  }

  static func inUse(_ place: String) -> EngineError {
    EngineError(.inUse, at: place, problem: "another process has it open", remedy: "stop that process first")
  }

  static func tooLarge(_ what: String, at place: String, bytes: Int, limitBytes: Int) -> EngineError {
    EngineError(
      .limitExceeded, at: place, problem: "\(what) has \(bytes) bytes, over the limit of \(limitBytes)",
      remedy: "split it, or raise the limit on every node")
  }

  /// The refusal of a system call.
  ///
  /// - Parameters:
  ///   - call: what was tried, as a verb.
  ///   - path: the file it was tried on.
  ///   - number: `errno`.
  static func system(_ call: String, path: String, number: CInt) -> EngineError {
    let reason = strerror(number).map { String(cString: $0) } ?? "error \(number)"
    let problem = "cannot \(call) it: \(reason)"
    return switch number {
    case ENOENT:
      EngineError(.missing, at: path, problem: problem, remedy: "check the path")
    case EEXIST:
      EngineError(.alreadyExists, at: path, problem: problem, remedy: "choose another name or move it away")
    case EACCES, EPERM, EROFS:
      EngineError(.system, at: path, problem: problem, remedy: "check the owner and the permissions")
    case ENOSPC, EDQUOT:
      EngineError(.system, at: path, problem: problem, remedy: "free space on the disk and try again")
    case EMFILE, ENFILE:
      EngineError(.system, at: path, problem: problem, remedy: "raise the limit on open files")
    default:
      EngineError(.system, at: path, problem: problem, remedy: "check the disk and the system's log")
    }
  }
}
