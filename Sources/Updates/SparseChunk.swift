/// One chunk's kept values: where they stand among a payload's, and their two magnitudes.
///
/// A window has thousands of payloads with thousands of chunks, so a record takes eight bytes.
struct SparseChunk: Sendable, Hashable {
  private let first: UInt32
  private let keptCount: UInt16
  private let low: Magnitude
  private let high: Magnitude

  /// Describes a chunk that keeps `count` values from the payload's `first` on; without any its levels are
  /// zero.
  init(first: Int, count: Int, low: Magnitude, high: Magnitude) {
    self.first = UInt32(first)
    keptCount = UInt16(count)
    self.low = low
    self.high = high
  }

  /// The places of the values in `SparseContent.values`.
  var places: Range<Int> { Int(first)..<Int(first) + Int(keptCount) }

  /// What a tag stands for, times a weight.
  @inline(__always)
  func products(weight: Int64) -> InlineArray<4, Int64> {
    let low = Int64(low.quanta) &* weight
    let high = Int64(high.quanta) &* weight
    return [low, 0 &- low, high, 0 &- high]
  }
}

/// A kept value: its position in its chunk, and a tag of two bits, the level and the sign.
struct SparseValue: Sendable, Hashable {
  private let bits: UInt16

  /// Puts a position below 4,096 and a tag below 4 together.
  @inline(__always)
  init(position: Int, tag: Int) {
    bits = UInt16(truncatingIfNeeded: position &<< 2 | tag)
  }

  /// The position in the chunk.
  @inline(__always)
  var position: Int { Int(bits &>> 2) }

  /// 0 and 1 for the low level, 2 and 3 for the high one; the odd ones are negative.
  @inline(__always)
  var tag: Int { Int(bits & 3) }
}

/// A validated sparse payload: its bytes, and the values that they stand for.
struct SparseContent: Sendable {
  let bytes: [UInt8]
  /// The kept values of all chunks, in the order of their positions.
  let values: [SparseValue]
  let chunks: [SparseChunk]
}

extension SparseContent {
  /// Adds weight times every kept value of some chunks to sums whose first element is the parameter at an
  /// offset.
  func accumulate(chunks range: Range<Int>, into sums: inout MutableSpan<Int64>, offset: Int, weight: Int64) {
    let values = values.span
    for chunk in range {
      let start = chunk * UpdateLimits.chunkParameterCount - offset
      let products = chunks[chunk].products(weight: weight)
      for place in chunks[chunk].places {
        let value = values[place]
        sums[start &+ value.position] &+= products[value.tag]
      }
    }
  }
}
