// Sparse updates against several dense vectors at once. The vectors lie interleaved, a parameter's values
// side by side, so that one place in memory serves all of them. The loops take vectors by unchecked loads,
// behind one check of each index, because checked element access does not become vector loads.
extension Kernels {
  /// The floats of one parameter's row in a table of `count` interleaved vectors: whole vector steps.
  public static func interleavedWidth(_ count: Int) -> Int { (count + lanes - 1) / lanes * lanes }

  /// Interleaves a part of some vectors.
  ///
  /// - Parameters:
  ///   - vectors: of one length
  ///   - range: which of their values
  ///   - table: receives a row of `interleavedWidth(vectors.count)` floats for each of the values; what lies
  ///     behind the vectors' own columns is left as it is
  public static func interleave(_ vectors: [[Float]], _ range: Range<Int>, into table: inout [Float]) {
    let width = interleavedWidth(vectors.count)
    precondition(table.count >= range.count * width, "the table is too short for \(range.count) rows")
    table.withUnsafeMutableBufferPointer { table in
      guard let base = table.baseAddress else { return }
      for start in stride(from: 0, to: range.count, by: lanes) {
        let rowCount = min(lanes, range.count - start)
        for (column, vector) in vectors.enumerated() {
          precondition(vector.count >= range.upperBound, "vector \(column) is too short")
          vector.withUnsafeBufferPointer { vector in
            let from = vector.baseAddress.map { $0 + range.lowerBound + start }
            let to = base + start * width + column
            guard let from else { return }
            for row in 0..<rowCount { to[row * width] = from[row] }
          }
        }
      }
    }
  }

  /// Multiplies the first columns of every row by the square of the column behind them.
  ///
  /// - Parameters:
  ///   - table: rows of `width` floats
  ///   - rows: how many of them
  ///   - columns: how many are multiplied; none if not above 0
  public static func scaleRows(of table: inout [Float], rows: Int, width: Int, columns: Int) {
    guard columns > 0 else { return }
    precondition(columns < width && rows * width <= table.count, "the table has no \(rows) such rows")
    var table = table.mutableSpan
    for start in stride(from: 0, to: rows * width, by: width) {
      let factor = table[start + columns] * table[start + columns]
      for column in start..<start + columns { table[column] *= factor }
    }
  }

  /// The dot products of a sparse vector with interleaved dense ones, and the sums of the squares of the same
  /// products.
  ///
  /// Up to `blockLength` values are summed in single precision, in two accumulators a column; their sums are
  /// added in `Double`.
  ///
  /// - Parameters:
  ///   - indices: rows of the table
  ///   - values: one for each index
  ///   - table: rows of `width` floats
  ///   - width: `interleavedWidth` of the number of vectors
  ///   - dots: `width` sums at `offset`, which values_i * row_i is added to
  ///   - squares: `width` sums at `offset`, which (values_i * row_i)^2 is added to
  public static func gatherDots(
    indices: Span<UInt32>, values: Span<Int32>, table: [Float], width: Int,
    dots: inout [Double], squares: inout [Double], at offset: Int
  ) {
    precondition(indices.count == values.count, "\(indices.count) indices, \(values.count) values")
    precondition(width > 0 && width % lanes == 0, "\(width) floats are not whole vector steps")
    let rowCount = table.count / width
    table.withUnsafeBufferPointer { table in
      guard let base = table.baseAddress else { return }
      for start in stride(from: 0, to: indices.count, by: blockLength) {
        let part = start..<min(start + blockLength, indices.count)
        for column in stride(from: 0, to: width, by: lanes) {
          let (dot, square) = gatherColumns(
            indices.extracting(part), values.extracting(part), base + column, width: width, rowCount)
          for lane in 0..<lanes {
            dots[offset + column + lane] += Double(dot[lane])
            squares[offset + column + lane] += Double(square[lane])
          }
        }
      }
    }
  }

