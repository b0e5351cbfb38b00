extension Kernels {
  /// The dot products of all vectors, and their squared distances.
  ///
  /// Distances are exact to about 1e-5 of themselves, also where they are much smaller than the vectors'
  /// norms: vectors are measured from a centre among them, and groups still close compared with their
  /// distance from it once more from a centre of their own. Dot products are exact to about 1e-6 of
  /// |x_i| |x_j|, or of the greater squared norm where the centre was drawn away by far outliers.
  ///
  /// It takes n^2 d multiplications and additions, and at most `1 + recentrings` times as much.
  ///
  /// - Parameters:
  ///   - batch: n vectors of finite values.
  ///   - threads: how many threads divide the coordinates among them; the result does not depend on it.
  public static func gram(of batch: VectorBatch, threads: Int) -> GramMatrix {
    let count = batch.count
    let centred = CentredProducts(of: batch, rows: Array(0..<count), threads: threads)
    var distances = (0..<(count * count)).map { centred.squaredDistance($0 / count, $0 % count) }
    recentre(&distances, of: batch, centred, rows: Array(0..<count), rounds: recentrings, threads: threads)
    let products = distances.indices.map {
      centred.product($0 / count, $0 % count, squaredDistance: distances[$0])
    }
    return GramMatrix(count: count, products: products, distances: distances)
  }

  /// How often groups of close vectors are measured again, each time from nearer by.
  public static let recentrings = 2

  /// Replaces the distances that have lost digits.
  private static func recentre(
    _ distances: inout [Double], of batch: VectorBatch, _ centred: CentredProducts, rows: [Int],
    rounds: Int, threads: Int
  ) {
    guard rounds > 0 else { return }
    for group in centred.closeGroups {
      let members = group.map { rows[$0] }
      let nearer = CentredProducts(of: batch, rows: members, threads: threads)
      for (i, left) in group.enumerated() {
        for (j, right) in group.enumerated() where i != j && centred.areClose(left, right) {
          distances[members[i] * batch.count + members[j]] = nearer.squaredDistance(i, j)
        }
      }
      recentre(&distances, of: batch, nearer, rows: members, rounds: rounds - 1, threads: threads)
    }
  }
}

extension CentredProducts {
  /// Below this part of |y_i|^2 + |y_j|^2 a squared distance has lost five bits of its 24.
  private static let closeness = 0x1p-5

  /// Whether two vectors are too close, compared with their distance from the centre, for their own distance
  /// to be exact.
  fileprivate func areClose(_ i: Int, _ j: Int) -> Bool {
    squaredDistance(i, j) < Self.closeness * (squaredNorm(i) + squaredNorm(j))
  }

  /// Groups of two and more vectors that are linked by being close, each in ascending order.
  fileprivate var closeGroups: [[Int]] {
    var isOpen = [Bool](repeating: true, count: count)
    var groups: [[Int]] = []
    for start in 0..<count where isOpen[start] {
      isOpen[start] = false
      var (group, next) = ([start], 0)
      while next < group.count {
        for other in 0..<count where isOpen[other] && areClose(group[next], other) {
          isOpen[other] = false
          group.append(other)
        }
        next += 1
      }
      if group.count > 1 { groups.append(group.sorted()) }
    }
    return groups
  }
}
