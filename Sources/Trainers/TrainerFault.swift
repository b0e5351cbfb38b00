import Learning

/// Why a call came to nothing.
package enum TrainerFault: Error, Equatable, Sendable {
  /// The task around the call was cancelled.
  case cancelled
  /// The trainer was stopped.
  case stopped
  /// The trainer said so itself, and is ready for the next call.
  case refused(String)
  /// It could not be started, broke a rule, exceeded a limit, or died.
  case failed(String)

  /// Whether the process behind it has to go.
  var endsProcess: Bool {
    if case .refused = self { return false }
    return true
  }

  /// What happened, in words.
  var reason: String {
    switch self {
    case .cancelled: "it was cancelled"
    case .stopped: "it was stopped"
    case .refused(let reason), .failed(let reason): reason
    }
  }

  /// The error that callers see.
  ///
  /// - Parameter lines: what the trainer wrote last.
  func error(_ lines: LastLines) -> LearningError {
    switch self {
    case .cancelled: .cancelled
    case .stopped, .refused: .trainerFailed(reason: reason)
    case .failed: .trainerFailed(reason: "\(reason)\n\(lines)")
    }
  }
}
