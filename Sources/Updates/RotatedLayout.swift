/// The layout of the rotated form: per chunk a scale and, unless it is zero, a sign for each rotated value.
struct RotatedLayout: Sendable, Hashable {
  /// The signs of a whole chunk, a power of two from 64 to 4,096.
  let signsPerChunk: Int

  /// The signs of a chunk of this length: the greatest power of two within its share, at least one. There are
  /// no more of them than values, so that values tell the signs.
  func signCount(parameterCount: Int) -> Int {
    let share = max(1, signsPerChunk * parameterCount / UpdateLimits.chunkParameterCount)
    return 1 << (Int.bitWidth - 1 - share.leadingZeroBitCount)
  }

  /// The bytes of so many signs.
  static func byteCount(signCount: Int) -> Int { (signCount + 7) / 8 }

  /// The greatest scale at which no value of a chunk with so many signs can leave the range.
  static func scaleLimit(signCount: Int) -> UInt32 { UInt32(FixedPoint.maximum) / UInt32(signCount) }

  /// Checks that the bytes are the encoding of an update, and finds its chunks. Every string of signs is one.
  ///
  /// The work is bounded by the bytes: each chunk takes at least one.
  func content(of bytes: [UInt8], grid: ChunkGrid) throws(UpdateError) -> RotatedContent {
    guard bytes.count >= Rotation.byteCount else { throw .malformedPayload(chunk: 0, .truncated) }
    let seed = bytes[..<Rotation.byteCount].reduce(0) { $0 << 8 | UInt64($1) }
    var chunks: [DenseChunk] = []
    var offset = Rotation.byteCount
    for index in 0..<grid.chunkCount {
      let signCount = signCount(parameterCount: grid.parameters(inChunk: index).count)
      do {
        let chunk = try Self.chunk(bytes.span, at: offset, signCount: signCount)
        offset = chunk.byteOffset + (chunk.scale == 0 ? 0 : Self.byteCount(signCount: signCount))
        chunks.append(chunk)
      } catch {
        throw .malformedPayload(chunk: index, error)
      }
    }
    guard offset == bytes.count else {
      throw .malformedPayload(chunk: grid.chunkCount - 1, .trailingBytes)
    }
    return RotatedContent(
      layout: self, rotation: Rotation(seed: seed), grid: grid, bytes: bytes, chunks: chunks)
  }

  private static func chunk(
    _ bytes: Span<UInt8>, at offset: Int, signCount: Int
  ) throws(PayloadFault) -> DenseChunk {
    guard offset < bytes.count else { throw .truncated }
    guard let scale = Magnitude(code: bytes[offset]) else { throw .magnitude }
    let chunk = DenseChunk(byteOffset: offset + 1, scale: scale.quanta)
    guard scale > .zero else { return chunk }
    guard chunk.scale <= scaleLimit(signCount: signCount) else { throw .scale }
    guard chunk.byteOffset + byteCount(signCount: signCount) <= bytes.count else { throw .truncated }
    if signCount < 8, bytes[chunk.byteOffset] >> UInt8(signCount) != 0 { throw .padding }
    return chunk
  }
}
