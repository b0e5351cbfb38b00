// Indices come from packets, but only after the packet's decoder has checked them: an index out of range
// here is a programmer's error, and stops.
extension Kernels {
  /// The sum of values_i * dense[indices_i], in `Double`.
  ///
  /// Four accumulators take the terms in turn, and fold at the end, so the bits do not depend on the machine.
  ///
  /// - Parameters:
  ///   - indices: places in `dense`.
  ///   - values: one for each index.
  ///   - dense: the vector to gather from.
  public static func gatherDot(
    indices: Span<UInt32>, values: Span<Int32>, dense: Span<Float>
  ) -> Double {
    precondition(indices.count == values.count, "gatherDot: \(indices.count) indices, \(values.count) values")
    var sums = SIMD4<Double>()
    let whole = indices.count & ~3
    var next = 0
    while next < whole {
      let gathered = SIMD4<Float>(
        dense[Int(indices[next])], dense[Int(indices[next + 1])],
        dense[Int(indices[next + 2])], dense[Int(indices[next + 3])])
      let factors = SIMD4<Int32>(values[next], values[next + 1], values[next + 2], values[next + 3])
      sums += SIMD4<Double>(gathered) * SIMD4<Double>(factors)
      next += 4
    }
    for rest in whole..<indices.count {
      sums[rest - whole] += Double(dense[Int(indices[rest])]) * Double(values[rest])
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3])
  }

  /// The sum of values_i * dense[indices_i], in `Double`.
  public static func gatherDot(indices: [UInt32], values: [Int32], dense: [Float]) -> Double {
    gatherDot(indices: indices.span, values: values.span, dense: dense.span)
  }

  /// accumulator[indices_i] += weight * values_i, exactly.
  ///
  /// - Parameters:
  ///   - weight: 0...65535 in a merge; sums of 8,192 updates of 31-bit values then stay below 2^59.
  ///   - indices: places in `accumulator`; repeated ones add up.
  ///   - values: one for each index.
  ///   - accumulator: changed in place.
  public static func scatterAdd(
    weight: Int32, indices: Span<UInt32>, values: Span<Int32>, into accumulator: inout MutableSpan<Int64>
  ) {
    precondition(
      indices.count == values.count, "scatterAdd: \(indices.count) indices, \(values.count) values")
    let weight = Int64(weight)
    for next in indices.indices {
      accumulator[Int(indices[next])] &+= weight &* Int64(values[next])
    }
  }

  /// accumulator[indices_i] += weight * values_i, exactly.
  public static func scatterAdd(
    weight: Int32, indices: [UInt32], values: [Int32], into accumulator: inout [Int64]
  ) {
    var span = accumulator.mutableSpan
    scatterAdd(weight: weight, indices: indices.span, values: values.span, into: &span)
  }
}
