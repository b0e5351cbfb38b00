import Updates

/// How a contributor keeps what compression leaves out between two updates.
public enum ResidualForm: String, Sendable, CaseIterable {
  /// To the last quantum.
  case exact
  /// In a byte a value: see `CompactResidual`.
  case compact
  /// Not at all: every update starts with nothing left out.
  case none
}

/// What compression has left out so far, at rest. One that has left nothing out yet takes no memory.
struct KeptResidual: Sendable {
  private enum Content: Sendable {
    case nothing
    case exact(ErrorFeedback)
    case compact(CompactResidual)
  }

  private let parameterCount: Int
  private let form: ResidualForm
  private var content = Content.nothing

  init(parameterCount: Int, form: ResidualForm) {
    self.parameterCount = parameterCount
    self.form = form
  }

  /// The residual at work, as far as its form keeps it.
  var feedback: ErrorFeedback {
    get {
      switch content {
      case .nothing: ErrorFeedback(parameterCount: parameterCount)
      case .exact(let feedback): feedback
      case .compact(let compact): compact.feedback
      }
    }
    set {
      switch form {
      case .exact: content = .exact(newValue)
      case .compact: content = .compact(CompactResidual(newValue))
      case .none: content = .nothing
      }
    }
  }
}
