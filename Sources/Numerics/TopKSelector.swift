/// Finds the largest values of a chunk by magnitude, and keeps its working memory between chunks.
///
/// A power of two is lowered until at least `k` magnitudes reach it, which takes fast counting passes over
/// the chunk; the k-th largest of the few that reach it is then found by counting into bins, eight bits at a
/// time. Among equal magnitudes the lowest index wins.
///
/// ```swift
/// var selector = TopKSelector()
/// selector.select(2, from: [5, -9, 0, 9])
/// selector.indices                                // [1, 3]
/// ```
public struct TopKSelector: Sendable {
  /// The indices last selected, ascending.
  public private(set) var indices: [UInt32] = []

  private var candidates: [UInt32] = []
  private var magnitudes: [UInt32] = []
  private var bins = [UInt32](repeating: 0, count: 1 << binBits)

  private static let binBits = 8

  /// A selector with no selection yet.
  public init() {}

  /// Selects the `k` values of the largest magnitude into `indices`; all of them if there are no more.
  ///
  /// - Parameters:
  ///   - k: how many, at least 0.
  ///   - values: a chunk, of up to 2^32 - 1 values. Zeros are selected only when nothing larger is left.
  public mutating func select(_ k: Int, from values: Span<Int32>) {
    precondition(k >= 0, "cannot select \(k) values")
    precondition(values.count <= Int(UInt32.max), "\(values.count) values are too many for 32-bit indices")
    indices.removeAll(keepingCapacity: true)
    guard k < values.count else {
      indices.append(contentsOf: 0..<UInt32(values.count))
      return
    }
    guard k > 0 else { return }
    let greatest = Kernels.maximumMagnitude(values)
    collectCandidates(k, from: values, greatest: greatest)
    let (threshold, ties) = findThreshold(k, greatest: greatest)
    var tiesLeft = ties
    for index in candidates {
      let magnitude = values[Int(index)].magnitude
      if magnitude < threshold { continue }
      if magnitude == threshold {
        if tiesLeft == 0 { continue }
        tiesLeft -= 1
      }
      indices.append(index)
    }
  }

  /// Selects from an array.
  public mutating func select(_ k: Int, from values: [Int32]) { select(k, from: values.span) }

  /// Lists at least `k` values, and all that are as large as the least of them.
  private mutating func collectCandidates(_ k: Int, from values: Span<Int32>, greatest: UInt32) {
    var floor = greatest == 0 ? 0 : (1 as UInt32) << (UInt32.bitWidth - 1 - greatest.leadingZeroBitCount)
    while floor > 0, Kernels.count(values, reaching: floor) < k { floor >>= 1 }
    Kernels.list(values, reaching: floor, into: &candidates)
    magnitudes.removeAll(keepingCapacity: true)
    for index in candidates { magnitudes.append(values[Int(index)].magnitude) }
  }

  /// The k-th largest magnitude, and how many values of just that magnitude are among the first k.
  private mutating func findThreshold(_ k: Int, greatest: UInt32) -> (magnitude: UInt32, ties: Int) {
    var shift = greatest.bitWidth - greatest.leadingZeroBitCount
    var prefix: UInt32 = 0
    var wanted = k
    while shift > 0 {
      let nextShift = max(0, shift - Self.binBits)
      let firstBin = prefix << (shift - nextShift)
      for bin in bins.indices { bins[bin] = 0 }
      for magnitude in magnitudes { bins[Int((magnitude >> nextShift) - firstBin)] += 1 }
      var bin = bins.count - 1
      while Int(bins[bin]) < wanted {
        wanted -= Int(bins[bin])
        bin -= 1
      }
      // Other bins are wholly in or wholly out; the next lower bits divide this one.
      prefix = firstBin + UInt32(bin)
      shift = nextShift
      magnitudes.removeAll { $0 >> shift != prefix }
    }
    return (prefix, wanted)
  }
}

// Pointers in these two, because a loop with checked accesses is not vectorised; they stay within the length.
extension Kernels {
  /// How many values have a magnitude of at least `floor`, which is not 0.
  static func count(_ values: Span<Int32>, reaching floor: UInt32) -> Int {
    values.withUnsafeBufferPointer { values in
      // The difference's top bit says "smaller" because neither side is above 2^31. A comparison here would
      // become a branch, and the loop would not be vectorised.
      var smaller: UInt32 = 0
      for value in values { smaller &+= (value.magnitude &- floor) >> 31 }
      return values.count - Int(smaller)
    }
  }

  /// Lists the indices of the values that have a magnitude of at least `floor`, ascending.
  static func list(_ values: Span<Int32>, reaching floor: UInt32, into indices: inout [UInt32]) {
    indices = [UInt32](unsafeUninitializedCapacity: values.count) { list, count in
      values.withUnsafeBufferPointer { values in
        guard let base = list.baseAddress else { return }
        // Writes every index and moves on past the large ones only: no branch to be mispredicted.
        for index in 0..<values.count {
          (base + count).initialize(to: UInt32(truncatingIfNeeded: index))
          count &+= values[index].magnitude >= floor ? 1 : 0
        }
      }
    }
  }

  /// The indices of the `k` values of the largest magnitude, ascending; the lowest index wins among equals.
  ///
  /// A loop over chunks is better off with one `TopKSelector`, which keeps its working memory.
  public static func topK(_ k: Int, of values: [Int32]) -> [UInt32] {
    var selector = TopKSelector()
    selector.select(k, from: values)
    return selector.indices
  }
}
