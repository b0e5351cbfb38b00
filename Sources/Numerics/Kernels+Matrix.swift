// Products with small matrices in double precision, for spectra and mixtures of a window's vectors.
extension Kernels {
  /// The sum of c_j * row_j over the rows of a matrix; for a symmetric matrix its product with c.
  ///
  /// Rows whose coefficient is 0 are left out. The order of the additions is fixed.
  ///
  /// - Parameters:
  ///   - coefficients: one for each row.
  ///   - matrix: row-major, as many rows as there are coefficients.
  ///   - columns: the length of a row and of the result.
  public static func combineRows(
    _ coefficients: Span<Double>, of matrix: Span<Double>, columns: Int
  ) -> [Double] {
    precondition(
      columns >= 0 && matrix.count == coefficients.count * columns,
      "combineRows: \(matrix.count) values are not \(coefficients.count) rows of \(columns)")
    return [Double](unsafeUninitializedCapacity: columns) { sums, count in
      sums.initialize(repeating: 0)
      count = columns
      // Unchecked access lets the loop vectorise; the lengths were compared above.
      matrix.withUnsafeBufferPointer { matrix in
        guard let base = matrix.baseAddress else { return }
        for row in 0..<coefficients.count where coefficients[row] != 0 {
          let (coefficient, values) = (coefficients[row], base + row * columns)
          for column in 0..<columns { sums[column] += coefficient * values[column] }
        }
      }
    }
  }

  /// The sum of c_j * row_j over the rows of a matrix.
  public static func combineRows(_ coefficients: [Double], of matrix: [Double], columns: Int) -> [Double] {
    combineRows(coefficients.span, of: matrix.span, columns: columns)
  }

  /// The sum of x_i * y_i in double precision, in eight lanes that fold in a fixed order.
  ///
  /// - Parameters:
  ///   - x: any length.
  ///   - y: as long as `x`.
  public static func dot(_ x: [Double], _ y: [Double]) -> Double {
    precondition(x.count == y.count, "dot: \(x.count) values against \(y.count)")
    var sums = SIMD8<Double>()
    let whole = x.count & ~7
    // Unchecked access lets the loop vectorise; the lengths were compared above.
    x.withUnsafeBytes { x in
      y.withUnsafeBytes { y in
        for start in stride(from: 0, to: whole * 8, by: 64) {
          let left = x.loadUnaligned(fromByteOffset: start, as: SIMD8<Double>.self)
          let right = y.loadUnaligned(fromByteOffset: start, as: SIMD8<Double>.self)
          sums += left * right
        }
      }
    }
    return (whole..<x.count).reduce(sums.sum()) { $0 + x[$1] * y[$1] }
  }
}
