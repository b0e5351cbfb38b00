/// Where a chunk's kept values stand in a validated sparse payload, and how to read them.
struct SparseChunk: Sendable, Hashable {
  /// The offset in bits of the first kept value.
  let bitOffset: Int
  /// The number of kept values.
  let count: Int
  /// The low and the high magnitude in quanta.
  let low: Int32
  let high: Int32
  /// The bits that follow each gap: a level, if there are two, and the sign.
  let tagCount: Int
  let code: GolombCode

  /// What a tag stands for, times a weight.
  @inline(__always)
  func products(weight: Int64) -> InlineArray<4, Int64> {
    let low = Int64(low) &* weight
    let high = Int64(high) &* weight
    return [low, 0 &- low, high, 0 &- high]
  }

  /// Calls a function with the position inside the chunk and the tag of each kept value, in ascending order.
  @inline(__always)
  func forEachTag(_ words: Span<UInt64>, _ body: (_ position: Int, _ tag: Int) -> Void) {
    var offset = bitOffset
    var position = -1
    for _ in 0..<count {
      let (gap, tag) = code.read(words, at: &offset, tagCount: tagCount)
      position &+= gap &+ 1
      body(position, tag)
    }
  }
}

/// A validated sparse payload: its bits and the place of every chunk in them.
struct SparseIndex: Sendable {
  let words: [UInt64]
  let chunks: [SparseChunk]

  /// Checks that the bytes are the encoding of an update.
  ///
  /// The work is bounded by the bytes: each chunk takes at least one bit, and nothing is allocated before the
  /// bits that it stands for have been read.
  init(_ bytes: [UInt8], grid: ChunkGrid, keptPerChunk: Int) throws(UpdateError) {
    let words = BitWindow.words(of: bytes)
    let end = bytes.count * 8
    var chunks: [SparseChunk] = []
    var offset = 0
    for index in 0..<grid.chunkCount {
      let length = grid.parameters(inChunk: index).count
      let quota = ChunkGrid.quota(keptPerChunk: keptPerChunk, parameterCount: length)
      do {
        chunks.append(try Self.chunk(words.span, at: &offset, end: end, length: length, quota: quota))
      } catch {
        throw .malformedPayload(chunk: index, error)
      }
    }
    let last = chunks.count - 1
    guard end - offset < 8 else { throw .malformedPayload(chunk: last, .trailingBytes) }
    guard BitWindow.load(words.span, at: offset) == 0 else { throw .malformedPayload(chunk: last, .padding) }
    self.words = words
    self.chunks = chunks
  }

  private static func chunk(
    _ words: Span<UInt64>, at offset: inout Int, end: Int, length: Int, quota: Int
  ) throws(PayloadFault) -> SparseChunk {
    guard offset < end else { throw .truncated }
    guard let shortagePlusOne = BitWindow.gamma(words, at: &offset) else { throw .count }
    guard offset <= end else { throw .truncated }
    let count = quota + 1 - shortagePlusOne
    guard count >= 0 else { throw .count }
    guard count > 0 else {
      return SparseChunk(
        bitOffset: offset, count: 0, low: 0, high: 0, tagCount: 1, code: GolombCode(count: 1, length: length))
    }
    let levels = try LevelPair(words, at: &offset, end: end)
    let chunk = SparseChunk(
      bitOffset: offset, count: count, low: levels.low.quanta, high: levels.high.quanta,
      tagCount: levels.isSplit ? 2 : 1, code: GolombCode(count: count, length: length))
    try chunk.validate(words, at: &offset, end: end, length: length)
    return chunk
  }
}

extension SparseChunk {
  /// Reads the kept values with a check on each, and moves the offset past them.
  fileprivate func validate(
    _ words: Span<UInt64>, at offset: inout Int, end: Int, length: Int
  ) throws(PayloadFault) {
    var position = -1
    var tagsSeen = 0
    for _ in 0..<count {
      guard offset < end else { throw .truncated }
      let (gap, tag) = code.read(words, at: &offset, tagCount: tagCount)
      guard offset <= end else { throw .truncated }
      position += gap + 1
      guard position < length else { throw .position }
      tagsSeen |= 1 << tag
    }
    let usesBothLevels = tagsSeen & 0b0011 != 0 && tagsSeen & 0b1100 != 0
    guard tagCount == 1 || usesBothLevels else { throw .unusedLevel }
  }
}
