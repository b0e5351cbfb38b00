/// Why judging, merging or aggregating was refused: what is wrong, where, and what to do about it.
public enum AggregationError: Error, Equatable, Sendable {
  /// A policy's field is outside of its range.
  case invalidPolicy(field: String, value: String, allowed: String)
  /// A model's weight is not a number or is infinite.
  case weightNotFinite(index: Int)
  /// A model without parameters, or with more than an update can have.
  case parameterCountOutOfRange(Int)
  /// A vector is not as long as the model.
  case wrongLength(what: String, count: Int, expected: Int)
  /// A window holds more updates than one merge adds up exactly.
  case tooManyContributions(count: Int, limit: Int)
  /// A step belongs to another task.
  case wrongTask(expected: String, found: String)
  /// A step does not lead from the version at hand to the next one.
  case wrongVersion(expected: UInt64, found: UInt64)
  /// The updates below refused: a residual or a payload is damaged.
  case update(String)
  /// Root updates that cannot be judged with.
  case invalidRootUpdates(String)
  /// A trainer could not measure a root update.
  case training(String)
  /// There are too few vectors for an aggregation rule and the attackers that it is to tolerate.
  case tooFewVectors(rule: String, count: Int, needed: Int)
  /// A vector has a value that is not a number, infinite, or too large to be squared.
  case vectorNotFinite(index: Int)
  /// An aggregation rule cannot be set up so.
  case invalidRule(String)
}

extension AggregationError: CustomStringConvertible {
  /// A sentence that names the place and the remedy.
  public var description: String {
    switch self {
    case .invalidPolicy(let field, let value, let allowed):
      "the merge policy's \(field) is \(value); allowed is \(allowed)"
    case .weightNotFinite(let index):
      "the model's weight at index \(index) is not finite; start the task from finite weights"
    case .parameterCountOutOfRange(let count):
      "a model of \(count) parameters: it needs at least 1, and at most what an update can carry"
    case .wrongLength(let what, let count, let expected):
      "\(what) has \(count) values where the model has \(expected) parameters"
    case .tooManyContributions(let count, let limit):
      "\(count) updates in one window exceed the limit of \(limit); choose a smaller window"
    case .wrongTask(let expected, let found):
      "the step belongs to task \(found), the model to task \(expected); fetch the step of this task"
    case .wrongVersion(let expected, let found):
      "the step leads to version \(found) where version \(expected) comes next; apply the steps in order"
    case .update(let detail):
      detail
    case .invalidRootUpdates(let detail):
      "the root updates cannot be judged with: \(detail)"
    case .training(let detail):
      "the root update could not be measured: \(detail)"
    case .tooFewVectors(let rule, let count, let needed):
      "the rule \(rule) needs at least \(needed) vectors and has \(count); let it tolerate fewer attackers"
    case .vectorNotFinite(let index):
      "vector \(index) has a value that is not finite, or so large that its square is not; leave it out"
    case .invalidRule(let detail):
      detail
    }
  }
}
