/// Reads the sparse form, and refuses whatever the encoder would not have written.
struct SparseDecoder {
  private var models = SparseModels()
  private var numbers: CoderState
  private var tags: CoderState
  /// Where the bytes are that are shifted in next.
  private var offset = 2 * CoderState.byteCount
  private var keptCount = 0

  /// The least length of a payload. It bounds the work and the memory that bytes can cost: however well they
  /// were foreseen, a chunk takes a bit and a kept value takes another.
  static func leastByteCount(chunkCount: Int, keptCount: Int) -> Int { (chunkCount + keptCount + 7) / 8 }

  /// Checks that bytes are the encoding of a vector, and reads its values.
  static func decode(
    _ bytes: [UInt8], grid: ChunkGrid, keptPerChunk: Int
  ) throws(UpdateError) -> SparseContent {
    var index = 0
    do {
      var decoder = try SparseDecoder(bytes.span, chunkCount: grid.chunkCount)
      // Room for as many as there can be. The last chunk's quota is rounded up.
      let quota = ChunkGrid.quota(keptPerChunk: keptPerChunk, parameterCount: grid.parameterCount) + 1
      let none = SparseValue(position: 0, tag: 0)
      var values = [SparseValue](repeating: none, count: min(quota, 8 * bytes.count))
      var chunks: [SparseChunk] = []
      chunks.reserveCapacity(grid.chunkCount)
      while index < grid.chunkCount {
        let length = grid.parameters(inChunk: index).count
        let quota = ChunkGrid.quota(keptPerChunk: keptPerChunk, parameterCount: length)
        chunks.append(
          try decoder.chunk(
            bytes.span, into: &values, length: length, quota: quota, chunkCount: grid.chunkCount))
        index += 1
      }
      try decoder.finish(bytes.span, chunkCount: grid.chunkCount)
      values.removeLast(values.count - decoder.keptCount)
      return SparseContent(bytes: bytes, values: values, chunks: chunks)
    } catch {
      throw .malformedPayload(chunk: min(index, grid.chunkCount - 1), error)
    }
  }

  private init(_ bytes: Span<UInt8>, chunkCount: Int) throws(PayloadFault) {
    let least = Self.leastByteCount(chunkCount: chunkCount, keptCount: 0)
    guard bytes.count >= max(least, 2 * CoderState.byteCount) else { throw .truncated }
    numbers = try CoderState(bytes, at: 0)
    tags = try CoderState(bytes, at: CoderState.byteCount)
  }

  private mutating func chunk(
    _ bytes: Span<UInt8>, into values: inout [SparseValue], length: Int, quota: Int, chunkCount: Int
  ) throws(PayloadFault) -> SparseChunk {
    let number = numbers.number(&models.count, bytes, at: &offset)
    guard let count = SparseModels.count(ofNumber: number, quota: quota) else { throw .count }
    guard count > 0 else {
      guard offset <= bytes.count else { throw .truncated }
      return SparseChunk(first: keptCount, count: 0, low: .zero, high: .zero)
    }
    let least = Self.leastByteCount(chunkCount: chunkCount, keptCount: keptCount + count)
    guard least <= bytes.count else { throw .truncated }
    let (low, high) = try levels(bytes)
    let first = keptCount
    let tagsSeen = try readValues(bytes, into: &values, count: count, length: length)
    guard offset <= bytes.count else { throw .truncated }
    let usesLow = tagsSeen & 0b0011 != 0
    let usesHigh = tagsSeen & 0b1100 != 0
    guard usesHigh == (low < high), usesLow else { throw .unusedLevel }
    return SparseChunk(first: first, count: count, low: low, high: high)
  }

  private mutating func levels(
    _ bytes: Span<UInt8>
  ) throws(PayloadFault) -> (low: Magnitude, high: Magnitude) {
    let change = numbers.number(&models.lowChange, bytes, at: &offset)
    let spread = numbers.number(&models.spread, bytes, at: &offset)
    let lowCode = models.lowCode + SparseModels.difference(ofZigzag: change)
    let codes = 1...Int(Magnitude.maximumCode)
    guard codes.contains(lowCode), codes.contains(lowCode + spread),
      let low = Magnitude(code: UInt8(lowCode)), let high = Magnitude(code: UInt8(lowCode + spread))
    else { throw .magnitude }
    models.lowCode = lowCode
    return (low, high)
  }

  /// Reads a chunk's values, and returns which tags occur: bit t for tag t.
  ///
  /// The states and what they depend on are held in local variables, which stay in registers.
  private mutating func readValues(
    _ bytes: Span<UInt8>, into values: inout [SparseValue], count: Int, length: Int
  ) throws(PayloadFault) -> Int {
    var (numbers, tags, offset) = (numbers, tags, offset)
    var (gapClass, history) = (models.gapClass, models.history)
    var room = values.mutableSpan
    var (position, tagsSeen) = (-1, 0)
    for place in keptCount..<keptCount + count {
      let gap = numbers.number(&models.gaps[gapClass], bytes, at: &offset)
      position &+= gap &+ 1
      guard position < length else { throw .position }
      gapClass = SparseModels.gapClass(gap)
      let tag = tags.symbol(&models.tags[history], bytes, at: &offset)
      history = SparseModels.history(history, then: tag)
      tagsSeen |= 1 &<< tag
      room[place] = SparseValue(position: position, tag: tag)
    }
    (self.numbers, self.tags, self.offset) = (numbers, tags, offset)
    (models.gapClass, models.history) = (gapClass, history)
    keptCount += count
    return tagsSeen
  }

  /// Checks that both states are back where the encoder started, and that nothing but the padding is left.
  private mutating func finish(_ bytes: Span<UInt8>, chunkCount: Int) throws(PayloadFault) {
    guard numbers.value == CoderState.least, tags.value == CoderState.least else { throw .state }
    let least = Self.leastByteCount(chunkCount: chunkCount, keptCount: keptCount)
    guard bytes.count == max(offset, least) else { throw .trailingBytes }
    for place in offset..<bytes.count where bytes[place] != 0 { throw .padding }
  }
}
