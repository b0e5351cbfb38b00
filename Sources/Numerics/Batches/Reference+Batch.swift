// What the kernels on batches compute.
extension Reference {
  /// The sum of w_i x_i.
  public static func weightedSum(of batch: VectorBatch, weights: [Double]) -> [Float] {
    (0..<batch.dimension).map { place in
      Float(
        (0..<batch.count).reduce(0) { $0 + weights[$1] * Double(batch.values[$1 * batch.dimension + place]) })
    }
  }

  /// M X, for m x n coefficients M.
  public static func mix(_ batch: VectorBatch, coefficients: [Double], rows: Int) -> VectorBatch {
    let values = (0..<rows).flatMap { row in
      weightedSum(
        of: batch, weights: Array(coefficients[(row * batch.count)..<((row + 1) * batch.count)]))
    }
    return VectorBatch(uncheckedCount: rows, dimension: batch.dimension, values: values)
  }

  /// |x_i - c|^2 for each vector.
  public static func squaredNorms(of batch: VectorBatch, centre: [Float]?) -> [Double] {
    let centre = centre ?? [Float](repeating: 0, count: batch.dimension)
    return (0..<batch.count).map { squaredDistance(batch.row($0), centre) }
  }

  /// The median of each coordinate; the mean of the two middle values if n is even.
  public static func coordinateMedian(of batch: VectorBatch) -> [Float] {
    byCoordinate(batch) { median(ofSorted: $0) }
  }

  /// The mean of each coordinate without its `trimmed` least and greatest values.
  public static func trimmedMean(of batch: VectorBatch, trimmingEachSide trimmed: Int) -> [Float] {
    byCoordinate(batch) { mean($0[trimmed..<($0.count - trimmed)]) }
  }

  /// The mean of the `kept` values of each coordinate that are nearest to its median, the lesser first.
  public static func meanAroundMedian(of batch: VectorBatch, keeping kept: Int) -> [Float] {
    byCoordinate(batch) { sorted in
      let median = median(ofSorted: sorted)
      var start = 0
      while start + kept < sorted.count, median - sorted[start] > sorted[start + kept] - median { start += 1 }
      return mean(sorted[start..<(start + kept)])
    }
  }

  private static func byCoordinate(_ batch: VectorBatch, _ body: ([Float]) -> Float) -> [Float] {
    (0..<batch.dimension).map { place in
      body((0..<batch.count).map { batch.values[$0 * batch.dimension + place] }.sorted())
    }
  }

  private static func median(ofSorted values: [Float]) -> Float {
    mean(values[((values.count - 1) / 2)...(values.count / 2)])
  }

  private static func mean(_ values: ArraySlice<Float>) -> Float {
    Float(values.reduce(0) { $0 + Double($1) } / Double(values.count))
  }
}
