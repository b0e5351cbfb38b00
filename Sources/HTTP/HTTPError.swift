/// What kept a server or a client from doing what was asked: where, why, and what to do about it.
public struct HTTPError: Error, Hashable, Sendable {
  /// The kind of fault.
  public enum Code: String, Sendable, Hashable {
    /// The address cannot be listened on.
    case cannotListen
    /// An address that others can reach was asked for without TLS.
    case exposed
    /// A certificate or a key file that cannot be used.
    case badCertificate
    /// The other side cannot be reached, or is gone.
    case unreachable
    /// The other side's certificate is not trusted.
    case untrusted
    /// A body is longer than is taken.
    case tooLarge
    /// As many bytes of bodies as may be held are held.
    case overloaded
    /// The other side took too long.
    case timeout
    /// The other side asks to be asked later.
    case busy
    /// The other side's bytes are no HTTP, or no answer to what was asked.
    case malformed
    /// The waiting task was cancelled, or the server stopped.
    case cancelled
    /// A refusal of the operating system.
    case system
  }

  /// The kind of fault.
  public let code: Code
  /// The address or the file.
  public let place: String
  /// What is wrong.
  public let problem: String
  /// What to do about it.
  public let remedy: String
  /// Seconds after which the other side may be asked again, if it says so.
  public let retrySeconds: Double?

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - code: the kind of fault
  ///   - place: the address or the file
  ///   - problem: what is wrong, as a clause without a full stop
  ///   - remedy: what to do about it, as a clause without a full stop
  ///   - retrySeconds: after how many seconds to ask again, if the other side says so
  public init(
    _ code: Code, at place: String, problem: String, remedy: String, retrySeconds: Double? = nil
  ) {
    self.code = code
    self.place = place
    self.problem = problem
    self.remedy = remedy
    self.retrySeconds = retrySeconds
  }
}

extension HTTPError: CustomStringConvertible {
  /// A sentence that names the place, the problem and the remedy.
  public var description: String { "\(place): \(problem); \(remedy) (\(code.rawValue))" }
}

extension HTTPError {
  static func gone(_ place: String) -> HTTPError {
    HTTPError(.unreachable, at: place, problem: "the connection is closed", remedy: "connect again")
  }
}
