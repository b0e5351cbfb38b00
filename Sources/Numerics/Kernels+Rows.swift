// The steps around a matrix product in a neural layer, on row-major matrices. They use pointers because a
// checked index computed from a row and a column keeps the loops from being vectorised; the lengths are
// checked on entry.
extension Kernels {
  /// Copies rows of a matrix into another, in the order of `rows`.
  ///
  /// - Parameters:
  ///   - rows: which rows of `source`, one for each row written.
  ///   - source: a matrix of `width` columns.
  ///   - width: the columns of both.
  ///   - target: receives `rows.count` rows.
  public static func gatherRows(
    _ rows: ArraySlice<Int>, of source: [Float], width: Int, into target: inout [Float]
  ) {
    precondition(target.count >= rows.count * width, "the target is too short for \(rows.count) rows")
    source.withUnsafeBufferPointer { source in
      target.withUnsafeMutableBufferPointer { target in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        for (place, row) in rows.enumerated() {
          precondition(row >= 0 && (row + 1) * width <= source.count, "there is no row \(row)")
          (to + place * width).update(from: from + row * width, count: width)
        }
      }
    }
  }

  /// Adds one row to every row of a matrix.
  ///
  /// - Parameters:
  ///   - row: as long as the matrix is wide; not empty.
  ///   - matrix: changed in place.
  ///   - rows: how many rows of it to change.
  public static func add(row: Span<Float>, toRowsOf matrix: inout [Float], rows: Int) {
    let width = row.count
    precondition(width > 0 && matrix.count >= rows * width, "the matrix has fewer than \(rows) rows")
    row.withUnsafeBufferPointer { row in
      matrix.withUnsafeMutableBufferPointer { matrix in
        for start in stride(from: 0, to: rows * width, by: width) {
          let line = UnsafeMutableBufferPointer(rebasing: matrix[start..<(start + width)])
          for column in 0..<width { line[column] += row[column] }
        }
      }
    }
  }

  /// target_j += factor * the sum of column j.
  ///
  /// - Parameters:
  ///   - matrix: `rows` x `width`, or longer.
  ///   - rows: how many of its rows to sum.
  ///   - width: its columns.
  ///   - factor: what each sum is multiplied by.
  ///   - target: changed in place.
  ///   - offset: where in the target the first column's sum goes.
  public static func addColumnSums(
    of matrix: [Float], rows: Int, width: Int, times factor: Float,
    to target: inout [Float], at offset: Int
  ) {
    precondition(matrix.count >= rows * width, "the matrix has fewer than \(rows) rows")
    precondition(offset >= 0 && offset + width <= target.count, "the target is too short for \(width) sums")
    matrix.withUnsafeBufferPointer { matrix in
      target.withUnsafeMutableBufferPointer { target in
        let sums = UnsafeMutableBufferPointer(rebasing: target[offset..<(offset + width)])
        for start in stride(from: 0, to: rows * width, by: width) {
          let line = UnsafeBufferPointer(rebasing: matrix[start..<(start + width)])
          for column in 0..<width { sums[column] += factor * line[column] }
        }
      }
    }
  }

  /// The rectifier: replaces every negative value by 0 among the first `count`.
  public static func rectify(_ values: inout [Float], count: Int) {
    precondition(values.count >= count, "there are fewer than \(count) values")
    values.withUnsafeMutableBufferPointer { values in
      // Written so that a value that is not a number stays one, and is noticed later.
      for index in 0..<count { values[index] = values[index] < 0 ? 0 : values[index] }
    }
  }

  /// The rectifier's derivative: replaces by 0 each of the first `count` values where `output` is not above
  /// 0.
  public static func mask(_ values: inout [Float], where output: [Float], count: Int) {
    precondition(values.count >= count && output.count >= count, "there are fewer than \(count) values")
    output.withUnsafeBufferPointer { output in
      values.withUnsafeMutableBufferPointer { values in
        for index in 0..<count { values[index] = output[index] > 0 ? values[index] : 0 }
      }
    }
  }
}
