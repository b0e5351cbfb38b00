import CCurl
import Foundation
import Synchronization

/// A client of one server, over libcurl: requests that share connections, downloads that resume, and streams
/// of events.
///
/// ```swift
/// let client = HTTPClient("https://gateway.example:8443")
/// let answer = try await client.send(ClientRequest("GET", "/v1/head"))
/// let blob = try await client.download("/v1/blobs/\(digest.hex)", limitBytes: 64 << 20)
/// ```
///
/// Redirections are not followed. A request blocks a thread of its own.
public final class HTTPClient: Sendable {
  /// The server, without a slash at the end.
  public let server: String
  private let configuration: ClientConfiguration
  private let handles = Mutex<[Handle]>([])

  /// libcurl's handle, with the connections that it keeps. One thread uses it at a time.
  private struct Handle: @unchecked Sendable {
    let pointer: UnsafeMutableRawPointer
  }

  private static let idleHandlesLimit = 8
  // So that patience ends.
  private static let shortestPauseSeconds = 0.1
  private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// Prepares a client; nothing is sent yet.
  ///
  /// - Parameter server: such as `https://gateway.example:8443`
  public init(_ server: String, configuration: ClientConfiguration = ClientConfiguration()) {
    self.server = server.hasSuffix("/") ? String(server.dropLast()) : server
    self.configuration = configuration
  }

  deinit {
    for handle in handles.withLock({ $0 }) { curl_easy_cleanup(handle.pointer) }
  }

  /// Sends a request and reads the answer, whatever its status.
  ///
  /// - Parameter limitBytes: of the answer's body; nil for the configuration's
  /// - Throws: `HTTPError` with code `unreachable`, `untrusted`, `tooLarge`, `timeout`, `malformed` or
  ///   `cancelled`
  public func send(_ request: ClientRequest, limitBytes: Int? = nil) async throws(HTTPError) -> ClientResponse
  {
    var patience = configuration.patienceSeconds
    while true {
      let transfer = Transfer(limitBytes: limitBytes ?? configuration.answerBytes, sink: nil)
      let answer = try await perform(request, transfer, isEndless: false)
      guard try await waited(as: answer, &patience) else { return answer }
    }
  }

  /// Waits as long as an answer asks to; false if it does not, or if there is no patience left for that.
  private func waited(as answer: ClientResponse, _ patience: inout Double) async throws(HTTPError) -> Bool {
    guard answer.status == 429 || answer.status == 503,
      let seconds = UInt16(answer.headers["retry-after"] ?? "").map({
        max(Double($0), Self.shortestPauseSeconds)
      }),
      seconds <= patience
    else { return false }
    patience -= seconds
    do {
      try await Task.sleep(for: .seconds(seconds))
    } catch {
      throw cancelled
    }
    return true
  }

  /// Reads a blob, and takes it up where it broke off if the connection is lost.
  ///
  /// - Throws: as `send`; `malformed` if the server answers with anything but the blob
  public func download(_ path: String, limitBytes: Int) async throws(HTTPError) -> [UInt8] {
    var bytes: [UInt8] = []
    var tag: String?
    var failures = 0
    var patience = configuration.patienceSeconds
    while true {
      var headers: Headers = [:]
      if !bytes.isEmpty { headers.add("range", "bytes=\(bytes.count)-") }
      if !bytes.isEmpty, let tag { headers.add("if-range", tag) }
      let (part, error) = try await part(ClientRequest("GET", path, headers: headers), limitBytes: limitBytes)
      if error == nil, try await waited(as: part, &patience) { continue }
      if part.status == 200 { bytes = [] }
      guard [0, 200, 206].contains(part.status) else { throw refusal(of: path, part) }
      bytes += part.body
      tag = part.headers["etag"] ?? tag
      guard bytes.count <= limitBytes else { throw tooLarge(limitBytes) }
      guard let error else { return bytes }
      failures = part.body.isEmpty ? failures + 1 : 1
      guard failures <= configuration.resumptions, error.code == .unreachable else { throw error }
    }
  }

  /// The events of a stream, until it ends; an error if it breaks off.
  public func events(_ path: String, after id: String = "") -> AsyncThrowingStream<ServerSentEvent, any Error>
  {
    let (events, continuation) = AsyncThrowingStream.makeStream(of: ServerSentEvent.self)
    let parser = Mutex(ServerSentEventParser())
    let transfer = Transfer(limitBytes: configuration.answerBytes) { bytes in
      guard let found = try? parser.withLock({ try $0.feed(bytes) }) else { return false }
      for event in found { continuation.yield(event) }
      return true
    }
    let task = Task {
      do {
        var headers: Headers = ["accept": "text/event-stream"]
        if !id.isEmpty { headers.add("last-event-id", id) }
        let answer = try await perform(
          ClientRequest("GET", path, headers: headers), transfer, isEndless: true)
        continuation.finish(throwing: answer.isSuccess ? nil : refusal(of: path, answer))
      } catch {
        continuation.finish(throwing: error)
      }
    }
    continuation.onTermination = { _ in task.cancel() }
    return events
  }

  // What came before a connection was lost is kept.
  private func part(
    _ request: ClientRequest, limitBytes: Int
  ) async throws(HTTPError) -> (ClientResponse, HTTPError?) {
    let transfer = Transfer(limitBytes: limitBytes, sink: nil)
    do {
      return (try await perform(request, transfer, isEndless: false), nil)
    } catch {
      guard error.code == .unreachable else { throw error }
      return (ClientResponse(status: transfer.status, headers: transfer.headers, body: transfer.body), error)
    }
  }

