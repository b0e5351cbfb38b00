/// The layout of the dense forms: per chunk a scale and, unless it is zero, a code for every parameter.
struct DenseLayout: Sendable, Hashable {
  /// The bits of a code: 8 or 4.
  let codeBits: Int

  /// The greatest code; the least is its negative.
  var maximumCode: Int32 { 1 << (Int32(codeBits) - 1) - 1 }

  /// The bytes of the codes of a chunk.
  func byteCount(parameterCount: Int) -> Int { (parameterCount * codeBits + 7) / 8 }

  /// The code at a position of a chunk whose codes start at an offset.
  @inline(__always)
  func code(_ bytes: Span<UInt8>, at offset: Int, position: Int) -> Int32 {
    guard codeBits == 4 else { return Int32(Int8(bitPattern: bytes[offset &+ position])) }
    // The first of two codes stands in the upper half. Shifting down an Int8 keeps the sign.
    let pair = bytes[offset &+ position &>> 1]
    return Int32(Int8(bitPattern: position & 1 == 0 ? pair : pair &<< 4) &>> 4)
  }
}

/// Where a chunk's codes stand in a validated dense or rotated payload, and what they are multiplied with.
struct DenseChunk: Sendable, Hashable {
  /// The offset in bytes of the first code or sign.
  let byteOffset: Int
  /// The value of code 1 in quanta; zero if the chunk is all zeros and has no codes.
  let scale: Int32
}

extension DenseLayout {
  /// The scale of a chunk: the greatest magnitude that divides all its values.
  ///
  /// Several scales may give the same values; taking the greatest leaves one encoding.
  ///
  /// - Parameter divisor: the greatest common divisor of the values in quanta, not zero
  static func canonicalScale(dividing divisor: UInt32) -> Magnitude {
    var scale = Magnitude(notAbove: divisor)
    while divisor % UInt32(scale.quanta) != 0, let smaller = scale.predecessor { scale = smaller }
    return scale
  }

  /// The greatest common divisor (Euclid), where zero divides nothing and is divided by all.
  static func commonDivisor(_ left: UInt32, _ right: UInt32) -> UInt32 {
    var (left, right) = (left, right)
    while right != 0 { (left, right) = (right, left % right) }
    return left
  }

  /// Checks that the bytes are the encoding of an update, and finds its chunks.
  ///
  /// The work is bounded by the bytes: each chunk takes at least one.
  func chunks(of bytes: [UInt8], grid: ChunkGrid) throws(UpdateError) -> [DenseChunk] {
    var chunks: [DenseChunk] = []
    var offset = 0
    for index in 0..<grid.chunkCount {
      let length = grid.parameters(inChunk: index).count
      do {
        let chunk = try chunk(bytes.span, at: offset, length: length)
        offset = chunk.byteOffset + (chunk.scale == 0 ? 0 : byteCount(parameterCount: length))
        chunks.append(chunk)
      } catch {
        throw .malformedPayload(chunk: index, error)
      }
    }
    guard offset == bytes.count else {
      throw .malformedPayload(chunk: grid.chunkCount - 1, .trailingBytes)
    }
    return chunks
  }

  private func chunk(_ bytes: Span<UInt8>, at offset: Int, length: Int) throws(PayloadFault) -> DenseChunk {
    guard offset < bytes.count else { throw .truncated }
    guard let scale = Magnitude(code: bytes[offset]) else { throw .magnitude }
    let chunk = DenseChunk(byteOffset: offset + 1, scale: scale.quanta)
    guard scale > .zero else { return chunk }
    let end = chunk.byteOffset + byteCount(parameterCount: length)
    guard end <= bytes.count else { throw .truncated }
    if codeBits == 4, length % 2 == 1, bytes[end - 1] & 0x0F != 0 { throw .padding }
    try validateCodes(bytes, of: chunk, scale: scale, length: length)
    return chunk
  }

  private func validateCodes(
    _ bytes: Span<UInt8>, of chunk: DenseChunk, scale: Magnitude, length: Int
  ) throws(PayloadFault) {
    var greatest: UInt32 = 0
    var divisor: UInt32 = 0
    for position in 0..<length {
      let size = code(bytes, at: chunk.byteOffset, position: position).magnitude
      greatest = max(greatest, size)
      if divisor != 1 { divisor = Self.commonDivisor(divisor, size) }
    }
    guard greatest > 0 else { throw .unusedScale }
    guard greatest <= maximumCode else { throw .code }
    // The product fits 64 bits; only a product in range may be narrowed for the divisor's check.
    guard Int64(greatest) * Int64(chunk.scale) <= Int64(FixedPoint.maximum) else { throw .scale }
    guard Self.canonicalScale(dividing: divisor * UInt32(chunk.scale)) == scale else { throw .scale }
  }
}
