// Operations on a batch of vectors. `threads` is how many threads divide the work among them; no result
// depends on it.
extension Kernels {
  /// The dot products of all vectors, and their distances.
  public static func gram(of batch: VectorBatch, threads: Int) -> GramMatrix {
    let values = Reference.gram(of: batch)
    return GramMatrix(count: batch.count, values: values)
  }

  /// The sum of w_i x_i.
  ///
  /// - Parameters:
  ///   - batch: n vectors.
  ///   - weights: w, n factors.
  public static func weightedSum(of batch: VectorBatch, weights: [Double], threads: Int) -> [Float] {
    precondition(weights.count == batch.count, "\(weights.count) weights for \(batch.count) vectors")
    return Reference.weightedSum(of: batch, weights: weights)
  }

  /// M X: m linear combinations of the vectors.
  ///
  /// - Parameters:
  ///   - batch: X, n vectors.
  ///   - coefficients: M, m x n, row-major.
  ///   - rows: m, in 1...`VectorBatch.maximumCount`.
  public static func mix(
    _ batch: VectorBatch, coefficients: [Double], rows: Int, threads: Int
  ) -> VectorBatch {
    precondition(
      (1...VectorBatch.maximumCount).contains(rows) && coefficients.count == rows * batch.count,
      "\(coefficients.count) coefficients are not \(rows) x \(batch.count)")
    let values = (0..<rows).flatMap { row in
      Reference.weightedSum(
        of: batch, weights: Array(coefficients[(row * batch.count)..<((row + 1) * batch.count)]))
    }
    return VectorBatch(uncheckedCount: rows, dimension: batch.dimension, values: values)
  }

  /// |x_i - c|^2 for each vector.
  ///
  /// - Parameters:
  ///   - batch: n vectors of length d.
  ///   - centre: c, d values; nil stands for 0.
  public static func squaredNorms(of batch: VectorBatch, centre: [Float]?, threads: Int) -> [Double] {
    precondition(centre == nil || centre?.count == batch.dimension, "the centre has another length")
    return Reference.squaredNorms(of: batch, centre: centre)
  }

  /// The median of each coordinate; with an even number of vectors the mean of the two middle values, as
  /// NumPy's median.
  public static func coordinateMedian(of batch: VectorBatch, threads: Int) -> [Float] {
    Reference.coordinateMedian(of: batch)
  }

  /// The mean of each coordinate without its least and greatest values.
  ///
  /// - Parameters:
  ///   - batch: n vectors.
  ///   - trimmed: how many values to leave out on each side, with 0 <= 2 * `trimmed` < n.
  public static func trimmedMean(
    of batch: VectorBatch, trimmingEachSide trimmed: Int, threads: Int
  ) -> [Float] {
    precondition(trimmed >= 0 && 2 * trimmed < batch.count, "nothing is left of \(batch.count) values")
    return Reference.trimmedMean(of: batch, trimmingEachSide: trimmed)
  }

  /// The mean of the values of each coordinate that are nearest to its median. Of two at one distance the
  /// lesser is kept.
  ///
  /// - Parameters:
  ///   - batch: n vectors.
  ///   - kept: how many values to keep, in 1...n.
  public static func meanAroundMedian(of batch: VectorBatch, keeping kept: Int, threads: Int) -> [Float] {
    precondition((1...batch.count).contains(kept), "\(kept) of \(batch.count) values cannot be kept")
    return Reference.meanAroundMedian(of: batch, keeping: kept)
  }
}