  @inline(__always)
  private static func gatherColumns(
    _ indices: Span<UInt32>, _ values: Span<Int32>, _ base: UnsafePointer<Float>, width: Int, _ rowCount: Int
  ) -> (dot: SIMD16<Float>, square: SIMD16<Float>) {
    var (firstDot, secondDot) = (SIMD16<Float>(), SIMD16<Float>())
    var (firstSquare, secondSquare) = (SIMD16<Float>(), SIMD16<Float>())
    let even = indices.count & ~1
    var next = 0
    while next < even {
      let first = row(Int(indices[next]), base, width: width, rowCount)
      let second = row(Int(indices[next &+ 1]), base, width: width, rowCount)
      let firstProduct = first * Float(values[next])
      let secondProduct = second * Float(values[next &+ 1])
      firstDot += firstProduct
      secondDot += secondProduct
      firstSquare += firstProduct * firstProduct
      secondSquare += secondProduct * secondProduct
      next &+= 2
    }
    if next < indices.count {
      let last = row(Int(indices[next]), base, width: width, rowCount)
      let product = last * Float(values[next])
      firstDot += product
      firstSquare += product * product
    }
    return (firstDot + secondDot, firstSquare + secondSquare)
  }

  @inline(__always)
  private static func row(
    _ index: Int, _ base: UnsafePointer<Float>, width: Int, _ rowCount: Int
  ) -> SIMD16<Float> {
    precondition(index < rowCount, "the table has no such row")
    return UnsafeRawPointer(base + index &* width).loadUnaligned(as: SIMD16<Float>.self)
  }

  /// row_(b_i) += s_i * values_i, with a bucket b and a sign s for each place.
  ///
  /// - Parameters:
  ///   - indices: places in `buckets`
  ///   - values: one for each index
  ///   - buckets: a bucket of 15 bits for each place, and the sign above it: 1 takes away
  ///   - rows: changed in place
  ///   - offset: where bucket 0 stands in `rows`
  public static func scatterSigned(
    indices: Span<UInt32>, values: Span<Int32>, buckets: [UInt16], into rows: inout [Float], at offset: Int
  ) {
    precondition(indices.count == values.count, "\(indices.count) indices, \(values.count) values")
    let buckets = buckets.span
    var rows = rows.mutableSpan
    for next in indices.indices {
      let bucket = buckets[Int(indices[next])]
      // The sign moves up into the float's own, so that nothing branches on a random bit.
      let sign = UInt32(bucket & 0x8000) &<< 16
      let value = Float(bitPattern: Float(values[next]).bitPattern ^ sign)
      rows[offset &+ Int(bucket & 0x7FFF)] += value
    }
  }

  /// row_(b_i) += s_i * values_i for all places of a dense vector, with buckets as above.
  public static func scatterSigned(
    _ values: Span<Float>, buckets: [UInt16], into rows: inout [Float], at offset: Int
  ) {
    precondition(values.count <= buckets.count, "\(values.count) values, \(buckets.count) buckets")
    let buckets = buckets.span
    var rows = rows.mutableSpan
    for place in values.indices {
      let sign = UInt32(buckets[place] & 0x8000) &<< 16
      rows[offset &+ Int(buckets[place] & 0x7FFF)] += Float(bitPattern: values[place].bitPattern ^ sign)
    }
  }

  /// The sum of x_i^2 of integers, in `Double`.
  public static func squaredNorm(_ x: Span<Int32>) -> Double {
    var sums = SIMD4<Double>()
    let whole = x.count & ~3
    var next = 0
    while next < whole {
      let part = SIMD4<Double>(SIMD4<Int32>(x[next], x[next &+ 1], x[next &+ 2], x[next &+ 3]))
      sums += part * part
      next &+= 4
    }
    for rest in whole..<x.count { sums[rest - whole] += Double(x[rest]) * Double(x[rest]) }
    return (sums[0] + sums[1]) + (sums[2] + sums[3])
  }
}
