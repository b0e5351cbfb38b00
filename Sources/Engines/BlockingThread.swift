import Foundation

/// A thread for calls that block, such as `fsync` or a wait for a server's answer, so that they hold no
/// thread of the cooperative pool. They run one after the other.
///
/// Dispatch's queues would not do: their threads are also those of the cooperative pool, as many as there are
/// cores, and a few calls that block would leave none to run tasks on.
final class BlockingThread: Sendable {
  private let work = Work()

  /// Starts the thread; it ends when this is let go of and what was asked of it is done.
  ///
  /// - Parameter label: names the thread in debuggers.
  init(label: String) {
    let thread = Thread { [work] in work.run() }
    thread.name = label
    thread.start()
  }

  deinit { work.end() }

  /// Has a call run after those asked for before.
  func enqueue(_ call: @escaping @Sendable () -> Void) { work.append(call) }

  /// Runs a call after those asked for before, and waits for what it comes to. It stands in line before this
  /// suspends, so that an actor can check and ask in one step.
  func run<Value: Sendable>(
    isolation: isolated (any Actor)? = #isolation,
    _ call: @escaping @Sendable () throws(EngineError) -> Value
  ) async throws(EngineError) -> Value {
    let result = await withCheckedContinuation { continuation in
      enqueue { continuation.resume(returning: Result { () throws(EngineError) -> Value in try call() }) }
    }
    return try result.get()
  }
}

/// What is to be done; all state is guarded by the condition.
private final class Work: @unchecked Sendable {
  private let condition = NSCondition()
  private var calls: [@Sendable () -> Void] = []
  private var isEnding = false

  func append(_ call: @escaping @Sendable () -> Void) {
    condition.withLock {
      calls.append(call)
      condition.signal()
    }
  }

  func end() {
    condition.withLock {
      isEnding = true
      condition.signal()
    }
  }

  func run() {
    while let calls = next() {
      for call in calls { call() }
    }
  }

  /// Waits for calls, and takes them; nil when there will be none.
  private func next() -> [@Sendable () -> Void]? {
    condition.withLock {
      while calls.isEmpty, !isEnding { condition.wait() }
      defer { calls = [] }
      return calls.isEmpty ? nil : calls
    }
  }
}
