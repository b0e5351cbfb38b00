// Reading values straight from the bytes. None of these can fail: the bytes were validated when the payload
// was made.
extension Payload {
  /// Calls a function with the index and the value in quanta of every value that is not zero, in the order of
  /// the indices.
  public func forEachValue(_ body: (_ index: Int, _ value: Int32) -> Void) {
    visit(chunks: 0..<grid.chunkCount) { index, value in
      if value != 0 { body(index, value) }
    }
  }

  /// The values that are not zero, for judging.
  public func sparseValues() -> SparseVector {
    var indices: [UInt32] = []
    var values: [Int32] = []
    indices.reserveCapacity(codedValueCount)
    values.reserveCapacity(codedValueCount)
    forEachValue { index, value in
      indices.append(UInt32(truncatingIfNeeded: index))
      values.append(value)
    }
    return SparseVector(parameterCount: parameterCount, indices: indices, values: values)
  }

  /// All values in quanta.
  public func denseValues() -> [Int32] {
    var values = [Int32](repeating: 0, count: parameterCount)
    visit(chunks: 0..<grid.chunkCount) { index, value in values[index] = value }
    return values
  }

  /// Applies a step: adds every value, as a real number, to the weight at its index.
  ///
  /// The product with the quantum is one rounding to `Float` and the sum another, the same on every machine.
  public func add(to weights: inout [Float]) {
    precondition(weights.count == parameterCount, "the step's length differs from the model's")
    visit(chunks: 0..<grid.chunkCount) { index, value in
      weights[index] += Float(value) * FixedPoint.quantum
    }
  }

  /// Calls a function with the index and the value of every coded value of some chunks.
  @inline(__always)
  func visit(chunks: Range<Int>, _ body: (_ index: Int, _ value: Int32) -> Void) {
    switch content {
    case .sparse(let sparse):
      let values = sparse.values.span
      for chunk in chunks {
        let start = chunk * UpdateLimits.chunkParameterCount
        let products = sparse.chunks[chunk].products(weight: 1)
        for place in sparse.chunks[chunk].places {
          let value = values[place]
          body(start &+ value.position, Int32(truncatingIfNeeded: products[value.tag]))
        }
      }
    case .dense(let layout, let bytes, let dense):
      let bytes = bytes.span
      for chunk in chunks where dense[chunk].scale != 0 {
        let parameters = grid.parameters(inChunk: chunk)
        let (offset, scale) = (dense[chunk].byteOffset, dense[chunk].scale)
        for position in 0..<parameters.count {
          body(parameters.lowerBound &+ position, layout.code(bytes, at: offset, position: position) &* scale)
        }
      }
    case .rotated(let rotated): rotated.visit(chunks: chunks, body)
    }
  }
}
