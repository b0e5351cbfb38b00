import Numerics

/// Writes the sparse form.
struct SparseEncoder {
  private var models = SparseModels()
  private var encoder = EntropyEncoder()
  private var selector = TopKSelector()
  private var sizes: [UInt32] = []
  private var keptCount = 0

  /// Encodes a vector, keeping the largest values of each chunk; ties go to the lowest index, and zeros are
  /// not kept.
  static func encode(_ values: [Int32], keptPerChunk: Int) -> [UInt8] {
    let grid = ChunkGrid(parameterCount: values.count)
    var sparse = SparseEncoder()
    for index in 0..<grid.chunkCount {
      let parameters = grid.parameters(inChunk: index)
      let quota = ChunkGrid.quota(keptPerChunk: keptPerChunk, parameterCount: parameters.count)
      sparse.append(values.span.extracting(parameters), quota: quota)
    }
    let bytes = sparse.encoder.finish()
    let least = SparseDecoder.leastByteCount(chunkCount: grid.chunkCount, keptCount: sparse.keptCount)
    return bytes + [UInt8](repeating: 0, count: max(0, least - bytes.count))
  }

  private mutating func append(_ chunk: Span<Int32>, quota: Int) {
    selector.select(quota, from: chunk)
    sizes.removeAll(keepingCapacity: true)
    for position in selector.indices where chunk[Int(position)] != 0 {
      sizes.append(chunk[Int(position)].magnitude)
    }
    keptCount += sizes.count
    encoder.append(number: SparseModels.number(ofCount: sizes.count, quota: quota), &models.count)
    guard !sizes.isEmpty else { return }
    sizes.sort()
    let levels = LevelPair(ascending: sizes)
    append(levels)
    var next = 0
    for position in selector.indices where chunk[Int(position)] != 0 {
      let value = chunk[Int(position)]
      let isHigh = levels.isSplit && levels.isHigh(value.magnitude)
      append(gap: Int(position) - next, tag: (isHigh ? 2 : 0) + (value < 0 ? 1 : 0))
      next = Int(position) + 1
    }
  }

  private mutating func append(_ levels: LevelPair) {
    let lowCode = Int(levels.low.code)
    encoder.append(number: SparseModels.zigzag(lowCode - models.lowCode), &models.lowChange)
    encoder.append(number: Int(levels.high.code) - lowCode, &models.spread)
    models.lowCode = lowCode
  }

  private mutating func append(gap: Int, tag: Int) {
    encoder.append(number: gap, &models.gaps[models.gapClass])
    models.gapClass = SparseModels.gapClass(gap)
    encoder.append(tag: tag, &models.tags[models.history])
    models.history = SparseModels.history(models.history, then: tag)
  }
}
