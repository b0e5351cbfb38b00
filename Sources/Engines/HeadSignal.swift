import Synchronization

/// Wakes the tasks that wait for a log to grow.
///
/// It stands beside the engine's actor, not in it, so that a cancelled or closed wait ends at once even while
/// the engine is busy writing.
final class HeadSignal: Sendable {
  private typealias Outcome = Result<LogHead, EngineError>

  private struct Waiter {
    let number: UInt64
    let length: UInt64
    let continuation: CheckedContinuation<Outcome, Never>
  }

  private struct State {
    var head: LogHead
    var isClosed = false
    var nextNumber: UInt64 = 0
    var waiters: [Waiter] = []
  }

  private let engine: String
  private let state: Mutex<State>

  init(engine: String, head: LogHead) {
    self.engine = engine
    state = Mutex(State(head: head))
  }

  /// Returns once the head's length exceeds `length`.
  func wait(beyond length: UInt64) async throws(EngineError) -> LogHead {
    let number = state.withLock { state in
      state.nextNumber += 1
      return state.nextNumber
    }
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        if let outcome = enter(Waiter(number: number, length: length, continuation: continuation)) {
          continuation.resume(returning: outcome)
        }
      }
    } onCancel: {
      cancel(number)
    }
    return try outcome.get()
  }

  /// Tells the waiting tasks how long the log is now.
  func advance(to head: LogHead) {
    let ready = state.withLock { state in
      state.head = head
      let ready = state.waiters.filter { head.length > $0.length }
      state.waiters.removeAll { head.length > $0.length }
      return ready
    }
    for waiter in ready { waiter.continuation.resume(returning: .success(head)) }
  }

  /// Ends every wait, now and later.
  func close() {
    let waiters = state.withLock { state in
      state.isClosed = true
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.continuation.resume(returning: .failure(.closed(engine))) }
  }

  // A cancellation that came before the waiter was entered finds nothing to cancel; it is seen here instead,
  // because a task is marked as cancelled before its handlers run.
  private func enter(_ waiter: Waiter) -> Outcome? {
    state.withLock { state in
      if state.isClosed { return .failure(.closed(engine)) }
      if Task.isCancelled { return .failure(.cancelled(engine)) }
      if state.head.length > waiter.length { return .success(state.head) }
      state.waiters.append(waiter)
      return nil
    }
  }

  private func cancel(_ number: UInt64) {
    let waiter = state.withLock { state in
      state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
    }
    waiter?.continuation.resume(returning: .failure(.cancelled(engine)))
  }
}
