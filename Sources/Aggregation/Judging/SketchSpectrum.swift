import Numerics

/// The direction in which the sketches of a window vary most, and where each sketch lies along it.
///
/// With weights w_i that sum to W, the mean m = sum of w_i x_i / W and the covariance
/// C = sum of w_i (x_i - m)(x_i - m)^T / W, the direction v is C's eigenvector of the greatest eigenvalue,
/// and an update's projection is <x_i - m, v>. Colluding updates that pull the mean together stand out there:
/// the statistic of spectral filtering (Diakonikolas et al., Robust estimators in high dimensions without the
/// computational intractability, FOCS 2016; DnC: Shejwalkar and Houmansadr, NDSS 2021).
///
/// Power iteration runs on C or, where there are fewer updates than buckets, on the matrix of the centred
/// sketches' dot products, which has the same eigenvalues. That matrix is one matrix product, and an
/// iteration reads it once. Where the two greatest eigenvalues are close the direction lies between both.
///
/// ```swift
/// let spectrum = SketchSpectrum(sketches: rows, count: 1_000, buckets: 1_024, weights: weights)
/// let scores = spectrum.projections.map { $0 * $0 }
/// ```
public struct SketchSpectrum: Sendable {
  /// v, of norm one; zeros if all sketches of positive weight are equal. Of v and -v it is the one along
  /// which the projection of the greatest magnitude is positive.
  public let direction: [Float]
  /// <x_i - m, v> of every sketch, those of weight zero too.
  public let projections: [Double]
  /// The part of the whole variance that lies along v, 0...1.
  public let varianceShare: Double

  /// The greatest number of power iterations.
  static let iterationsLimit = 1_000
  /// A change of the normalised vector below which the iteration ends.
  static let tolerance = 1e-6

  /// Finds the direction.
  ///
  /// - Parameters:
  ///   - sketches: `count` rows of `buckets` values
  ///   - count: at least 1
  ///   - buckets: at least 1
  ///   - weights: one for each sketch, none negative, not all zero
  public init(sketches: [Float], count: Int, buckets: Int, weights: [Double]) {
    precondition(count > 0 && buckets > 0 && sketches.count == count * buckets, "a row is a sketch")
    let total = weights.reduce(0, +)
    precondition(weights.count == count && total > 0 && weights.allSatisfy { $0 >= 0 }, "weights are shares")
    let shares = weights.map { $0 / total }
    let mean = BLAS.rowTimesMatrix(shares.map { Float($0) }, sketches, columns: buckets)
    var centred = sketches
    for row in 0..<count {
      let root = Float(shares[row].squareRoot())
      for column in 0..<buckets {
        centred[row * buckets + column] = (centred[row * buckets + column] - mean[column]) * root
      }
    }
    let isNarrow = buckets <= count
    let top = Self.topEigenvector(
      of: isNarrow
        ? BLAS.product(centred, transposed: true, rows: count, columns: buckets)
        : BLAS.product(centred, transposed: false, rows: count, columns: buckets),
      size: min(count, buckets))
    var direction = isNarrow ? top.vector : BLAS.rowTimesMatrix(top.vector, centred, columns: buckets)
    let norm = Kernels.norm(direction)
    if norm > 0 { Kernels.scale(&direction, by: Float(1 / norm)) }
    let middle = Kernels.dot(mean, direction)
    var projections = (0..<count).map { row in
      Kernels.dot(sketches.span.extracting(row * buckets..<(row + 1) * buckets), direction.span) - middle
    }
    let farthest = projections.max { $0.magnitude < $1.magnitude } ?? 0
    if farthest < 0 {
      Kernels.scale(&direction, by: -1)
      for row in projections.indices { projections[row] = -projections[row] }
    }
    self.direction = direction
    self.projections = projections
    varianceShare = top.share
  }

  /// The eigenvector of the greatest eigenvalue of a positive semi-definite matrix, zeros for a zero matrix,
  /// and that eigenvalue over the trace.
  private static func topEigenvector(of matrix: [Float], size: Int) -> (vector: [Float], share: Double) {
    let trace = (0..<size).reduce(0.0) { $0 + Double(matrix[$1 * size + $1]) }
    var vector = [Float](repeating: 0, count: size)
    guard trace > 0 else { return (vector, 0) }
    // A random start has a part along every eigenvector.
    var random = SeededRandom(seed: 0)
    vector = random.gaussianVector(count: size, deviation: Float(1 / Double(size).squareRoot()))
    var eigenvalue = 0.0
    for _ in 0..<iterationsLimit {
      var next = (0..<size).map { row in
        Float(Kernels.dot(matrix.span.extracting(row * size..<(row + 1) * size), vector.span))
      }
      eigenvalue = Kernels.norm(next)
      guard eigenvalue > 0 else { break }
      Kernels.scale(&next, by: Float(1 / eigenvalue))
      let change = Kernels.squaredDistance(next, vector).squareRoot()
      vector = next
      if change < tolerance { break }
    }
    return (vector, min(1, eigenvalue / trace))
  }
}

extension BLAS {
  /// x A for a matrix of as many rows as x is long.
  fileprivate static func rowTimesMatrix(_ row: [Float], _ matrix: [Float], columns: Int) -> [Float] {
    var product = [Float](repeating: 0, count: columns)
    multiply(
      row.span, as: .asStored, matrix.span, as: .asStored, rows: 1, columns: columns, inner: row.count,
      into: &product)
    return product
  }

  /// A^T A, or A A^T.
  fileprivate static func product(
    _ matrix: [Float], transposed: Bool, rows: Int, columns: Int
  ) -> [Float] {
    let size = transposed ? columns : rows
    var product = [Float](repeating: 0, count: size * size)
    multiply(
      matrix.span, as: transposed ? .transposed : .asStored, matrix.span,
      as: transposed ? .asStored : .transposed, rows: size, columns: size,
      inner: transposed ? rows : columns, into: &product)
    return product
  }
}
