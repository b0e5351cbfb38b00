// Fast Walsh-Hadamard transforms (Fino and Algazi, 1976): n log2 n additions, all of them between whole
// vector registers but for the 16 lanes of one.
extension Kernels {
  /// Multiplies by the Hadamard matrix in Sylvester's order, whose entry i, j is -1 to the number of bits
  /// that i and j have in common.
  ///
  /// The order of the additions is fixed, so that the bits are the same on every machine.
  ///
  /// - Parameter x: a power of two of values
  public static func hadamard(_ x: inout MutableSpan<Float>) {
    transform(&x, sum: { $0 + $1 }, difference: { $0 - $1 })
  }

  /// As above, of integers: exact as long as the sum of their magnitudes fits.
  public static func hadamard(_ x: inout MutableSpan<Int16>) {
    transform(&x, sum: { $0 &+ $1 }, difference: { $0 &- $1 })
  }

  @inline(__always)
  private static func transform<Scalar>(
    _ x: inout MutableSpan<Scalar>, sum: (SIMD16<Scalar>, SIMD16<Scalar>) -> SIMD16<Scalar>,
    difference: (SIMD16<Scalar>, SIMD16<Scalar>) -> SIMD16<Scalar>
  ) {
    let count = x.count
    precondition(count > 0 && count & (count - 1) == 0, "\(count) values are no power of two")
    guard count >= lanes else {
      // The matrix is the first corner of that of 16.
      var vector = SIMD16<Scalar>()
      for place in 0..<count { vector[place] = x[place] }
      vector = withinLanes(vector, sum, difference)
      for place in 0..<count { x[place] = vector[place] }
      return
    }
    x.withUnsafeMutableBufferPointer { buffer in
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      let lane = MemoryLayout<Scalar>.stride
      for start in stride(from: 0, to: count, by: lanes) {
        let vector = bytes.loadUnaligned(fromByteOffset: start * lane, as: SIMD16<Scalar>.self)
        bytes.storeBytes(
          of: withinLanes(vector, sum, difference), toByteOffset: start * lane, as: SIMD16<Scalar>.self)
      }
      var half = lanes
      while half < count {
        for block in stride(from: 0, to: count, by: 2 * half) {
          for low in stride(from: block, to: block + half, by: lanes) {
            let (first, second) = (low * lane, (low + half) * lane)
            let upper = bytes.loadUnaligned(fromByteOffset: first, as: SIMD16<Scalar>.self)
            let lower = bytes.loadUnaligned(fromByteOffset: second, as: SIMD16<Scalar>.self)
            bytes.storeBytes(of: sum(upper, lower), toByteOffset: first, as: SIMD16<Scalar>.self)
            bytes.storeBytes(of: difference(upper, lower), toByteOffset: second, as: SIMD16<Scalar>.self)
          }
        }
        half *= 2
      }
    }
  }

  /// Four times the sums of neighbours, then their differences: each step turns the bits of the lanes'
  /// numbers round by one, so that all stand in their order after the fourth.
  @inline(__always)
  private static func withinLanes<Scalar>(
    _ vector: SIMD16<Scalar>, _ sum: (SIMD16<Scalar>, SIMD16<Scalar>) -> SIMD16<Scalar>,
    _ difference: (SIMD16<Scalar>, SIMD16<Scalar>) -> SIMD16<Scalar>
  ) -> SIMD16<Scalar> {
    var vector = vector
    for _ in 0..<4 {
      let even = SIMD16(lowHalf: vector.evenHalf, highHalf: vector.evenHalf)
      let odd = SIMD16(lowHalf: vector.oddHalf, highHalf: vector.oddHalf)
      vector = SIMD16(lowHalf: sum(even, odd).lowHalf, highHalf: difference(even, odd).lowHalf)
    }
    return vector
  }
}

extension Kernels {
  /// Turns the sign of each value whose bit is set: of value 64 j + b, bit b of word j.
  ///
  /// - Parameters:
  ///   - x: any length
  ///   - word: asked once for each 64 values, in their order
  @inline(__always)
  public static func turnSigns(_ x: inout MutableSpan<Float>, where word: () -> UInt64) {
    for start in stride(from: 0, to: x.count, by: 64) {
      let word = word()
      for index in start..<min(start + 64, x.count) {
        let sign = UInt32(truncatingIfNeeded: word &>> UInt64(index &- start)) &<< 31
        x[index] = Float(bitPattern: x[index].bitPattern ^ sign)
      }
    }
  }
}
