/// Why a file with settings was refused: every mistake that was found in it.
public struct SettingsError: Error, Equatable, Sendable {
  /// One mistake.
  public struct Mistake: Equatable, Sendable {
    /// Where; nil if it is the file as a whole.
    public let place: JSON5Value.Place?
    /// The field, such as `contributors.devices.slowness`; empty for the whole.
    public let path: String
    /// What is wrong there.
    public let problem: Problem

    /// Whether it is a mistake at a path, below it, or in an object around it.
    func concerns(_ path: String) -> Bool {
      self.path == path || self.path.hasPrefix(path + ".") || self.path.hasPrefix(path + "[")
        || path.hasPrefix(self.path + ".") || path.hasPrefix(self.path + "[")
    }
  }

  /// What is wrong.
  public enum Problem: Equatable, Sendable {
    /// The bytes are not one JSON5 value.
    case notJSON5(reason: String)
    /// The file is longer than settings may be.
    case tooLong(bytes: Int, limit: Int)
    /// A field that such a file does not have; the suggestion is the known name nearest to it.
    case unknownField(suggestion: String)
    /// A field that must be there is not.
    case missing
    /// A field's value is of another type.
    case wrongType(expected: String, found: String)
    /// A field's value is beyond its range.
    case outOfRange(value: String, allowed: String)
    /// A field's value cannot be used, or contradicts another's.
    case unusable(reason: String)
  }

  /// The number of mistakes that are described.
  static let shownMistakes = 16

  /// The file's name, as it was given.
  public let file: String
  /// The mistakes in the order of their places; at least one.
  public let mistakes: [Mistake]

  init(file: String, mistakes: [Mistake]) {
    self.file = file
    self.mistakes = mistakes.sorted { left, right in
      let (first, second) = (left.place, right.place)
      return (first?.line ?? 0, first?.column ?? 0) < (second?.line ?? 0, second?.column ?? 0)
    }
  }
}

extension SettingsError: CustomStringConvertible {
  /// A line a mistake, which names file, line, column and field.
  public var description: String {
    var lines = mistakes.prefix(Self.shownMistakes).map { place(of: $0) + ": " + reason(of: $0) }
    let hidden = mistakes.count - lines.count
    if hidden > 0 { lines.append("\(file): \(hidden) more mistakes") }
    return lines.joined(separator: "\n")
  }

  private func place(of mistake: Mistake) -> String {
    mistake.place.map { "\(file):\($0.line):\($0.column)" } ?? file
  }

  /// What is wrong and what to do about it, without the place.
  public func reason(of mistake: Mistake) -> String {
    let subject = mistake.path.isEmpty ? "the file" : mistake.path
    return switch mistake.problem {
    case .notJSON5(let reason): reason
    case .tooLong(let bytes, let limit):
      "\(bytes) bytes are more than the limit of \(limit); settings are a short JSON5 file"
    case .unknownField(let suggestion):
      "unknown field '\(mistake.path)'; did you mean '\(suggestion)'?"
    case .missing: "\(subject) is missing; it has no default"
    case .wrongType(let expected, let found): "\(subject) is \(found); it must be \(expected)"
    case .outOfRange(let value, let allowed): "\(subject) is \(value); it must be \(allowed)"
    case .unusable(let reason): "\(subject): \(reason)"
    }
  }
}
