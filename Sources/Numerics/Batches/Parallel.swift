import Dispatch
import Synchronization

/// Work that is divided among threads.
enum Parallel {
  /// Does pieces 0..<`count`, each once, on at most `threads` threads that take one piece after another.
  ///
  /// Each piece must write to places of its own; then results do not depend on the threads.
  static func forEach(_ count: Int, threads: Int, _ piece: (Int) -> Void) {
    let workers = min(threads, count)
    guard workers > 1 else {
      for index in 0..<count { piece(index) }
      return
    }
    let next = Atomic(0)
    withoutActuallyEscaping(piece) { piece in
      // Pieces capture pointers into one result, which the compiler cannot see them divide.
      nonisolated(unsafe) let piece = piece
      DispatchQueue.concurrentPerform(iterations: workers) { _ in
        while true {
          let index = next.add(1, ordering: .relaxed).oldValue
          guard index < count else { return }
          piece(index)
        }
      }
    }
  }

  /// A range of `length` things cut into pieces of `step`, the last one shorter.
  static func forEachRange(
    of length: Int, by step: Int, threads: Int, _ piece: (Range<Int>) -> Void
  ) {
    forEach((length + step - 1) / step, threads: threads) { index in
      piece((index * step)..<min((index + 1) * step, length))
    }
  }

  /// The same with memory for each thread's intermediate values, aligned to cache lines, which holds anything
  /// at first.
  ///
  /// - Parameter count: how many values a piece needs room for.
  static func forEachRange(
    of length: Int, by step: Int, threads: Int, scratch count: Int,
    _ piece: (Range<Int>, UnsafeMutablePointer<Float>) -> Void
  ) {
    let pieces = (length + step - 1) / step
    let next = Atomic(0)
    forEach(min(threads, pieces), threads: threads) { _ in
      Scratch.with(count) { scratch in
        while true {
          let index = next.add(1, ordering: .relaxed).oldValue
          guard index < pieces else { return }
          piece((index * step)..<min((index + 1) * step, length), scratch)
        }
      }
    }
  }
}

/// Memory for intermediate values of one piece of work, aligned to cache lines. It holds anything at first.
enum Scratch {
  @inline(__always)
  static func with(_ count: Int, _ body: (UnsafeMutablePointer<Float>) -> Void) {
    withUnsafeTemporaryAllocation(byteCount: count * MemoryLayout<Float>.stride, alignment: 64) { bytes in
      guard let base = bytes.bindMemory(to: Float.self).baseAddress else { return }
      body(base)
    }
  }
}
