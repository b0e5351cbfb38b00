/// An answer to a request.
public struct Response: Sendable {
  /// What comes after the head.
  public enum Body: Sendable {
    /// Bytes that are there already.
    case bytes([UInt8])
    /// Bytes that are produced while they are sent, as fast as the client takes them. Without a length they
    /// are sent in chunks, and the producer is cancelled when the server stops.
    case stream(length: Int?, @Sendable (ResponseStream) async throws -> Void)
  }

  /// The status code.
  public var status: Int
  /// The header fields; length, date and connection are added when it is sent.
  public var headers: Headers
  /// The body.
  public var body: Body

  /// Creates an answer.
  public init(_ status: Int, headers: Headers = Headers(), body: Body = .bytes([])) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// Creates an answer of bytes of a type.
  public init(_ status: Int = 200, type: String, _ bytes: [UInt8]) {
    self.init(status, headers: ["content-type": type], body: .bytes(bytes))
  }

  /// An error as RFC 9457 has it: `code` is for programs, `detail` is a sentence for people.
  public static func problem(_ status: Int, code: String, detail: String) -> Response {
    let problem = Problem(status, code: code, detail: detail)
    var response = Response(status, type: Problem.mediaType, problem.jsonBytes)
    response.headers.add("cache-control", "no-store")
    return response
  }

  /// What a status code is called (RFC 9110, section 15; RFC 6585).
  static func reason(_ status: Int) -> String { reasons[status] ?? "Status \(status)" }

  private static let reasons = [
    100: "Continue", 200: "OK", 201: "Created", 202: "Accepted", 204: "No Content", 206: "Partial Content",
    304: "Not Modified", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 406: "Not Acceptable", 408: "Request Timeout", 409: "Conflict", 410: "Gone",
    411: "Length Required", 413: "Content Too Large", 414: "URI Too Long", 415: "Unsupported Media Type",
    416: "Range Not Satisfiable", 417: "Expectation Failed", 422: "Unprocessable Content",
    429: "Too Many Requests", 431: "Request Header Fields Too Large", 500: "Internal Server Error",
    503: "Service Unavailable", 505: "HTTP Version Not Supported",
  ]
}

/// How an answer's body is delimited.
enum Framing: Hashable {
  case length(Int)
  case chunked
  /// The connection's end, for clients of HTTP/1.0.
  case end
}

extension Response {
  /// The head's bytes.
  func headBytes(framing: Framing, keepsAlive: Bool, date: String) -> [UInt8] {
    var text = "HTTP/1.1 \(status) \(Self.reason(status))\r\ndate: \(date)\r\n"
    for field in headers.fields { text += "\(field.name): \(field.value)\r\n" }
    switch framing {
    case .length(let count): if status != 304 { text += "content-length: \(count)\r\n" }
    case .chunked: text += "transfer-encoding: chunked\r\n"
    case .end: break
    }
    if !keepsAlive { text += "connection: close\r\n" }
    return Array((text + "\r\n").utf8)
  }
}
