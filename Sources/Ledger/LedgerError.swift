public import Wire

/// What is wrong with a genesis, a certificate or a proof, in words for whoever supplied it.
public enum LedgerError: Error, Equatable, CustomStringConvertible {
  /// The genesis breaks a rule.
  case genesis(String)
  /// A task's specification breaks a rule.
  case task(String)
  /// A certificate does not make its version final.
  case certificate(String)
  /// A handover does not lead from one set of validators to the next.
  case handover(String)
  /// A later set of validators signed than the one that is trusted: the handovers of these epochs are
  /// missing.
  case missingHandovers(from: UInt64, to: UInt64)
  /// A proof does not lead to a certified root.
  case proof(String)
  /// Bytes could not be decoded.
  case wire(WireError)

  /// A sentence that names the part and the fault.
  public var description: String {
    switch self {
    case .genesis(let detail): "genesis: \(detail)"
    case .task(let detail): "task: \(detail)"
    case .certificate(let detail): "certificate: \(detail)"
    case .handover(let detail): "handover: \(detail)"
    case .missingHandovers(let first, let last):
      "the validators have changed; the handovers of epochs \(first) to \(last) are missing, ask a gateway"
    case .proof(let detail): "proof: \(detail)"
    case .wire(let error): error.description
    }
  }
}
