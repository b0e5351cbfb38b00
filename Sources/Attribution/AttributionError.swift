/// Why credits could not be measured: what is wrong and where.
public enum AttributionError: Error, Equatable, Sendable {
  /// A vector is not as long as the model.
  case wrongLength(what: String, count: Int, expected: Int)
  /// A loss is not a number, infinite, or too large for 64 bits.
  case lossOutOfRange(Double)
  /// More updates than an exact evaluation can take.
  case tooManyPlayers(count: Int, limit: Int)
  /// The trainer failed.
  case training(String)
}

extension AttributionError: CustomStringConvertible {
  /// A sentence that names the place and the remedy.
  public var description: String {
    switch self {
    case .wrongLength(let what, let count, let expected):
      "\(what) has \(count) values where the model has \(expected) parameters"
    case .lossOutOfRange(let loss):
      "the reference loss \(loss) cannot be written as a fixed-point number: the model has diverged; "
        + "lower the server's learning rate"
    case .tooManyPlayers(let count, let limit):
      "exact Shapley values of \(count) updates need 2^\(count) evaluations; audit at most \(limit)"
    case .training(let detail):
      "the trainer failed while measuring credits: \(detail)"
    }
  }
}
