/// A line for calls that block, such as a wait for a server's answer, so that they hold no thread of the
/// cooperative pool. Calls on one lane run one after another.
final class BlockingLane: Sendable {
  private let thread: BlockingThread

  /// - Parameter label: names the thread in debuggers.
  init(label: String) {
    thread = BlockingThread(label: label)
  }

  /// Runs a call that may block.
  func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws(EngineError) -> Value
  ) async throws(EngineError) -> Value {
    let result = await withCheckedContinuation { continuation in
      thread.run {
        continuation.resume(returning: Result { () throws(EngineError) -> Value in try body() })
      }
    }
    return try result.get()
  }
}
