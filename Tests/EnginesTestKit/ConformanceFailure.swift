/// What an engine did that its protocol forbids.
public struct ConformanceFailure: Error, CustomStringConvertible {
  /// The rule that was broken, and what was seen.
  public let description: String
}

/// Throws unless a condition holds. The kit does not depend on a test framework, so that any program can
/// check an engine.
func require(_ condition: Bool, _ rule: @autoclosure () -> String) throws(ConformanceFailure) {
  guard condition else { throw ConformanceFailure(description: rule()) }
}

/// Throws unless two values are equal.
func requireEqual<Value: Equatable>(
  _ found: Value, _ expected: Value, _ rule: @autoclosure () -> String
) throws(ConformanceFailure) {
  guard found == expected else {
    throw ConformanceFailure(description: "\(rule()): found \(found), expected \(expected)")
  }
}
