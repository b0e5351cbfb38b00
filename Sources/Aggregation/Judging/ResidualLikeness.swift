import Numerics

/// How alike the updates of a window are beyond what their labels explain.
///
/// Honest updates from much like data resemble each other because they pull towards the same labels. Without
/// that part, what is left of them has little in common: it comes from different examples and from noise.
/// Colluding updates keep their common aim, whatever each adds to look different. FoolsGold (Fung, Yoon and
/// Beschastnikh, RAID 2020) compares whole updates, and needs honest data to differ; residuals do not.
///
/// Everything happens on sketches: with n updates, L labels and b buckets in n^2 b steps of a matrix product.
struct ResidualLikeness {
  /// For each update the cosine to the residual of the most similar earlier one, so that an imitation does
  /// not tell against its model; 0 for the first.
  private(set) var nearest: [Double] = []
  /// For each update the mean cosine to the most similar few others, as many as an eighth of the window; 0
  /// where that is not at least two.
  private(set) var group: [Double] = []

  /// The part of a window that makes a group, and the most updates that one is measured by.
  private static let groupFraction = 8
  private static let groupLimit = 16
  /// Rows that a matrix product takes at once.
  private static let rowsAtOnce = 256

  /// Compares all pairs.
  ///
  /// - Parameters:
  ///   - updates: sketches of the updates
  ///   - directions: sketches, by the same buckets, of the labels' directions
  ///   - threads: how many threads divide the rows; the result does not depend on it
  init(_ updates: SketchMatrix, without directions: SketchMatrix, threads: Int) {
    guard updates.count > 0 else { return }
    let residuals = updates.without(directions.orthonormal).unit
    let groupSize = min(updates.count / Self.groupFraction, Self.groupLimit)
    let blocks = (updates.count - 1) / Self.rowsAtOnce + 1
    let found = Parallel.map(count: blocks, threads: threads) { block in
      let rows = block * Self.rowsAtOnce..<min((block + 1) * Self.rowsAtOnce, updates.count)
      return Self.greatestCosines(of: rows, in: residuals, count: groupSize)
    }
    let rows = found.flatMap(\.self)
    nearest = rows.map { $0.earlier ?? 0 }
    group = rows.map { $0.others.count < 2 ? 0 : $0.others.reduce(0, +) / Double($0.others.count) }
  }

  /// The greatest cosines of one row.
  private struct Greatest {
    /// The greatest cosine to an earlier row.
    var earlier: Double?
    /// The greatest few to any other rows, in descending order.
    var others: [Double] = []
  }

  private static func greatestCosines(
    of rows: Range<Int>, in residuals: SketchMatrix, count: Int
  ) -> [Greatest] {
    var greatest = [Greatest](repeating: Greatest(), count: rows.count)
    var cosines = [Float](repeating: 0, count: rows.count * rowsAtOnce)
    let width = residuals.bucketCount
    let values = residuals.values.span
    for start in stride(from: 0, to: residuals.count, by: rowsAtOnce) {
      let columns = start..<min(start + rowsAtOnce, residuals.count)
      BLAS.multiply(
        values.extracting(rows.lowerBound * width..<rows.upperBound * width), as: .asStored,
        values.extracting(columns.lowerBound * width..<columns.upperBound * width), as: .transposed,
        rows: rows.count, columns: columns.count, inner: width, into: &cosines)
      for row in rows.indices {
        let line = (row - rows.lowerBound) * columns.count
        for column in columns where column != row {
          let cosine = Double(cosines[line + column - columns.lowerBound])
          let place = row - rows.lowerBound
          if column < row { greatest[place].earlier = max(greatest[place].earlier ?? cosine, cosine) }
          insert(cosine, into: &greatest[place].others, count: count)
        }
      }
    }
    return greatest
  }

  private static func insert(_ cosine: Double, into greatest: inout [Double], count: Int) {
    guard count > 0 else { return }
    if greatest.count == count {
      guard let least = greatest.last, cosine > least else { return }
      greatest.removeLast()
    }
    greatest.insert(cosine, at: greatest.firstIndex { cosine > $0 } ?? greatest.count)
  }
}

extension SketchMatrix {
  /// Rows of norm one that span the same space and are at right angles to each other, by the modified
  /// Gram-Schmidt process; rows that the earlier ones span already are left out.
  var orthonormal: SketchMatrix {
    var result = SketchMatrix(count: 0, bucketCount: bucketCount, values: [])
    for row in 0..<count {
      let rest = rows([row]).without(result)
      let isSpanned = rest.dot(0, rest, 0) <= 1e-8 * dot(row, self, row)
      guard !isSpanned else { continue }
      result = SketchMatrix(
        count: result.count + 1, bucketCount: bucketCount, values: result.values + rest.unit.values)
    }
    return result
  }

  /// The rows without their parts along some orthonormal rows: S - (S Q^T) Q.
  func without(_ directions: SketchMatrix) -> SketchMatrix {
    guard count > 0, directions.count > 0 else { return self }
    var parts = [Float](repeating: 0, count: count * directions.count)
    BLAS.multiply(
      values.span, as: .asStored, directions.values.span, as: .transposed, rows: count,
      columns: directions.count, inner: bucketCount, into: &parts)
    var rest = values
    BLAS.multiply(
      parts.span, as: .asStored, directions.values.span, as: .asStored, rows: count, columns: bucketCount,
      inner: directions.count, alpha: -1, beta: 1, into: &rest)
    return SketchMatrix(count: count, bucketCount: bucketCount, values: rest)
  }
}
