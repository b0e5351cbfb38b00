import Numerics

/// A validated rotated payload: its bytes, and where their chunks stand.
struct RotatedContent: Sendable {
  let layout: RotatedLayout
  let rotation: Rotation
  let grid: ChunkGrid
  let bytes: [UInt8]
  let chunks: [DenseChunk]
}

extension RotatedContent {
  /// Calls a function with the index and the value of every value of some chunks, but for chunks of zeros.
  @inline(__always)
  func visit(chunks range: Range<Int>, _ body: (_ index: Int, _ value: Int32) -> Void) {
    var sums: [Int16] = []
    var values = [Int32](repeating: 0, count: UpdateLimits.chunkParameterCount)
    for chunk in range where chunks[chunk].scale != 0 {
      let parameters = grid.parameters(inChunk: chunk)
      add(signsOf: chunk, count: layout.signCount(parameterCount: parameters.count), into: &sums)
      scale(sums, of: chunk, length: parameters.count, into: &values)
      for position in 0..<parameters.count { body(parameters.lowerBound &+ position, values[position]) }
    }
  }

  /// All signs added up with the signs of each row of a Hadamard matrix, exactly; repeated up to a word's
  /// count.
  private func add(signsOf chunk: Int, count: Int, into sums: inout [Int16]) {
    let (bytes, offset) = (bytes.span, chunks[chunk].byteOffset)
    sums.removeAll(keepingCapacity: true)
    for place in 0..<count {
      let isNegative = bytes[offset &+ place &>> 3] &>> UInt8(truncatingIfNeeded: place & 7) & 1
      sums.append(1 &- 2 &* Int16(isNegative))
    }
    var transformed = sums.mutableSpan
    Kernels.hadamard(&transformed)
    while sums.count < Rotation.wordCount { sums += sums }
  }

  /// Each sum for every value that was added up there, times the scale, with its sign turned by the rotation.
  private func scale(_ sums: [Int16], of chunk: Int, length: Int, into values: inout [Int32]) {
    let scale = chunks[chunk].scale
    let sums = sums.span
    var values = values.mutableSpan
    var words = rotation.words(ofChunk: chunk)
    for start in stride(from: 0, to: length, by: Rotation.wordCount) {
      let word = words.next()
      let first = start & (sums.count &- 1)
      for place in 0..<min(Rotation.wordCount, length &- start) {
        let turn = 0 &- Int32(truncatingIfNeeded: word &>> UInt64(place) & 1)
        values[start &+ place] = ((Int32(sums[first &+ place]) &* scale) ^ turn) &- turn
      }
    }
  }
}
