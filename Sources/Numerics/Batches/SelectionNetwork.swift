/// Comparators that bring chosen ranks of n values to their places, whatever the values are: Batcher's
/// merge exchange (Knuth, The Art of Computer Programming 3, algorithm 5.2.2M), without the comparators
/// that no chosen rank depends on.
struct SelectionNetwork: Sendable {
  /// Puts the lesser of two values at `low`, the greater at `high`.
  struct Comparator: Sendable, Equatable {
    let low: UInt32
    let high: UInt32
  }

  /// What a place of the result is used for.
  enum Use: Sendable {
    /// Nothing.
    case unused
    /// As one of several whose order does not matter, since only their sum is taken.
    case summed
    /// As the value of its rank.
    case ranked
  }

  /// The comparators in the order in which they are applied.
  let comparators: [Comparator]

  /// Builds a network for `uses.count` values.
  ///
  /// - Parameter uses: what the value of each rank is used for, from the least; of the values `summed`, it
  ///   is only certain that together they are those of the ranks so marked.
  init(uses: [Use]) {
    var state = uses
    var kept: [Comparator] = []
    // From the end, a comparator can go if neither of its results is used, or if both are only summed.
    for comparator in Self.mergeExchange(uses.count).reversed() {
      let (low, high) = (Int(comparator.low), Int(comparator.high))
      if state[low] != .ranked && state[low] == state[high] { continue }
      state[low] = .ranked
      state[high] = .ranked
      kept.append(comparator)
    }
    comparators = kept.reversed()
  }

  /// Comparators that sort `count` values.
  private static func mergeExchange(_ count: Int) -> [Comparator] {
    guard count > 1 else { return [] }
    var comparators: [Comparator] = []
    let top = 1 << (Int.bitWidth - 1 - (count - 1).leadingZeroBitCount)
    var p = top
    while p > 0 {
      var (q, r, distance) = (top, 0, p)
      while true {
        for low in 0..<(count - distance) where low & p == r {
          comparators.append(Comparator(low: UInt32(low), high: UInt32(low + distance)))
        }
        if q == p { break }
        (distance, q, r) = (q - p, q / 2, p)
      }
      p /= 2
    }
    return comparators
  }
}
