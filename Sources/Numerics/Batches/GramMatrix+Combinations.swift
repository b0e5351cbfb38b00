// Linear combinations of vectors that are known by their norms and distances only.
//
// All of it goes through the distances D, because <x_i, x_j> = (|x_i|^2 + |x_j|^2 - D_ij) / 2 loses the
// distances where vectors are long and near to one another: for weights w with sum s and h = sum of
// w_i |x_i|^2, the square |X w|^2 is s h - w.D w / 2.
extension GramMatrix {
  /// |x_i|^2.
  public var squaredNorms: [Double] { (0..<count).map { self[$0, $0] } }

  /// D w: for each vector the weighted sum of its squared distances.
  ///
  /// - Parameter weights: w, one for each vector.
  public func weightedDistances(_ weights: [Double]) -> [Double] {
    Kernels.combineRows(weights, of: distances, columns: count)
  }

  /// |x_i - X w|^2 for each vector, at least 0.
  ///
  /// - Parameter weights: w, one for each vector, with any sum.
  public func squaredDistances(toSumWeighted weights: [Double]) -> [Double] {
    let sum = weights.reduce(0, +)
    let spread = weightedDistances(weights)
    let spreadSquare = Kernels.dot(weights, spread)
    let norms = squaredNorms
    let moment = Kernels.dot(weights, norms)
    // |x_i - X w|^2 with the coefficients e_i - w, whose sum is 1 - s.
    return (0..<count).map { i in
      max(0, (1 - sum) * (norms[i] - moment) + spread[i] - spreadSquare / 2)
    }
  }

  /// The Gram matrix of linear combinations of the vectors: of the rows of M X.
  ///
  /// - Parameters:
  ///   - coefficients: M, m x n, row-major.
  ///   - rows: m, at least 1.
  public func mixed(by coefficients: [Double], rows: Int) -> GramMatrix {
    precondition(
      rows >= 1 && coefficients.count == rows * count,
      "\(coefficients.count) coefficients are not \(rows) x \(count)")
    let mixtures = (0..<rows).map { Array(coefficients[($0 * count)..<(($0 + 1) * count)]) }
    let norms = squaredNorms
    let sums = mixtures.map { $0.reduce(0, +) }
    let moments = mixtures.map { Kernels.dot($0, norms) }
    let spreads = spreads(of: mixtures)
    var products = [Double](repeating: 0, count: rows * rows)
    var distances = products
    for i in 0..<rows {
      for j in 0...i {
        let spread = spreads[i * rows + j]
        let product = (sums[i] * moments[j] + sums[j] * moments[i] - spread) / 2
        let parting = spread - (spreads[i * rows + i] + spreads[j * rows + j]) / 2
        let distance = i == j ? 0 : max(0, (sums[i] - sums[j]) * (moments[i] - moments[j]) + parting)
        (products[i * rows + j], products[j * rows + i]) = (product, product)
        (distances[i * rows + j], distances[j * rows + i]) = (distance, distance)
      }
    }
    return GramMatrix(count: rows, products: products, distances: distances)
  }

  /// M D M^T, row-major.
  private func spreads(of mixtures: [[Double]]) -> [Double] {
    let rows = mixtures.count
    var turned = [Double](repeating: 0, count: count * rows)
    for (row, mixture) in mixtures.enumerated() {
      for (column, value) in weightedDistances(mixture).enumerated() {
        turned[column * rows + row] = value
      }
    }
    return mixtures.flatMap { Kernels.combineRows($0, of: turned, columns: rows) }
  }
}
