/// How a client reaches a server.
public struct ClientConfiguration: Sendable, Hashable {
  /// The file with the certificates that are trusted, in PEM form; nil for the system's.
  public var certificateAuthorities: String?
  /// Seconds until a connection stands.
  public var connectSeconds = 10.0
  /// Seconds that may pass without a byte.
  public var stallSeconds = 60
  /// Seconds for one request and its answer; a stream of events has none.
  public var requestSeconds = 600.0
  /// Bytes of an answer's body, if nothing else is said.
  public var answerBytes = 16 << 20
  /// Seconds that a request is repeated for at most, if the server says when (429 or 503 with `Retry-After`).
  public var patienceSeconds = 0.0
  /// How often a download is taken up again where it broke off.
  public var resumptions = 8

  /// The defaults.
  public init() {}
}

/// What a client asks.
public struct ClientRequest: Sendable {
  /// The method.
  public var method: String
  /// The path and the query, from the slash on.
  public var path: String
  /// The header fields.
  public var headers: Headers
  /// The body; empty for none.
  public var body: [UInt8]

  /// Creates a request.
  public init(_ method: String, _ path: String, headers: Headers = Headers(), body: [UInt8] = []) {
    self.method = method
    self.path = path
    self.headers = headers
    self.body = body
  }
}

/// What a server answers.
public struct ClientResponse: Sendable, Hashable {
  /// The status code.
  public let status: Int
  /// The header fields.
  public let headers: Headers
  /// The body.
  public let body: [UInt8]

  /// Whether the status is one of success.
  public var isSuccess: Bool { (200..<300).contains(status) }
}
