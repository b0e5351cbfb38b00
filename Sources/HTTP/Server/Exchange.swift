/// One request and the answer to it, as its connection keeps it.
struct Exchange {
  let number: UInt64
  let head: RequestHead
  /// The handler at work.
  var task: Task<Void, Never>?
  /// How the answer is delimited; nil before it begins.
  var framing: Framing?
  /// Whether the next request may follow.
  var keepsAlive = false
  /// Whether the answer ends only when somebody ends it.
  var isEndless = false
  /// What was sent of a body that is produced while it is sent.
  var streamedBytes = 0
  /// Who waits for room to write.
  var writer: CheckedContinuation<Bool, Never>?
  /// What has arrived of the body, and counts as held until the exchange ends.
  private(set) var heldBytes = 0
  /// What was asked for of the body, all parts together.
  private var askedBytes = 0
  /// What has arrived of the part that was asked for last.
  private var part: [UInt8] = []
  private var reader: CheckedContinuation<Result<[UInt8], HTTPError>, Never>?

  init(_ head: RequestHead, number: UInt64) {
    self.head = head
    self.number = number
  }

  /// What has not arrived of the body yet.
  var missingBodyBytes: Int { head.contentLength - heldBytes }
  /// What has not arrived of the part that somebody waits for.
  var missingPartBytes: Int { askedBytes - heldBytes }
  /// Whether somebody waits for the body.
  var isReading: Bool { reader != nil }

  /// Whether less of the answer was produced than its head announced.
  var isShort: Bool { if case .length(let length) = framing { streamedBytes < length } else { false } }

  /// Notes who waits for the body's next part; false if somebody waits, or there is not so much of it.
  mutating func startReading(
    _ byteCount: Int, _ continuation: CheckedContinuation<Result<[UInt8], HTTPError>, Never>
  ) -> Bool {
    guard reader == nil, byteCount <= head.contentLength - askedBytes else { return false }
    askedBytes += byteCount
    reader = continuation
    return true
  }

  /// Adds what arrived of the part that somebody waits for, and hands it over once it is complete.
  mutating func append(_ bytes: [UInt8]) {
    part += bytes
    heldBytes += bytes.count
    guard missingPartBytes == 0 else { return }
    let whole = part
    part = []
    reader?.resume(returning: .success(whole))
    reader = nil
  }

  /// Tells whoever waits for the body that it does not come; nobody can ask for the rest of it.
  mutating func failBody(_ error: HTTPError) {
    part = []
    askedBytes = head.contentLength
    reader?.resume(returning: .failure(error))
    reader = nil
  }

  /// Ends an answer that would go on for ever.
  func cancelIfEndless() {
    if isEndless { task?.cancel() }
  }

  /// Tells everyone who waits that this is over.
  mutating func close(isCancelled: Bool) {
    if isCancelled { task?.cancel() }
    failBody(.gone("request"))
    writer?.resume(returning: false)
    writer = nil
  }

  /// Has a handler answer a request, on whatever thread the task runs.
  static func answer(_ request: Request, _ handle: ExchangeHandle, _ handler: RequestHandler) async {
    let response: Response
    do {
      response = try await handler(request)
    } catch let error as HTTPError {
      response = self.response(to: error)
    } catch {
      response = failed
    }
    handle.post(.respond(response))
    guard case .stream(_, let produce) = response.body, request.head.method != "HEAD" else { return }
    do {
      try await produce(ResponseStream(exchange: handle))
      handle.post(.finish(isComplete: true))
    } catch {
      handle.post(.finish(isComplete: false))
    }
  }

  // What failed inside is no business of the client's, and might hold secrets.
  private static let failed = Response.problem(
    500, code: "internalError", detail: "the server failed to answer; try again later")

  private static func response(to error: HTTPError) -> Response {
    let detail = "\(error.problem); \(error.remedy)"
    switch error.code {
    case .tooLarge: return .problem(413, code: "tooLarge", detail: detail)
    case .timeout: return .problem(408, code: "timeout", detail: detail)
    case .overloaded:
      var response = Response.problem(503, code: "overloaded", detail: detail)
      response.headers.add("retry-after", "5")
      return response
    default: return failed
    }
  }
}
