import CEvent
import Glibc

/// One client's connection: reads heads, hands requests to the handler, and sends answers, one after another.
///
/// It belongs to its loop's thread. `buffer` is libevent's buffer event, which owns the socket; it is freed
/// in `tearDown`, after which nothing calls back.
final class Connection {
  /// What is waited for.
  enum Phase {
    /// The end of a request's head.
    case head
    /// The handler's answer, or the rest of it.
    case exchange
    /// The client to take what is left of the last answer.
    case flushing
    /// The client to notice that it was refused while it was sending.
    case lingering
    /// Nothing: the buffer event is freed.
    case gone
  }

  let number: UInt64
  let peer: PeerAddress
  unowned let loop: EventLoop
  private let buffer: OpaquePointer
  private(set) var phase = Phase.head
  private var exchange: Exchange?
  private var exchangeCount: UInt64 = 0
  private var scannedBytes = 0
  private var deadlineSeconds = 0.0
  private var sentBytes = 0
  private var sentBytesAtDeadline = 0
  /// Whether the deadline is for the output to be taken.
  private var isWatchingOutput = false
  private var lingersAfterFlush = false

  // What libevent reads ahead while nobody consumes it, beyond a head.
  private static let inputBytes = 64 << 10

  init(_ number: UInt64, buffer: OpaquePointer, peer: PeerAddress, loop: EventLoop) {
    self.number = number
    self.buffer = buffer
    self.peer = peer
    self.loop = loop
  }

  var limits: ServerLimits { loop.context.limits }
  var exchangeNumber: UInt64 { exchange?.number ?? 0 }
  private var input: OpaquePointer { bufferevent_get_input(buffer) }
  private var outputBytes: Int { evbuffer_get_length(bufferevent_get_output(buffer)) }

  /// Begins to listen to the client.
  func start() {
    let own = Unmanaged.passUnretained(self).toOpaque()
    bufferevent_setcb(
      buffer, { _, own in Connection.at(own)?.readable() }, { _, own in Connection.at(own)?.writable() },
      { _, what, own in Connection.at(own)?.happened(what) }, own)
    bufferevent_setwatermark(buffer, Int16(EV_READ), 0, max(Self.inputBytes, limits.headBytes + 4))
    bufferevent_setwatermark(buffer, Int16(EV_WRITE), limits.outputBytes / 4, 0)
    expect(within: limits.headSeconds)
    bufferevent_enable(buffer, Int16(EV_READ | EV_WRITE))
  }

  private static func at(_ pointer: UnsafeMutableRawPointer?) -> Connection? {
    pointer.map { Unmanaged<Connection>.fromOpaque($0).takeUnretainedValue() }
  }

  private func readable() {
    switch phase {
    case .head: readHead()
    case .exchange: readBody()
    case .lingering: evbuffer_drain(input, evbuffer_get_length(input))
    case .flushing, .gone: break
    }
  }

  private func happened(_ what: Int16) {
    if CInt(what) & (BEV_EVENT_EOF | BEV_EVENT_ERROR | BEV_EVENT_TIMEOUT) != 0 { end() }
  }

  private func expect(within seconds: Double) {
    deadlineSeconds = EventLoop.seconds + seconds
    isWatchingOutput = false
  }

  /// Ends the connection if what it waits for did not come in time.
  func checkDeadline(_ now: Double) {
    guard now >= deadlineSeconds else { return }
    switch phase {
    case .exchange where exchange?.isReading == true:
      loop.context.census.count { $0.timedOutConnections += 1 }
      exchange?.failBody(
        HTTPError(.timeout, at: "request", problem: "the body came too slowly", remedy: "send it faster"))
      expect(within: limits.stallSeconds)
    case .exchange, .flushing: checkOutput(now)
    case .head:
      loop.context.census.count { $0.timedOutConnections += 1 }
      guard evbuffer_get_length(input) > 0 else { return end() }
      refuse(RequestFault(status: 408, code: "timeout", detail: "send the request's head faster"))
    case .lingering, .gone: end()
    }
  }

  // While an answer is on its way, the client has to take it at a least speed; a handler may take its time.
  private func checkOutput(_ now: Double) {
    let taken = sentBytes - outputBytes
    let least = Int(limits.stallSeconds * Double(limits.minimumBytesPerSecond))
    guard outputBytes == 0 || !isWatchingOutput || taken - sentBytesAtDeadline >= least else {
      loop.context.census.count { $0.timedOutConnections += 1 }
      return end()
    }
    sentBytesAtDeadline = taken
    deadlineSeconds = now + limits.stallSeconds
    isWatchingOutput = outputBytes > 0
  }

