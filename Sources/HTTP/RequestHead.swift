/// A request without its body.
public struct RequestHead: Sendable, Hashable {
  /// The method, such as `GET`.
  public let method: String
  /// What is asked for, as it was sent.
  public let path: String
  /// What is asked for, decoded.
  public let target: RequestTarget
  /// The header fields.
  public let headers: Headers
  /// The length of the body in bytes.
  public let contentLength: Int
  /// Whether the client speaks HTTP/1.1, and not 1.0.
  let isVersion11: Bool
  /// Whether the client wants further requests on the connection.
  let keepsAlive: Bool
  /// Whether the client waits with the body until it is asked for.
  let expectsContinue: Bool
}

/// Why a request is refused before anyone looks at what it asks for.
package struct RequestFault: Error, Hashable {
  let status: Int
  let code: String
  let detail: String

  static func malformed(_ detail: String) -> RequestFault {
    RequestFault(status: 400, code: "malformedRequest", detail: detail)
  }
}

/// What a head may hold.
package struct HeadLimits: Sendable, Hashable {
  let targetBytes: Int
  let fields: Int

  package init(targetBytes: Int = 4 << 10, fields: Int = 64) {
    (self.targetBytes, self.fields) = (targetBytes, fields)
  }
}

extension RequestHead {
  /// Reads a head, which ends in an empty line, strictly by RFC 9112: one way to write what it says, so that
  /// no two readers of it can differ.
  package init(parsing bytes: [UInt8], limits: HeadLimits = HeadLimits()) throws(RequestFault) {
    let lines = try Self.lines(of: bytes)
    guard let first = lines.first else { throw .malformed("the request has no first line") }
    let (method, path, minor) = try Self.requestLine(first, limits)
    guard let target = RequestTarget(path) else {
      throw .malformed("the target is no absolute path in valid percent-encoding")
    }
    guard lines.count - 1 <= limits.fields else {
      throw RequestFault(
        status: 431, code: "tooManyHeaders", detail: "at most \(limits.fields) header fields are taken")
    }
    var headers = Headers()
    for line in lines.dropFirst() {
      let (name, value) = try Self.field(line)
      headers.add(name, value)
    }
    self.method = method
    isVersion11 = minor == 1
    self.path = path
    self.target = target
    self.headers = headers
    contentLength = try Self.contentLength(headers)
    keepsAlive =
      minor == 1
      ? !headers.lists("close", in: "connection") : headers.lists("keep-alive", in: "connection")
    guard minor == 0 || headers.values(of: "host").count == 1 else {
      throw .malformed("a request has exactly one Host field")
    }
    let expectations = headers.values(of: "expect")
    guard expectations.allSatisfy({ $0.lowercased() == "100-continue" }) else {
      throw RequestFault(
        status: 417, code: "expectationFailed", detail: "no expectation but 100-continue is met")
    }
    expectsContinue = !expectations.isEmpty && minor == 1
  }

  private static func lines(of bytes: [UInt8]) throws(RequestFault) -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var start = 0
    for index in bytes.indices where bytes[index] == 0x0A {
      guard index > start, bytes[index - 1] == 0x0D else { throw .malformed("a line ends without CR LF") }
      lines.append(bytes[start..<index - 1])
      start = index + 1
    }
    guard start == bytes.count, lines.popLast()?.isEmpty == true, !lines.contains(where: \.isEmpty) else {
      throw .malformed("the head does not end in one empty line")
    }
    return lines
  }

  private static func requestLine(
    _ line: ArraySlice<UInt8>, _ limits: HeadLimits
  ) throws(RequestFault) -> (method: String, path: String, minor: Int) {
    let parts = line.split(separator: 0x20, omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[0].isEmpty, parts[0].count <= 16, parts[0].allSatisfy(isToken) else {
      throw .malformed("the first line is not a method, a target and a version")
    }
    guard parts[1].count <= limits.targetBytes else {
      throw RequestFault(
        status: 414, code: "targetTooLong", detail: "a target has at most \(limits.targetBytes) bytes")
    }
    guard parts[1].allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw .malformed("the target has characters that have to be percent-encoded")
    }
    let version = String(decoding: parts[2], as: UTF8.self)
    guard version == "HTTP/1.1" || version == "HTTP/1.0" else {
      throw RequestFault(status: 505, code: "versionNotSupported", detail: "HTTP/1.1 is spoken here")
    }
    return (
      String(decoding: parts[0], as: UTF8.self), String(decoding: parts[1], as: UTF8.self),
      version.hasSuffix("1") ? 1 : 0
    )
  }

  private static func field(_ line: ArraySlice<UInt8>) throws(RequestFault) -> (String, String) {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
      line[..<colon].allSatisfy(isToken)
    else { throw .malformed("a header line is not a name, a colon and a value") }
    let value = line[(colon + 1)...]
    guard value.allSatisfy({ $0 == 0x09 || (0x20...0x7E).contains($0) }) else {
      throw .malformed("a header value has bytes that are not printable ASCII")
    }
    return (
      String(decoding: line[..<colon], as: UTF8.self),
      String(String(decoding: value, as: UTF8.self).trimmed)
    )
  }

  // Only bodies whose length is known ahead are taken: a limit can then refuse them before they are read, and
  // no two readers can differ on where one ends.
  private static func contentLength(_ headers: Headers) throws(RequestFault) -> Int {
    let lengths = headers.values(of: "content-length")
    guard headers.values(of: "transfer-encoding").isEmpty else {
      guard lengths.isEmpty else {
        throw .malformed("Content-Length and Transfer-Encoding exclude each other")
      }
      throw RequestFault(
        status: 411, code: "lengthRequired", detail: "send the body with its Content-Length, not in chunks")
    }
    guard let text = lengths.first else { return 0 }
    guard lengths.count == 1, (1...18).contains(text.utf8.count),
      text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = Int(text)
    else { throw .malformed("Content-Length is not one decimal number") }
    return length
  }

  /// Whether a byte may stand in a token (RFC 9110, section 5.6.2).
  private static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }
}
