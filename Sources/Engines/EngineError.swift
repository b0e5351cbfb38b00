/// What kept an engine, a file or a seal from doing what was asked: where, why, and what to do about it.
public struct EngineError: Error, Hashable, Sendable {
  /// The kind of fault.
  public enum Code: String, Sendable, Hashable {
    /// The engine was closed.
    case closed
    /// The waiting task was cancelled.
    case cancelled
    /// A length or a count exceeds its limit.
    case limitExceeded
    /// A file, a folder or a blob is not there.
    case missing
    /// A file exists where a new one was to be made.
    case alreadyExists
    /// A file that does not belong, or that is not a regular file.
    case unexpectedFile
    /// Stored bytes are not what was written.
    case damaged
    /// Another process, or another engine of this one, has the store open.
    case inUse
    /// A log that this program did not write, or that a newer one did.
    case unknownFormat
    /// The log of another network.
    case otherNetwork
    /// A shared log that no longer holds what this node has read from it.
    case historyChanged
    /// A server that cannot be reached, or that does not answer in time.
    case unreachable
    /// A login, a subject or an operation that the server refuses to this key.
    case notPermitted
    /// A store that was not closed, so that it is not a fixed set of files.
    case notAtRest
    /// A change was asked of a store that was opened for reading.
    case readOnly
    /// A secret that others can read.
    case exposedSecret
    /// A file whose text does not have the form that it must have.
    case malformed
    /// A refusal of the operating system or the database, such as a full disk.
    case system
  }

  /// The kind of fault.
  public let code: Code
  /// The file and the place in it, or the engine.
  public let place: String
  /// What is wrong.
  public let problem: String
  /// What to do about it.
  public let remedy: String

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - code: the kind of fault.
  ///   - place: the file and the place in it, or the engine.
  ///   - problem: what is wrong, as a clause without a full stop.
  ///   - remedy: what to do about it, as a clause without a full stop.
  public init(_ code: Code, at place: String, problem: String, remedy: String) {
    self.code = code
    self.place = place
    self.problem = problem
    self.remedy = remedy
  }
}

extension EngineError: CustomStringConvertible {
  /// A sentence that names the place, the problem and the remedy.
  public var description: String { "\(place): \(problem); \(remedy) (\(code.rawValue))" }
}
