/// What each kernel computes, as plainly as it can be said. Tests hold `Kernels` to it.
public enum Reference {
  /// The sum of x_i * y_i.
  public static func dot(_ x: [Float], _ y: [Float]) -> Double {
    zip(x, y).reduce(0) { $0 + Double($1.0) * Double($1.1) }
  }

  /// The sum of x_i^2.
  public static func squaredNorm(_ x: [Float]) -> Double { dot(x, x) }

  /// The root of the sum of x_i^2.
  public static func norm(_ x: [Float]) -> Double { squaredNorm(x).squareRoot() }

  /// The sum of (x_i - y_i)^2.
  public static func squaredDistance(_ x: [Float], _ y: [Float]) -> Double {
    zip(x, y).reduce(0) { sum, pair in
      let difference = Double(pair.0) - Double(pair.1)
      return sum + difference * difference
    }
  }

  /// The cosine of the angle between x and y; 0 if either is zero.
  public static func cosine(_ x: [Float], _ y: [Float]) -> Double {
    let scale = norm(x) * norm(y)
    return scale > 0 ? dot(x, y) / scale : 0
  }

  /// The largest |x_i|, and 0 for an empty vector.
  public static func maximumMagnitude(_ x: [Float]) -> Float { x.map(\.magnitude).max() ?? 0 }

  /// The largest |x_i|, and 0 for an empty vector.
  public static func maximumMagnitude(_ x: [Int32]) -> UInt32 { x.map(\.magnitude).max() ?? 0 }

  /// Whether every value is finite.
  public static func allFinite(_ x: [Float]) -> Bool { x.allSatisfy(\.isFinite) }

  /// y + a * x.
  public static func axpy(_ a: Float, _ x: [Float], _ y: [Float]) -> [Float] {
    zip(x, y).map { $1 + a * $0 }
  }

  /// a * x.
  public static func scale(_ x: [Float], by a: Float) -> [Float] { x.map { $0 * a } }

  /// x + y.
  public static func sum(_ x: [Float], _ y: [Float]) -> [Float] { zip(x, y).map { $0 + $1 } }

  /// x - y.
  public static func difference(_ x: [Float], _ y: [Float]) -> [Float] { zip(x, y).map { $0 - $1 } }

  /// x, scaled down to Euclidean norm `limit` if it is longer.
  public static func clip(_ x: [Float], toNorm limit: Double) -> [Float] {
    let length = norm(x)
    return length > limit ? scale(x, by: Float(limit / length)) : x
  }

  /// The sum of values_i * dense[indices_i].
  public static func gatherDot(indices: [UInt32], values: [Int32], dense: [Float]) -> Double {
    zip(indices, values).reduce(0) { $0 + Double(dense[Int($1.0)]) * Double($1.1) }
  }

  /// accumulator, with weight * values_i added at indices_i.
  public static func scatterAdd(
    weight: Int32, indices: [UInt32], values: [Int32], into accumulator: [Int64]
  ) -> [Int64] {
    var result = accumulator
    for (index, value) in zip(indices, values) { result[Int(index)] += Int64(weight) * Int64(value) }
    return result
  }

  /// The indices of the k values of the largest magnitude, ascending; the lowest index wins among equals.
  public static func topK(_ k: Int, of values: [Int32]) -> [UInt32] {
    let byRank = values.indices.sorted {
      (values[$1].magnitude, $0) < (values[$0].magnitude, $1)
    }
    return byRank.prefix(k).sorted().map(UInt32.init)
  }

  /// H x, where the entry i, j of H is -1 to the number of bits that i and j have in common.
  public static func hadamard(_ x: [Float]) -> [Float] {
    x.indices.map { row in
      x.indices.reduce(0) { $0 + ((row & $1).nonzeroBitCount % 2 == 0 ? x[$1] : -x[$1]) }
    }
  }

  /// alpha * op(a) * op(b) + beta * c, all row-major.
  public static func multiply(
    _ a: [Float], as aOrientation: BLAS.Orientation, _ b: [Float], as bOrientation: BLAS.Orientation,
    rows: Int, columns: Int, inner: Int, alpha: Float = 1, beta: Float = 0, into c: [Float]
  ) -> [Float] {
    var result = c
    for row in 0..<rows {
      for column in 0..<columns {
        var sum = 0.0
        for step in 0..<inner {
          let left = aOrientation == .asStored ? a[row * inner + step] : a[step * rows + row]
          let right = bOrientation == .asStored ? b[step * columns + column] : b[column * inner + step]
          sum += Double(left) * Double(right)
        }
        let index = row * columns + column
        result[index] = alpha * Float(sum) + beta * c[index]
      }
    }
    return result
  }
}

// The steps around a matrix product.
extension Reference {
  /// The rows of a matrix, in the order of `rows`.
  public static func gatherRows(_ rows: [Int], of source: [Float], width: Int) -> [Float] {
    rows.flatMap { source[($0 * width)..<(($0 + 1) * width)] }
  }

  /// A matrix with one row added to every row.
  public static func add(row: [Float], toRowsOf matrix: [Float]) -> [Float] {
    matrix.indices.map { matrix[$0] + row[$0 % row.count] }
  }

  /// factor * the sum of each column.
  public static func columnSums(of matrix: [Float], width: Int, times factor: Float) -> [Float] {
    (0..<width).map { column in
      stride(from: column, to: matrix.count, by: width).reduce(0) { $0 + factor * matrix[$1] }
    }
  }

  /// Every negative value replaced by 0.
  public static func rectify(_ values: [Float]) -> [Float] { values.map { max($0, 0) } }

  /// Values, replaced by 0 where `output` is not above 0.
  public static func mask(_ values: [Float], where output: [Float]) -> [Float] {
    zip(values, output).map { $1 > 0 ? $0 : 0 }
  }

  /// Words as four bytes each, the least significant first.
  public static func littleEndianBytes(of words: [UInt32]) -> [UInt8] {
    words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (8 * $0)) } }
  }
}
