import Synchronization

/// Wakes the tasks that wait for an engine to get further.
///
/// It stands beside the engine's actor, not in it, so that a cancelled or closed wait ends at once even while
/// the engine is busy writing.
final class ProgressSignal<Progress: Sendable>: Sendable {
  private typealias Outcome = Result<Progress, EngineError>

  private struct Waiter {
    let number: UInt64
    let condition: @Sendable (Progress) -> Bool
    let continuation: CheckedContinuation<Outcome, Never>
  }

  private struct State {
    var progress: Progress
    var end: EngineError?
    var nextNumber: UInt64 = 0
    var waiters: [Waiter] = []
  }

  private let engine: String
  private let state: Mutex<State>

  init(engine: String, progress: Progress) {
    self.engine = engine
    state = Mutex(State(progress: progress))
  }

  /// Returns once the progress meets a condition.
  func wait(until condition: @escaping @Sendable (Progress) -> Bool) async throws(EngineError) -> Progress {
    let number = state.withLock { state in
      state.nextNumber += 1
      return state.nextNumber
    }
    let outcome = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let waiter = Waiter(number: number, condition: condition, continuation: continuation)
        if let outcome = enter(waiter) { continuation.resume(returning: outcome) }
      }
    } onCancel: {
      cancel(number)
    }
    return try outcome.get()
  }

  /// Tells the waiting tasks how far the engine is now.
  func advance(to progress: Progress) {
    let ready = state.withLock { state in
      state.progress = progress
      let ready = state.waiters.filter { $0.condition(progress) }
      state.waiters.removeAll { $0.condition(progress) }
      return ready
    }
    for waiter in ready { waiter.continuation.resume(returning: .success(progress)) }
  }

  /// Throws what ended the engine, if anything did.
  func check() throws(EngineError) {
    if let end = state.withLock({ $0.end }) { throw end }
  }

  /// Ends every wait, now and later, because the engine was closed.
  func close() { end(with: .closed(engine)) }

  /// Ends every wait, now and later. The first end stays.
  func end(with error: EngineError) {
    let (waiters, end) = state.withLock { state in
      let end = state.end ?? error
      state.end = end
      defer { state.waiters = [] }
      return (state.waiters, end)
    }
    for waiter in waiters { waiter.continuation.resume(returning: .failure(end)) }
  }

  // A cancellation that came before the waiter was entered finds nothing to cancel; it is seen here instead,
  // because a task is marked as cancelled before its handlers run.
  private func enter(_ waiter: Waiter) -> Outcome? {
    state.withLock { state in
      if let end = state.end { return .failure(end) }
      if Task.isCancelled { return .failure(.cancelled(engine)) }
      if waiter.condition(state.progress) { return .success(state.progress) }
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

/// Wakes the tasks that wait for a log to grow.
typealias HeadSignal = ProgressSignal<LogHead>

extension ProgressSignal where Progress == LogHead {
  convenience init(engine: String, head: LogHead) {
    self.init(engine: engine, progress: head)
  }

  /// Returns once the head's length exceeds `length`.
  func wait(beyond length: UInt64) async throws(EngineError) -> LogHead {
    try await wait { $0.length > length }
  }
}
