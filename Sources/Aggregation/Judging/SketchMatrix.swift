import Numerics

/// The sketches of some vectors, row by row.
struct SketchMatrix: Sendable {
  /// The number of sketches.
  let count: Int
  /// The length of each.
  let bucketCount: Int
  /// The rows, one after the other.
  private(set) var values: [Float]

  /// Takes rows over.
  init(count: Int, bucketCount: Int, values: [Float]) {
    precondition(values.count == count * bucketCount, "\(values.count) values are not \(count) sketches")
    self.count = count
    self.bucketCount = bucketCount
    self.values = values
  }

  /// Where a row stands in `values`.
  func place(ofRow row: Int) -> Range<Int> { row * bucketCount..<(row + 1) * bucketCount }

  /// The dot product of a row with a row of another matrix of as many buckets.
  func dot(_ row: Int, _ other: SketchMatrix, _ otherRow: Int) -> Double {
    Kernels.dot(
      values.span.extracting(place(ofRow: row)),
      other.values.span.extracting(other.place(ofRow: otherRow)))
  }

  /// The rows scaled to norm one; a row of zeros stays one.
  var unit: SketchMatrix {
    var unit = self
    for row in 0..<count {
      let norm = dot(row, self, row).squareRoot()
      guard norm > 0 else { continue }
      let factor = Float(1 / norm)
      for place in place(ofRow: row) { unit.values[place] *= factor }
    }
    return unit
  }

  /// Some of the rows, in a given order.
  func rows(_ rows: [Int]) -> SketchMatrix {
    if rows == Array(0..<count) { return self }
    return SketchMatrix(
      count: rows.count, bucketCount: bucketCount, values: rows.flatMap { values[place(ofRow: $0)] })
  }
}
