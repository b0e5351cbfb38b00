extension Payload {
  /// The dot product with another payload of as many parameters, in squared quanta.
  public func dot(_ other: Payload) -> Double { overlap(with: other).dot }

  /// The dot product with another payload of as many parameters, and this one's squared norm over the places
  /// where the other one has values; both in squared quanta, in `Double`.
  ///
  /// Chunk by chunk one payload's values are laid out and the other's look them up, so neither vector is
  /// unpacked as a whole, and the work is proportional to their coded values.
  public func overlap(with other: Payload) -> (dot: Double, squaredNorm: Double) {
    precondition(grid == other.grid, "the payloads' lengths differ")
    var own = ValueBlock(chunkCount: Self.chunksAtOnce)
    var others = ValueBlock(chunkCount: Self.chunksAtOnce)
    var laidOut = [Int32](repeating: 0, count: Self.chunksAtOnce * UpdateLimits.chunkParameterCount)
    var (dot, square) = (0.0, 0.0)
    for first in stride(from: 0, to: grid.chunkCount, by: Self.chunksAtOnce) {
      let chunks = first..<min(first + Self.chunksAtOnce, grid.chunkCount)
      unpack(chunks: chunks, into: &own)
      other.unpack(chunks: chunks, into: &others)
      for place in 0..<own.count { laidOut[Int(own.indices[place])] = own.values[place] }
      for place in 0..<others.count {
        let value = Double(laidOut[Int(others.indices[place])])
        dot += value * Double(others.values[place])
        if others.values[place] != 0 { square += value * value }
      }
      for place in 0..<own.count { laidOut[Int(own.indices[place])] = 0 }
    }
    return (dot, square)
  }

  /// As many as are read in turn.
  private static let chunksAtOnce = 4
}
