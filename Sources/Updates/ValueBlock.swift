/// The values of some chunks of an update, unpacked into memory that serves one update after the other.
///
/// ```swift
/// var block = ValueBlock(chunkCount: 4)
/// for payload in payloads {
///   payload.unpack(chunks: 0..<4, into: &block)
///   let indices = block.indices.span.extracting(..<block.count)   // from the first chunk's first parameter
/// }
/// ```
public struct ValueBlock: Sendable {
  /// Places from the block's first parameter on, ascending; the first `count` are filled.
  public fileprivate(set) var indices: [UInt32]
  /// The values in quanta, none of them zero; the first `count` are filled.
  public fileprivate(set) var values: [Int32]
  /// How many values the block holds.
  public fileprivate(set) var count = 0

  /// Makes room for the values of as many chunks.
  public init(chunkCount: Int) {
    let capacity = chunkCount * UpdateLimits.chunkParameterCount
    indices = [UInt32](repeating: 0, count: capacity)
    values = [Int32](repeating: 0, count: capacity)
  }
}

extension Payload {
  /// Unpacks the values of some chunks that are not zero.
  ///
  /// - Parameters:
  ///   - chunks: at most as many as the block has room for
  ///   - block: what it held before is replaced
  public func unpack(chunks: Range<Int>, into block: inout ValueBlock) {
    precondition(
      grid.parameters(inChunks: chunks).count <= block.values.count,
      "a block of \(block.values.count) values does not hold \(chunks.count) chunks")
    block.count = unpack(chunks, &block.indices, &block.values)
  }

  /// Returns how many values there are.
  private func unpack(_ chunks: Range<Int>, _ indices: inout [UInt32], _ values: inout [Int32]) -> Int {
    var indices = indices.mutableSpan
    var values = values.mutableSpan
    if case .sparse(let sparse) = index { return sparse.unpack(chunks, &indices, &values) }
    let start = chunks.lowerBound * UpdateLimits.chunkParameterCount
    var filled = 0
    visit(chunks: chunks) { index, value in
      guard value != 0 else { return }
      indices[filled] = UInt32(truncatingIfNeeded: index &- start)
      values[filled] = value
      filled &+= 1
    }
    return filled
  }
}

extension SparseIndex {
  fileprivate func unpack(
    _ range: Range<Int>, _ indices: inout MutableSpan<UInt32>, _ values: inout MutableSpan<Int32>
  ) -> Int {
    let words = words.span
    var filled = 0
    var next = range.lowerBound
    while next < range.upperBound {
      let start = (next - range.lowerBound) * UpdateLimits.chunkParameterCount
      if next + 4 <= range.upperBound, areAlike(next..<next + 4) {
        unpackFour(from: next, words, &indices, &values, start: start, at: filled)
        filled += 4 * chunks[next].count
        next += 4
      } else {
        let products = chunks[next].products(weight: 1)
        chunks[next].forEachTag(words) { position, tag in
          indices[filled] = UInt32(truncatingIfNeeded: start &+ position)
          values[filled] = Int32(truncatingIfNeeded: products[tag])
          filled &+= 1
        }
        next += 1
      }
    }
    return filled
  }

  private func unpackFour(
    from first: Int, _ words: Span<UInt64>, _ indices: inout MutableSpan<UInt32>,
    _ values: inout MutableSpan<Int32>, start: Int, at filled: Int
  ) {
    let size = UpdateLimits.chunkParameterCount
    let (code, tagCount, count) = (chunks[first].code, chunks[first].tagCount, chunks[first].count)
    var lane0 = UnpackedLane(chunks[first], start: start, place: filled)
    var lane1 = UnpackedLane(chunks[first + 1], start: start + size, place: filled + count)
    var lane2 = UnpackedLane(chunks[first + 2], start: start + 2 * size, place: filled + 2 * count)
    var lane3 = UnpackedLane(chunks[first + 3], start: start + 3 * size, place: filled + 3 * count)
    for _ in 0..<count {
      lane0.write(code.read(words, at: &lane0.bitOffset, tagCount: tagCount), &indices, &values)
      lane1.write(code.read(words, at: &lane1.bitOffset, tagCount: tagCount), &indices, &values)
      lane2.write(code.read(words, at: &lane2.bitOffset, tagCount: tagCount), &indices, &values)
      lane3.write(code.read(words, at: &lane3.bitOffset, tagCount: tagCount), &indices, &values)
    }
  }
}

/// One of the chunks that are read in turn, as in `SparseIndex.accumulate`.
private struct UnpackedLane {
  var bitOffset: Int
  private var next: Int
  private var place: Int
  private let products: InlineArray<4, Int64>

  init(_ chunk: SparseChunk, start: Int, place: Int) {
    bitOffset = chunk.bitOffset
    next = start
    self.place = place
    products = chunk.products(weight: 1)
  }

  @inline(__always)
  mutating func write(
    _ entry: (gap: Int, tag: Int), _ indices: inout MutableSpan<UInt32>, _ values: inout MutableSpan<Int32>
  ) {
    next &+= entry.gap
    indices[place] = UInt32(truncatingIfNeeded: next)
    values[place] = Int32(truncatingIfNeeded: products[entry.tag])
    next &+= 1
    place &+= 1
  }
}