  /// Closes at once: cancels what is under way, and leaves the loop.
  func end() {
    guard phase != .gone else { return }
    // The loop's reference may be the last.
    withExtendedLifetime(self) {
      tearDown()
      loop.forget(self)
    }
  }

  /// Frees the buffer event, and tells whoever waits.
  func tearDown() {
    guard phase != .gone else { return }
    phase = .gone
    closeExchange(isCancelled: true)
    if let session = bufferevent_openssl_get_ssl(buffer) { TLSContext.sayGoodbye(session, listens: false) }
    bufferevent_free(buffer)
  }

  /// Ends the connection now if nothing is under way, and else after the answer.
  func stop() {
    switch phase {
    case .head: end()
    case .exchange: exchange?.cancelIfEndless()
    case .flushing, .lingering, .gone: break
    }
  }
}

// Requests.
extension Connection {
  private func readHead() {
    // A client that does not take its answers gets no more of them.
    guard outputBytes <= limits.outputBytes else { return }
    let available = evbuffer_get_length(input)
    guard available > 0 else { return }
    if scannedBytes == 0, exchangeCount > 0 { expect(within: limits.headSeconds) }
    var start = evbuffer_ptr()
    evbuffer_ptr_set(input, &start, max(0, scannedBytes - 3), EVBUFFER_PTR_SET)
    let found = evbuffer_search(input, "\r\n\r\n", 4, &start)
    let length = found.pos < 0 ? available : Int(found.pos) + 4
    guard length <= limits.headBytes else {
      return refuse(
        RequestFault(
          status: 431, code: "headTooLarge", detail: "a request's head has at most \(limits.headBytes) bytes")
      )
    }
    scannedBytes = found.pos < 0 ? available : 0
    guard found.pos >= 0 else { return }
    let bytes = take(length)
    do throws(RequestFault) {
      let headLimits = HeadLimits(targetBytes: limits.targetBytes, fields: limits.headerFields)
      begin(try RequestHead(parsing: bytes, limits: headLimits))
    } catch {
      refuse(error)
    }
  }

  /// Removes bytes from the front of what has arrived.
  private func take(_ count: Int) -> [UInt8] {
    // libevent writes into the array's own memory, which saves a copy.
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { target, taken in
      taken = max(0, Int(evbuffer_remove(input, target.baseAddress, count)))
    }
    loop.context.census.count { $0.receivedBytes += UInt64(bytes.count) }
    return bytes
  }

  private func begin(_ head: RequestHead) {
    loop.context.census.count { $0.requests += 1 }
    exchangeCount += 1
    phase = .exchange
    expect(within: limits.stallSeconds)
    let handle = ExchangeHandle(connection: number, number: exchangeCount, mailbox: loop.mailbox)
    exchange = Exchange(head, number: exchangeCount)
    let request = Request(
      head: head, peer: peer, body: RequestBody(length: head.contentLength, exchange: handle))
    let handler = loop.context.handler
    exchange?.task = Task.detached { await Exchange.answer(request, handle, handler) }
  }

  /// Answers what is no request, and closes.
  private func refuse(_ fault: RequestFault) {
    loop.context.census.count { $0.refusedRequests += 1 }
    let response = Response.problem(fault.status, code: fault.code, detail: fault.detail)
    if case .bytes(let body) = response.body {
      send(response.headBytes(framing: .length(body.count), keepsAlive: false, date: loop.httpDate) + body)
    }
    lingersAfterFlush = true
    flushAndClose()
  }

  private func readBody() {
    guard let length = exchange?.missingPartBytes, exchange?.isReading == true else { return }
    let count = min(length, evbuffer_get_length(input))
    guard count > 0 else { return }
    guard loop.context.census.hold(count) else {
      exchange?.failBody(
        HTTPError(
          .overloaded, at: "request", problem: "too many bodies are under way", remedy: "try again later"))
      return
    }
    exchange?.append(take(count))
    if exchange?.isReading == false { expect(within: limits.stallSeconds) }
  }
}

// Answers.
extension Connection {
  /// Carries out what the task of the current exchange asks for.
  func carryOut(_ order: ExchangeOrder) {
    switch order {
    case .readBody(let count, let continuation): startBody(count, continuation)
    case .respond(let response): respond(response)
    case .write(let bytes, let continuation): write(bytes, continuation)
    case .finish(let isComplete): finish(isComplete && exchange?.isShort == false)
    }
  }

