import Agents
import Engines
import Ledger
import Wire

/// What is said when something that has to be verified is not what it should be.
enum Verification {
  /// Whether an error says that something is damaged or forged, and not that it cannot be had.
  static func isFailure(_ error: any Error) -> Bool {
    switch error {
    case let error as AgentError:
      if case .absent = error { false } else { true }
    case let error as EngineError: error.code == .damaged || error.code == .historyChanged
    case is LedgerError, is WireError: true
    default: false
    }
  }

  static func report(_ error: any Error, _ what: String) -> ExitCode {
    Console.error("\(what): \(error)")
    return .damaged
  }
}
