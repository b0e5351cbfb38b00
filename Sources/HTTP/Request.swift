/// A request whose head has been read and whose body waits to be asked for.
public struct Request: Sendable {
  /// Method, target and header fields.
  public let head: RequestHead
  /// Where it came from.
  public let peer: PeerAddress
  /// What follows the head.
  public let body: RequestBody
}

/// Answers requests. What it throws becomes an answer of status 500, or 413 and 503 if `RequestBody.read`
/// threw it.
public typealias RequestHandler = @Sendable (Request) async throws -> Response

/// The body of a request. It is not read before somebody asks for it.
public struct RequestBody: Sendable {
  /// How many bytes the head announced.
  public let length: Int
  let exchange: ExchangeHandle

  /// Reads the whole body. A body can be read once, whole or in parts.
  ///
  /// - Throws: `HTTPError` with code `tooLarge` before a byte is read, if more was announced; `overloaded`,
  ///   `timeout`, or `unreachable` if the client is gone.
  public func read(limitBytes: Int) async throws(HTTPError) -> [UInt8] {
    guard length <= limitBytes else {
      throw HTTPError(
        .tooLarge, at: "request", problem: "the body has \(length) bytes, over the limit of \(limitBytes)",
        remedy: "send less at a time")
    }
    return try await read(next: length)
  }

  /// Reads the next part of the body, so that a handler can decide on what comes first whether it takes the
  /// rest.
  ///
  /// - Throws: `HTTPError` with code `malformed` if so much is not left; `overloaded`, `timeout`, or
  ///   `unreachable` if the client is gone.
  public func read(next byteCount: Int) async throws(HTTPError) -> [UInt8] {
    guard byteCount > 0 else { return [] }
    return try await withCheckedContinuation { continuation in
      exchange.post(.readBody(byteCount, continuation))
    }.get()
  }
}

/// Where an answer is written that is produced while it is sent.
public struct ResponseStream: Sendable {
  let exchange: ExchangeHandle

  /// Sends bytes, and returns once there is room for more.
  ///
  /// - Throws: `HTTPError` with code `unreachable` if the client is gone.
  public func write(_ bytes: [UInt8]) async throws(HTTPError) {
    guard !bytes.isEmpty else { return }
    let isThere = await withCheckedContinuation { continuation in
      exchange.post(.write(bytes, continuation))
    }
    guard isThere else { throw .gone("response") }
  }
}
