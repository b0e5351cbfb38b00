/// Why a file with settings, a scenario's or a grid's, was refused: where, what is wrong, and what to do
/// about it.
public struct ScenarioError: Error, Equatable, Sendable {
  /// What is wrong.
  public enum Problem: Equatable, Sendable {
    /// The bytes are not one JSON5 value.
    case notJSON5(column: Int, reason: String)
    /// The file is longer than settings may be.
    case tooLong(bytes: Int, limit: Int)
    /// A field that such a file does not have; the suggestion is the known name nearest to it.
    case unknownField(suggestion: String)
    /// A field's value is of another type.
    case wrongType(expected: String, found: String)
    /// A field's value is beyond its range.
    case outOfRange(value: String, allowed: String)
    /// A field's value cannot be used, or contradicts another's.
    case unusable(reason: String)
  }

  /// The file's name, as it was given.
  public let file: String
  /// The line, from 1; 0 if the problem is the file as a whole.
  public let line: Int
  /// The field, such as `contributors.slow.factor`; empty for the whole.
  public let path: String
  /// What is wrong there.
  public let problem: Problem

  init(file: String, line: Int, path: String = "", _ problem: Problem) {
    self.file = file
    self.line = line
    self.path = path
    self.problem = problem
  }
}

extension ScenarioError: CustomStringConvertible {
  /// A sentence that names file, line and field.
  public var description: String {
    let place = line > 0 ? "\(file):\(line)" : file
    let subject = path.isEmpty ? "the file" : path
    return switch problem {
    case .notJSON5(let column, let reason): "\(place):\(column): \(reason)"
    case .tooLong(let bytes, let limit):
      "\(place): \(bytes) bytes are more than the limit of \(limit); settings are a short JSON5 file"
    case .unknownField(let suggestion):
      "unknown field '\(path)' in \(place); did you mean '\(suggestion)'?"
    case .wrongType(let expected, let found): "\(place): \(subject) is \(found); it must be \(expected)"
    case .outOfRange(let value, let allowed): "\(place): \(subject) is \(value); it must be \(allowed)"
    case .unusable(let reason): "\(place): \(subject): \(reason)"
    }
  }
}
