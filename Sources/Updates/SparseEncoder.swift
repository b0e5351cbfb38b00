import Numerics

/// Writes the sparse form.
struct SparseEncoder {
  private var writer = BitWriter()
  private var selector = TopKSelector()
  private var sizes: [UInt32] = []

  /// Encodes a vector, keeping the largest values of each chunk; ties go to the lowest index, and zeros are
  /// not kept.
  static func encode(_ values: [Int32], keptPerChunk: Int) -> [UInt8] {
    let grid = ChunkGrid(parameterCount: values.count)
    var encoder = SparseEncoder()
    for index in 0..<grid.chunkCount {
      let parameters = grid.parameters(inChunk: index)
      let quota = ChunkGrid.quota(keptPerChunk: keptPerChunk, parameterCount: parameters.count)
      encoder.append(values.span.extracting(parameters), quota: quota)
    }
    return encoder.writer.finish()
  }

  private mutating func append(_ chunk: Span<Int32>, quota: Int) {
    selector.select(quota, from: chunk)
    sizes.removeAll(keepingCapacity: true)
    for position in selector.indices where chunk[Int(position)] != 0 {
      sizes.append(chunk[Int(position)].magnitude)
    }
    writer.append(gamma: quota - sizes.count + 1)
    guard !sizes.isEmpty else { return }
    let code = GolombCode(count: sizes.count, length: chunk.count)
    sizes.sort()
    let levels = LevelPair(ascending: sizes)
    levels.append(to: &writer)
    var next = 0
    for position in selector.indices where chunk[Int(position)] != 0 {
      let value = chunk[Int(position)]
      code.append(Int(position) - next, to: &writer)
      if levels.isSplit { writer.append(levels.isHigh(value.magnitude) ? 1 : 0, count: 1) }
      writer.append(value < 0 ? 1 : 0, count: 1)
      next = Int(position) + 1
    }
  }
}
