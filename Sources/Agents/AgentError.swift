/// What keeps an agent from its work, in words for whoever runs it.
public enum AgentError: Error, Equatable, CustomStringConvertible {
  /// A task's description or first weights do not fit.
  case task(String)
  /// A published version does not check out.
  case version(String)
  /// What was asked for does not exist: nothing is wrong with what does.
  case absent(String)
  /// A network's folder lacks a part or holds a wrong one.
  case network(path: String, String)
  /// An audit found a place where the record is wrong.
  case audit(place: String, String)

  /// Whether what was asked for does not exist.
  public var isAbsence: Bool { if case .absent = self { true } else { false } }

  /// A sentence that names the part and the fault.
  public var description: String {
    switch self {
    case .task(let detail): "task: \(detail)"
    case .version(let detail): "version: \(detail)"
    case .absent(let detail): detail
    case .network(let path, let detail): "\(path): \(detail)"
    case .audit(let place, let detail): "\(place): \(detail)"
    }
  }
}
