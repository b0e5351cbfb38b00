extension SparseIndex {
  /// Adds weight times every kept value of some chunks to sums whose first element is the parameter at an
  /// offset.
  ///
  /// Reading a gap has to wait for the gap before it. Chunks are independent, so four are read in turn, and
  /// the processor works on all of them at once.
  func accumulate(
    chunks range: Range<Int>, into sums: inout MutableSpan<Int64>, offset: Int, weight: Int64
  ) {
    let words = words.span
    var first = range.lowerBound
    while first < range.upperBound {
      let start = first * UpdateLimits.chunkParameterCount - offset
      if first + 4 <= range.upperBound, areAlike(first..<first + 4) {
        accumulateFour(from: first, words, into: &sums, at: start, weight: weight)
        first += 4
      } else {
        let products = chunks[first].products(weight: weight)
        chunks[first].forEachTag(words) { position, tag in
          sums[start &+ position] &+= products[tag]
        }
        first += 1
      }
    }
  }

  /// Whether chunks can be read in lockstep, with one set of the code's numbers.
  func areAlike(_ range: Range<Int>) -> Bool {
    let first = chunks[range.lowerBound]
    return range.allSatisfy { chunks[$0].isRead(like: first) }
  }

  private func accumulateFour(
    from first: Int, _ words: Span<UInt64>, into sums: inout MutableSpan<Int64>, at start: Int, weight: Int64
  ) {
    let size = UpdateLimits.chunkParameterCount
    let (code, tagCount) = (chunks[first].code, chunks[first].tagCount)
    var lane0 = Lane(chunks[first], start: start, weight: weight)
    var lane1 = Lane(chunks[first + 1], start: start + size, weight: weight)
    var lane2 = Lane(chunks[first + 2], start: start + 2 * size, weight: weight)
    var lane3 = Lane(chunks[first + 3], start: start + 3 * size, weight: weight)
    for _ in 0..<chunks[first].count {
      lane0.addNext(code.read(words, at: &lane0.bitOffset, tagCount: tagCount), to: &sums)
      lane1.addNext(code.read(words, at: &lane1.bitOffset, tagCount: tagCount), to: &sums)
      lane2.addNext(code.read(words, at: &lane2.bitOffset, tagCount: tagCount), to: &sums)
      lane3.addNext(code.read(words, at: &lane3.bitOffset, tagCount: tagCount), to: &sums)
    }
  }

  /// One of the chunks that are read in turn.
  private struct Lane {
    var bitOffset: Int
    private var next: Int
    private let products: InlineArray<4, Int64>

    init(_ chunk: SparseChunk, start: Int, weight: Int64) {
      bitOffset = chunk.bitOffset
      next = start
      products = chunk.products(weight: weight)
    }

    @inline(__always)
    mutating func addNext(_ entry: (gap: Int, tag: Int), to sums: inout MutableSpan<Int64>) {
      sums[next &+ entry.gap] &+= products[entry.tag]
      next &+= entry.gap &+ 1
    }
  }
}
