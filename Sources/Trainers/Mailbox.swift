import Learning
import Synchronization

/// What tasks ask of a trainer's thread, and how they end what they asked for.
final class Mailbox: Sendable {
  /// One call.
  struct Order: Sendable {
    let number: UInt64
    /// Carries it out on the thread, and tells the caller what came of it.
    let run: @Sendable (TrainerLoop) -> Void
    /// Tells the caller that it was not carried out.
    let refuse: @Sendable (TrainerFault) -> Void
  }

  /// What the thread does next.
  enum Next {
    case run(Order)
    case wait
    case end
  }

  private struct State {
    var lastNumber: UInt64 = 0
    var orders: [Order] = []
    var current: UInt64?
    var isCurrentCancelled = false
    var isClosed = false
    var hasEnded = false
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let state = Mutex(State())
  private let wakeUp: @Sendable () -> Void

  /// A mailbox.
  ///
  /// - Parameter wakeUp: wakes the thread.
  init(wakeUp: @escaping @Sendable () -> Void) { self.wakeUp = wakeUp }

  // MARK: Tasks

  /// A number for an order.
  func newNumber() -> UInt64 {
    state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
  }

  /// Puts an order behind the others. A cancellation that came before finds nothing to cancel: it is seen
  /// here, because a task is marked as cancelled before its handlers run.
  func append(_ order: Order) {
    let fault: TrainerFault? = state.withLock { state in
      if state.isClosed { return .stopped }
      if Task.isCancelled { return .cancelled }
      state.orders.append(order)
      return nil
    }
    if let fault { order.refuse(fault) } else { wakeUp() }
  }

  /// Ends an order, whether it has been begun or not.
  func cancel(_ number: UInt64) {
    let order = state.withLock { state in
      if state.current == number { state.isCurrentCancelled = true }
      return state.orders.firstIndex { $0.number == number }.map { state.orders.remove(at: $0) }
    }
    if let order { order.refuse(.cancelled) } else { wakeUp() }
  }

  /// Ends all orders, now and later, and the thread.
  func close() {
    let orders = state.withLock { state in
      state.isClosed = true
      defer { state.orders = [] }
      return state.orders
    }
    for order in orders { order.refuse(.stopped) }
    wakeUp()
  }

  /// Returns once the thread has ended.
  func waitForEnd() async {
    await withCheckedContinuation { continuation in
      let hasEnded = state.withLock { state in
        if !state.hasEnded { state.waiting.append(continuation) }
        return state.hasEnded
      }
      if hasEnded { continuation.resume() }
    }
  }

  // MARK: The thread

  /// What to do next. The order before is over.
  func next() -> Next {
    state.withLock { state in
      state.current = nil
      state.isCurrentCancelled = false
      if state.isClosed { return .end }
      guard !state.orders.isEmpty else { return .wait }
      let order = state.orders.removeFirst()
      state.current = order.number
      return .run(order)
    }
  }

  /// Why the current order has to end, if it has to.
  var interruption: TrainerFault? {
    state.withLock { $0.isClosed ? .stopped : $0.isCurrentCancelled ? .cancelled : nil }
  }

  /// Tells those who wait that the thread has ended.
  func ended() {
    let waiting = state.withLock { state in
      state.hasEnded = true
      defer { state.waiting = [] }
      return state.waiting
    }
    for continuation in waiting { continuation.resume() }
  }
}
