/// Where a chunk's kept values stand in a validated sparse payload, and how to read them.
///
/// A window has thousands of payloads with thousands of chunks, so a record takes 16 bytes, and what follows
/// from it is worked out when the chunk is read.
struct SparseChunk: Sendable, Hashable {
  /// The offset in bits of the first kept value.
  let bitOffset: Int
  private let keptCount: UInt16
  private let parameterCount: UInt16
  private let low: Magnitude
  private let high: Magnitude

  /// Describes a chunk of `length` parameters that keeps `count` values; without any its levels are zero.
  init(bitOffset: Int, count: Int, length: Int, low: Magnitude, high: Magnitude) {
    self.bitOffset = bitOffset
    keptCount = UInt16(count)
    parameterCount = UInt16(length)
    self.low = low
    self.high = high
  }

  /// The number of kept values.
  var count: Int { Int(keptCount) }

  /// The bits that follow each gap: a level, if there are two, and the sign.
  var tagCount: Int { low == high ? 1 : 2 }

  /// The code of the gaps.
  var code: GolombCode { GolombCode(count: max(count, 1), length: Int(parameterCount)) }

  /// Whether another chunk is read with the same code and the same tags.
  func isRead(like other: SparseChunk) -> Bool {
    keptCount == other.keptCount && parameterCount == other.parameterCount && tagCount == other.tagCount
  }

  /// What a tag stands for, times a weight.
  @inline(__always)
  func products(weight: Int64) -> InlineArray<4, Int64> {
    let low = Int64(low.quanta) &* weight
    let high = Int64(high.quanta) &* weight
    return [low, 0 &- low, high, 0 &- high]
  }

  /// Calls a function with the position inside the chunk and the tag of each kept value, in ascending order.
  @inline(__always)
  func forEachTag(_ words: Span<UInt64>, _ body: (_ position: Int, _ tag: Int) -> Void) {
    let (code, tagCount) = (code, tagCount)
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
  /// The bits as words, which are also the only copy of the bytes.
  let words: [UInt64]
  /// The number of bytes that the words hold.
  let byteCount: Int
  let chunks: [SparseChunk]

  /// The encoding.
  var bytes: [UInt8] { BitWindow.bytes(of: words, count: byteCount) }

  /// Checks that the bytes are the encoding of an update.
  ///
  /// The work and the memory are bounded by the bytes: each chunk takes at least one bit.
  init(_ bytes: [UInt8], grid: ChunkGrid, keptPerChunk: Int) throws(UpdateError) {
    let words = BitWindow.words(of: bytes)
    let end = bytes.count * 8
    // Each chunk takes at least a bit, so bytes that are too few for the grid reserve little.
    var chunks: [SparseChunk] = []
    chunks.reserveCapacity(min(grid.chunkCount, end))
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
    byteCount = bytes.count
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
      return SparseChunk(bitOffset: offset, count: 0, length: length, low: .zero, high: .zero)
    }
    let levels = try LevelPair(words, at: &offset, end: end)
    let chunk = SparseChunk(
      bitOffset: offset, count: count, length: length, low: levels.low, high: levels.high)
    try chunk.validate(words, at: &offset, end: end, length: length)
    return chunk
  }
}

extension SparseChunk {
  /// Reads the kept values with a check on each, and moves the offset past them.
  fileprivate func validate(
    _ words: Span<UInt64>, at offset: inout Int, end: Int, length: Int
  ) throws(PayloadFault) {
    let (code, tagCount) = (code, tagCount)
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
