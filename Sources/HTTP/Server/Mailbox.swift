import CEvent
import Glibc
import Synchronization

/// What a task asks of a connection that belongs to an event loop's thread.
enum ExchangeOrder: Sendable {
  /// Read the next so many bytes of the request's body.
  case readBody(Int, CheckedContinuation<Result<[UInt8], HTTPError>, Never>)
  /// Send the answer's head, and its body if that is bytes.
  case respond(Response)
  /// Send a part of the body, and say whether the client is still there once there is room for more.
  case write([UInt8], CheckedContinuation<Bool, Never>)
  /// The body is complete, or will never be.
  case finish(isComplete: Bool)

  /// Tells whoever waits that the connection is gone.
  func abandon() {
    switch self {
    case .readBody(_, let continuation): continuation.resume(returning: .failure(.gone("request")))
    case .write(_, let continuation): continuation.resume(returning: false)
    case .respond, .finish: break
    }
  }
}

/// One request and its answer, as tasks on other threads name it.
struct ExchangeHandle: Sendable {
  let connection: UInt64
  let number: UInt64
  let mailbox: Mailbox

  func post(_ order: ExchangeOrder) { mailbox.post(.exchange(connection, number, order)) }
}

/// What other threads ask of an event loop.
enum LoopOrder: Sendable {
  /// Something about an exchange.
  case exchange(UInt64, UInt64, ExchangeOrder)
  /// Take no more connections, and end when all are gone.
  case stop

  func abandon() {
    if case .exchange(_, _, let order) = self { order.abandon() }
  }
}

/// Carries orders to an event loop's thread, and wakes it.
final class Mailbox: Sendable {
  private struct State {
    var orders: [LoopOrder] = []
    var isClosed = false
  }

  /// Readable while there are orders.
  let descriptor: CInt
  private let state = Mutex(State())

  init() throws(HTTPError) {
    descriptor = cevent_eventfd()
    guard descriptor >= 0 else { throw .system("make a wake-up descriptor", at: "event loop", number: errno) }
  }

  deinit { close(descriptor) }

  func post(_ order: LoopOrder) {
    let (isTaken, isFirst) = state.withLock { state in
      guard !state.isClosed else { return (false, false) }
      state.orders.append(order)
      return (true, state.orders.count == 1)
    }
    guard isTaken else { return order.abandon() }
    if isFirst { eventfd_write(descriptor, 1) }
  }

  /// The orders since the last call.
  func take() -> [LoopOrder] {
    var count: eventfd_t = 0
    eventfd_read(descriptor, &count)
    return state.withLock { state in
      defer { state.orders = [] }
      return state.orders
    }
  }

  /// Abandons all orders, now and later.
  func shut() {
    let orders = state.withLock { state in
      state.isClosed = true
      defer { state.orders = [] }
      return state.orders
    }
    for order in orders { order.abandon() }
  }
}

extension HTTPError {
  static func system(_ call: String, at place: String, number: CInt) -> HTTPError {
    let reason = strerror(number).map { String(cString: $0) } ?? "error \(number)"
    let remedy =
      switch number {
      case EADDRINUSE: "stop what listens there, or choose another port"
      case EACCES, EPERM: "choose a port above 1023, or grant the right to bind it"
      case EADDRNOTAVAIL: "choose an address of this machine"
      case EMFILE, ENFILE: "raise the limit on open files"
      default: "check the system's log"
      }
    return HTTPError(
      number == EADDRINUSE || number == EACCES || number == EADDRNOTAVAIL ? .cannotListen : .system,
      at: place, problem: "cannot \(call): \(reason)", remedy: remedy)
  }
}
