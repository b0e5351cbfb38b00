import CEvent
import Glibc

/// What the event loops of a server have in common.
struct LoopContext: Sendable {
  let limits: ServerLimits
  let tls: TLSContext?
  let census: ServerCensus
  let handler: RequestHandler
}

/// One libevent base, its listener and its connections. All of it belongs to one thread.
///
/// libevent calls back with the pointers that it was given. They are to this loop and its connections, which
/// outlive their events: a connection frees its buffer event before it goes, and the loop its base.
final class EventLoop {
  let context: LoopContext
  let mailbox: Mailbox
  private let base: OpaquePointer
  private var listener: OpaquePointer?
  private var events: [OpaquePointer] = []
  private var connections: [UInt64: Connection] = [:]
  private var nextConnection: UInt64 = 0
  private var stopsAtSeconds: Double?
  private var date = (second: time_t(0), text: "")

  // Deadlines are kept to a quarter of the shortest limit, and no finer than this.
  private static let sweepSecondsRange = 0.01...1.0

  /// Starts to listen on a bound socket.
  ///
  /// - Throws: `HTTPError` with code `system`
  init(_ socket: ListeningSocket, _ context: LoopContext, _ mailbox: Mailbox) throws(HTTPError) {
    guard let base = event_base_new() else { throw Self.outOfMemory }
    self.base = base
    self.context = context
    self.mailbox = mailbox
    let own = Unmanaged.passUnretained(self).toOpaque()
    listener = evconnlistener_new(
      base,
      { _, descriptor, address, _, own in
        guard let own else { return }
        Unmanaged<EventLoop>.fromOpaque(own).takeUnretainedValue().accept(descriptor, PeerAddress(address))
      }, own, LEV_OPT_CLOSE_ON_FREE, 0, socket.descriptor)
    guard let listener else { throw Self.outOfMemory }
    // Out of descriptors: the sweep listens again, by when some connection may have ended.
    evconnlistener_set_error_cb(listener) { listener, _ in evconnlistener_disable(listener) }
    try watch(mailbox.descriptor, Int16(EV_READ | EV_PERSIST), seconds: nil) { _, _, own in
      guard let own else { return }
      Unmanaged<EventLoop>.fromOpaque(own).takeUnretainedValue().carryOutOrders()
    }
    try watch(-1, Int16(EV_PERSIST), seconds: sweepSeconds) { _, _, own in
      guard let own else { return }
      Unmanaged<EventLoop>.fromOpaque(own).takeUnretainedValue().sweep()
    }
  }

  deinit {
    if let listener { evconnlistener_free(listener) }
    for event in events { event_free(event) }
    event_base_free(base)
  }

  /// Runs until the loop was told to stop and its connections are gone.
  func run() {
    event_base_dispatch(base)
    for connection in connections.values { connection.end() }
    mailbox.shut()
  }

  private static let outOfMemory = HTTPError(
    .system, at: "event loop", problem: "libevent gives no memory", remedy: "free memory and start again")

  private var sweepSeconds: Double {
    let limits = context.limits
    let shortest =
      [
        limits.headSeconds, limits.idleSeconds, limits.bodySeconds, limits.stallSeconds, limits.lingerSeconds,
      ].min() ?? 1
    return min(max(shortest / 4, Self.sweepSecondsRange.lowerBound), Self.sweepSecondsRange.upperBound)
  }

  private func watch(
    _ descriptor: CInt, _ kinds: Int16, seconds: Double?, _ callback: event_callback_fn
  ) throws(HTTPError) {
    let own = Unmanaged.passUnretained(self).toOpaque()
    guard let event = event_new(base, descriptor, kinds, callback, own) else { throw Self.outOfMemory }
    events.append(event)
    guard let seconds else {
      event_add(event, nil)
      return
    }
    let whole = seconds.rounded(.down)
    var interval = timeval(tv_sec: Int(whole), tv_usec: Int((seconds - whole) * 1_000_000))
    event_add(event, &interval)
  }

  /// Seconds of a clock that only goes forward.
  static var seconds: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Now, as RFC 9110 writes it (section 5.6.7).
  var httpDate: String {
    var now = time(nil)
    guard now != date.second else { return date.text }
    var parts = tm()
    gmtime_r(&now, &parts)
    func two(_ number: CInt) -> String { number < 10 ? "0\(number)" : "\(number)" }
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    let day = "\(days[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)])"
    let clock = "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    date = (now, "\(day) \(parts.tm_year + 1_900) \(clock) GMT")
    return date.text
  }

  var isStopping: Bool { stopsAtSeconds != nil }

  private func accept(_ descriptor: CInt, _ peer: PeerAddress) {
    guard !isStopping, context.census.admit(peer) else {
      close(descriptor)
      return
    }
    AcceptedSocket.prepare(descriptor)
    nextConnection += 1
    guard let buffer = bufferEvent(descriptor) else {
      close(descriptor)
      context.census.leave(peer)
      return
    }
    let connection = Connection(nextConnection, buffer: buffer, peer: peer, loop: self)
    connections[nextConnection] = connection
    connection.start()
  }

  private func bufferEvent(_ descriptor: CInt) -> OpaquePointer? {
    evutil_make_socket_nonblocking(descriptor)
    guard let tls = context.tls else {
      return bufferevent_socket_new(base, descriptor, cevent_buffer_options())
    }
    guard let session = tls.makeSession() else { return nil }
    let buffer = cevent_accept_tls(base, descriptor, session)
    if buffer == nil { SSL_free(session) }
    return buffer
  }

  /// Lets go of a connection that has been torn down.
  func forget(_ connection: Connection) {
    connections[connection.number] = nil
    context.census.leave(connection.peer)
    endIfDone()
  }

  private func carryOutOrders() {
    for order in mailbox.take() {
      switch order {
      case .exchange(let connection, let number, let order):
        if let connection = connections[connection], connection.exchangeNumber == number {
          connection.carryOut(order)
        } else {
          order.abandon()
        }
      case .stop: beginStop()
      }
    }
  }

  private func beginStop() {
    guard stopsAtSeconds == nil else { return }
    stopsAtSeconds = Self.seconds + context.limits.drainSeconds
    if let listener { evconnlistener_free(listener) }
    listener = nil
    for connection in connections.values { connection.stop() }
    endIfDone()
  }

  private func endIfDone() {
    if isStopping, connections.isEmpty { event_base_loopbreak(base) }
  }

  private func sweep() {
    let now = Self.seconds
    let isOver = stopsAtSeconds.map { now >= $0 } ?? false
    for connection in connections.values {
      if isOver { connection.end() } else { connection.checkDeadline(now) }
    }
    if let listener { evconnlistener_enable(listener) }
  }
}