  private func startBody(
    _ byteCount: Int, _ continuation: CheckedContinuation<Result<[UInt8], HTTPError>, Never>
  ) {
    guard exchange?.startReading(byteCount, continuation) == true, let current = exchange else {
      let error = HTTPError(
        .malformed, at: "request", problem: "the body was read before", remedy: "read each part once")
      return continuation.resume(returning: .failure(error))
    }
    if current.head.expectsContinue, current.heldBytes == 0, evbuffer_get_length(input) == 0 {
      send(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
    }
    let grace = Double(byteCount) / Double(max(1, limits.minimumBytesPerSecond))
    expect(within: limits.bodySeconds + grace)
    readBody()
  }

  private func respond(_ response: Response) {
    guard let current = exchange, current.framing == nil else { return }
    let isHead = current.head.method == "HEAD"
    let framing: Framing =
      switch response.body {
      case .bytes(let bytes): .length(bytes.count)
      case .stream(let length?, _): .length(length)
      case .stream(nil, _): current.head.isVersion11 ? .chunked : .end
      }
    let keepsAlive =
      current.head.keepsAlive && current.missingBodyBytes == 0 && !loop.isStopping && framing != .end
    exchange?.framing = framing
    exchange?.keepsAlive = keepsAlive
    send(response.headBytes(framing: framing, keepsAlive: keepsAlive, date: loop.httpDate))
    if case .bytes(let bytes) = response.body {
      if !isHead { send(bytes) }
      finish(true)
    } else if isHead {
      finish(true)
    } else if case .stream(nil, _) = response.body {
      exchange?.isEndless = true
      if loop.isStopping { exchange?.cancelIfEndless() }
    }
  }

  private func write(_ bytes: [UInt8], _ continuation: CheckedContinuation<Bool, Never>) {
    guard let framing = exchange?.framing else { return continuation.resume(returning: false) }
    exchange?.streamedBytes += bytes.count
    // More than was announced would pass for the next answer.
    if case .length(let length) = framing, exchange?.streamedBytes ?? 0 > length {
      continuation.resume(returning: false)
      return end()
    }
    if framing == .chunked { send(Array("\(String(bytes.count, radix: 16))\r\n".utf8)) }
    send(bytes)
    if framing == .chunked { send([0x0D, 0x0A]) }
    if outputBytes <= limits.outputBytes {
      continuation.resume(returning: true)
    } else {
      exchange?.writer = continuation
    }
  }

  private func finish(_ isComplete: Bool) {
    guard let current = exchange, let framing = current.framing else { return }
    if !isComplete { return end() }
    if framing == .chunked, current.head.method != "HEAD" { send(Array("0\r\n\r\n".utf8)) }
    lingersAfterFlush = current.missingBodyBytes > 0
    closeExchange(isCancelled: false)
    guard current.keepsAlive, !loop.isStopping else { return flushAndClose() }
    phase = .head
    expect(within: limits.idleSeconds)
    readHead()
  }

  private func closeExchange(isCancelled: Bool) {
    guard var current = exchange else { return }
    exchange = nil
    loop.context.census.release(current.heldBytes)
    current.close(isCancelled: isCancelled)
  }

  private func send(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    let wasIdle = outputBytes == 0
    bufferevent_write(buffer, bytes, bytes.count)
    sentBytes += bytes.count
    loop.context.census.count { $0.sentBytes += UInt64(bytes.count) }
    if wasIdle, exchange?.isReading != true { watchOutput() }
  }

  private func watchOutput() {
    sentBytesAtDeadline = sentBytes - outputBytes
    deadlineSeconds = EventLoop.seconds + limits.stallSeconds
    isWatchingOutput = true
  }

  private func writable() {
    if let writer = exchange?.writer {
      exchange?.writer = nil
      writer.resume(returning: true)
    }
    if phase == .head, evbuffer_get_length(input) > 0 { readHead() }
    if phase == .flushing, outputBytes == 0 { closeAfterFlush() }
  }

  private func flushAndClose() {
    phase = .flushing
    if outputBytes == 0 { closeAfterFlush() } else { watchOutput() }
  }

  // A socket closed with unread input is reset, and the client loses the answer that says why.
  private func closeAfterFlush() {
    guard lingersAfterFlush else { return end() }
    phase = .lingering
    if let session = bufferevent_openssl_get_ssl(buffer) { TLSContext.sayGoodbye(session, listens: true) }
    shutdown(bufferevent_getfd(buffer), CInt(SHUT_WR))
    evbuffer_drain(input, evbuffer_get_length(input))
    expect(within: limits.lingerSeconds)
  }
}
