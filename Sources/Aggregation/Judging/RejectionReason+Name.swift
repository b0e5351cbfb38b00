extension RejectionReason {
  /// The reason in a word or two, for tables and scripts.
  public var name: String {
    switch self {
    case .unavailable: "unavailable"
    case .malformed: "malformed"
    case .wrongTask: "wrong-task"
    case .wrongContributor: "wrong-contributor"
    case .wrongForm: "wrong-form"
    case .wrongShape: "wrong-shape"
    case .futureBase: "future-base"
    case .stale: "stale"
    case .duplicate: "duplicate"
    case .rateExceeded: "rate-exceeded"
    case .empty: "empty"
    case .nearCopy: "near-copy"
    case .replay: "replay"
    case .normTooLarge: "norm-too-large"
    case .distrusted: "distrusted"
    case .outvoted: "outvoted"
    }
  }
}
