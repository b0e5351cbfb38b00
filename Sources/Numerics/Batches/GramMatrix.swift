/// The dot products <x_i, x_j> of n vectors, and their squared distances.
public struct GramMatrix: Sendable, Equatable {
  /// How many vectors there are: n.
  public let count: Int
  /// n x n dot products, row-major and symmetric.
  private let products: [Double]
  /// n x n squared distances, row-major and symmetric, 0 on the diagonal.
  let distances: [Double]

  /// Takes dot products, and derives the distances: |x_i - x_j|^2 = <x_i, x_i> + <x_j, x_j> - 2 <x_i, x_j>.
  ///
  /// - Parameters:
  ///   - count: n, at least 1.
  ///   - values: n x n dot products, row-major and symmetric.
  public init(count: Int, values: [Double]) {
    precondition(
      count >= 1 && values.count == count * count, "\(values.count) dot products are not \(count) x \(count)")
    var distances = [Double](repeating: 0, count: values.count)
    for i in 0..<count {
      for j in 0..<count where j != i {
        distances[i * count + j] = max(
          0, values[i * count + i] + values[j * count + j] - 2 * values[i * count + j])
      }
    }
    self.init(count: count, products: values, distances: distances)
  }

  /// Takes distances that are more exact than the dot products give them.
  init(count: Int, products: [Double], distances: [Double]) {
    self.count = count
    self.products = products
    self.distances = distances
  }

  /// The dot product <x_i, x_j>.
  public subscript(i: Int, j: Int) -> Double { products[i * count + j] }

  /// |x_i - x_j|^2, at least 0.
  public func squaredDistance(_ i: Int, _ j: Int) -> Double { distances[i * count + j] }
}