  private func refusal(of path: String, _ answer: ClientResponse) -> HTTPError {
    let detail = String(decoding: answer.body.prefix(512), as: UTF8.self)
    return HTTPError(
      .malformed, at: server + path, problem: "the server answers \(answer.status): \(detail)",
      remedy: "check what was asked for")
  }

  private var cancelled: HTTPError {
    HTTPError(.cancelled, at: server, problem: "the request was cancelled", remedy: "ask again")
  }

  private func tooLarge(_ limitBytes: Int) -> HTTPError {
    HTTPError(
      .tooLarge, at: server, problem: "the answer has over \(limitBytes) bytes",
      remedy: "ask another server, or raise the limit")
  }
}

extension HTTPClient {
  private func perform(
    _ request: ClientRequest, _ transfer: Transfer, isEndless: Bool
  ) async throws(HTTPError) -> ClientResponse {
    let result: Result<ClientResponse, HTTPError> = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // Threads of Dispatch are also those of the cooperative pool, which would starve.
        Thread.detachNewThread {
          continuation.resume(returning: self.run(request, transfer, isEndless: isEndless))
        }
      }
    } onCancel: {
      transfer.cancel()
    }
    return try result.get()
  }

  private func run(
    _ request: ClientRequest, _ transfer: Transfer, isEndless: Bool
  ) -> Result<ClientResponse, HTTPError> {
    guard Self.isReady, let pointer = handles.withLock({ $0.popLast() })?.pointer ?? curl_easy_init() else {
      return .failure(
        HTTPError(.system, at: server, problem: "libcurl does not start", remedy: "check its installation"))
    }
    defer { putBack(Handle(pointer: pointer)) }
    // The connections stay, all settings go.
    curl_easy_reset(pointer)
    var lines: UnsafeMutablePointer<curl_slist>?
    defer { curl_slist_free_all(lines) }
    for field in request.headers.fields { lines = curl_slist_append(lines, "\(field.name): \(field.value)") }
    configure(pointer, request, isEndless: isEndless)
    _ = ccurl_set_list(pointer, CURLOPT_HTTPHEADER, lines)
    transfer.install(in: pointer)
    // libcurl reads the body where it stands, which therefore stays there until the request is done.
    let code = request.body.withUnsafeBufferPointer { body in
      if !body.isEmpty || request.method == "POST" {
        _ = ccurl_set_number(pointer, CURLOPT_POST, 1)
        _ = ccurl_set_size(pointer, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count))
        _ = ccurl_set_pointer(pointer, CURLOPT_POSTFIELDS, body.baseAddress)
      }
      return curl_easy_perform(pointer)
    }
    guard code == CURLE_OK else { return .failure(failure(code, transfer)) }
    return .success(
      ClientResponse(status: transfer.status, headers: transfer.headers, body: transfer.body))
  }

  private func configure(_ handle: UnsafeMutableRawPointer, _ request: ClientRequest, isEndless: Bool) {
    _ = ccurl_set_text(handle, CURLOPT_URL, server + request.path)
    _ = ccurl_set_text(handle, CURLOPT_PROTOCOLS_STR, "http,https")
    _ = ccurl_set_text(handle, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1")
    _ = ccurl_set_number(handle, CURLOPT_NOSIGNAL, 1)
    _ = ccurl_set_number(handle, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1)
    _ = ccurl_set_number(handle, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
    _ = ccurl_set_number(handle, CURLOPT_CONNECTTIMEOUT_MS, Int(configuration.connectSeconds * 1_000))
    _ = ccurl_set_number(handle, CURLOPT_LOW_SPEED_LIMIT, 1)
    _ = ccurl_set_number(handle, CURLOPT_LOW_SPEED_TIME, configuration.stallSeconds)
    if !isEndless {
      _ = ccurl_set_number(handle, CURLOPT_TIMEOUT_MS, Int(configuration.requestSeconds * 1_000))
    }
    if let file = configuration.certificateAuthorities { _ = ccurl_set_text(handle, CURLOPT_CAINFO, file) }
    if request.method == "HEAD" {
      _ = ccurl_set_number(handle, CURLOPT_NOBODY, 1)
    } else if request.method != "GET", request.method != "POST" {
      _ = ccurl_set_text(handle, CURLOPT_CUSTOMREQUEST, request.method)
    }
  }

  private func putBack(_ handle: Handle) {
    let isKept = handles.withLock { handles in
      guard handles.count < Self.idleHandlesLimit else { return false }
      handles.append(handle)
      return true
    }
    if !isKept { curl_easy_cleanup(handle.pointer) }
  }

  private func failure(_ code: CURLcode, _ transfer: Transfer) -> HTTPError {
    if transfer.isTooLarge { return tooLarge(configuration.answerBytes) }
    let problem = String(cString: curl_easy_strerror(code))
    switch code {
    case _ where transfer.wasCancelled:
      return cancelled
    case CURLE_OPERATION_TIMEDOUT:
      return HTTPError(.timeout, at: server, problem: problem, remedy: "try again, or raise the time limit")
    case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CONNECT_ERROR:
      return HTTPError(
        .untrusted, at: server, problem: problem, remedy: "give the file of the authority that signed for it")
    case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL, CURLE_WEIRD_SERVER_REPLY, CURLE_WRITE_ERROR:
      return HTTPError(
        .malformed, at: server, problem: problem, remedy: "check the address, which begins with https://")
    default:
      return HTTPError(
        .unreachable, at: server, problem: problem, remedy: "check the address and the network, and try again"
      )
    }
  }
}
