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
    if case .sparse(let sparse) = content { return sparse.unpack(chunks, &indices, &values) }
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

extension SparseContent {
  fileprivate func unpack(
    _ range: Range<Int>, _ indices: inout MutableSpan<UInt32>, _ unpacked: inout MutableSpan<Int32>
  ) -> Int {
    let values = values.span
    var filled = 0
    for chunk in range {
      let start = (chunk - range.lowerBound) * UpdateLimits.chunkParameterCount
      let products = chunks[chunk].products(weight: 1)
      for place in chunks[chunk].places {
        let value = values[place]
        indices[filled] = UInt32(truncatingIfNeeded: start &+ value.position)
        unpacked[filled] = Int32(truncatingIfNeeded: products[value.tag])
        filled &+= 1
      }
    }
    return filled
  }
}
