import Dispatch
import Synchronization

/// Division of independent work among threads.
enum Parallel {
  /// Does numbered pieces of work and returns their results in order.
  ///
  /// Threads take the next piece when they are done with one, so pieces may differ in length. What a piece
  /// computes must not depend on which thread it meets; then nothing depends on the number of threads.
  static func map<Result: Sendable>(
    count: Int, threads: Int, _ work: @Sendable (Int) -> Result
  ) -> [Result] {
    guard threads > 1, count > 1 else { return (0..<count).map(work) }
    let next = Atomic(0)
    let results = Mutex([Result?](repeating: nil, count: count))
    DispatchQueue.concurrentPerform(iterations: min(threads, count)) { _ in
      while true {
        let piece = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard piece < count else { return }
        let result = work(piece)
        results.withLock { $0[piece] = result }
      }
    }
    return results.withLock { $0.compactMap(\.self) }
  }

  /// Consecutive ranges that cover 0..<count, as even as can be, at most `parts` of them and none empty.
  static func ranges(of count: Int, parts: Int) -> [Range<Int>] {
    let parts = min(max(parts, 1), count)
    return (0..<parts).map { $0 * count / parts..<($0 + 1) * count / parts }
  }
}
