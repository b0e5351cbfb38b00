/// The largest eigenvalue of a symmetric matrix that has no negative ones, and a vector of norm one for it.
///
/// Restarted Lanczos iteration with full reorthogonalisation (Golub and Van Loan, Matrix Computations, 4th
/// edition, 10.1 and 10.5). The matrix is only multiplied with, so it need not be formed. The result is a
/// function of the products alone; where the largest eigenvalues lie closer together than the products are
/// exact, the vector is one of their eigenspace.
///
/// ```swift
/// let top = TopEigenpair(order: count) { Kernels.combineRows($0, of: matrix, columns: count) }
/// ```
public struct TopEigenpair: Sendable {
  /// The largest eigenvalue.
  public let value: Double
  /// An eigenvector of norm one. Its sign means nothing.
  public let vector: [Double]

  /// The basis' length until a restart.
  static let basisLimit = 64
  /// How often the iteration starts over before it takes what it has.
  static let restartsLimit = 40
  /// The residual |A v - value v| over the value that is good enough.
  static let tolerance = 1e-11

  /// Finds the pair.
  ///
  /// - Parameters:
  ///   - order: the matrix's rows, at least 1.
  ///   - guess: a vector near the eigenvector, such as that of a matrix much alike.
  ///   - product: the matrix times a vector.
  public init(order: Int, near guess: [Double]? = nil, product: ([Double]) -> [Double]) {
    precondition(order > 0, "a matrix has at least one row")
    var start = Self.scattered(order)
    if let guess {
      // Some of every direction stays in it, because the eigenvector may be orthogonal to the guess.
      for index in start.indices { start[index] = guess[index] + start[index] / 16 }
    }
    var found = Self.cycle(from: start, product)
    for _ in 0..<Self.restartsLimit where found.residual > Self.tolerance * found.value {
      found = Self.cycle(from: found.vector, product)
    }
    value = max(0, found.value)
    vector = found.vector
  }

  /// A vector of about norm one that is orthogonal to nothing a caller will think of.
  private static func scattered(_ count: Int) -> [Double] {
    var random = SeededRandom(seed: 0x5_7A27)
    let reach = (3 / Double(count)).squareRoot()
    return (0..<count).map { _ in (2 * random.uniform() - 1) * reach }
  }

  private struct Ritz {
    let value: Double
    let vector: [Double]
    let residual: Double
  }

  /// The best pair in the span of start, A start, A^2 start, ...
  private static func cycle(from start: [Double], _ product: ([Double]) -> [Double]) -> Ritz {
    var basis = [scaled(start, by: 1 / norm(start))]
    var diagonal: [Double] = []
    var beside: [Double] = []
    var rest = 0.0
    while let latest = basis.last {
      var next = product(latest)
      diagonal.append(Kernels.dot(latest, next))
      // Twice is enough: once leaves what the first subtraction's own rounding has brought in.
      for _ in 0..<2 {
        for vector in basis { add(-Kernels.dot(vector, next), vector, to: &next) }
      }
      rest = norm(next)
      let isExhausted = rest <= tolerance * (diagonal.max() ?? 0)
      if isExhausted || basis.count == min(basisLimit, start.count) { break }
      beside.append(rest)
      basis.append(scaled(next, by: 1 / rest))
    }
    let top = TridiagonalTop(diagonal: diagonal, beside: beside)
    var vector = [Double](repeating: 0, count: start.count)
    for (share, direction) in zip(top.vector, basis) { add(share, direction, to: &vector) }
    return Ritz(
      value: top.value, vector: scaled(vector, by: 1 / norm(vector)),
      residual: rest * abs(top.vector.last ?? 0))
  }

  private static func norm(_ vector: [Double]) -> Double { Kernels.dot(vector, vector).squareRoot() }

  private static func scaled(_ vector: [Double], by factor: Double) -> [Double] { vector.map { $0 * factor } }

  private static func add(_ factor: Double, _ vector: [Double], to sum: inout [Double]) {
    for index in sum.indices { sum[index] += factor * vector[index] }
  }
}

/// The largest eigenvalue of a symmetric tridiagonal matrix by bisection, its vector by inverse iteration.
private struct TridiagonalTop {
  private(set) var value: Double
  private(set) var vector: [Double]

  private static let bisections = 120

  init(diagonal: [Double], beside: [Double]) {
    vector = [1]
    value = diagonal[0]
    guard diagonal.count > 1 else { return }
    var low = diagonal.max() ?? 0
    // Gershgorin's bound.
    let padded = [0] + beside.map(abs) + [0]
    var high = diagonal.indices.map { diagonal[$0] + padded[$0] + padded[$0 + 1] }.max() ?? 0
    for _ in 0..<Self.bisections {
      let middle = low + (high - low) / 2
      guard middle > low, middle < high else { break }
      if Self.pivots(of: middle, diagonal, beside).allSatisfy({ $0 > 0 }) {
        high = middle
      } else {
        low = middle
      }
    }
    value = high
    let pivots = Self.pivots(of: high, diagonal, beside).map { max($0, high.magnitude * 0x1p-60) }
    vector = [Double](repeating: 1, count: diagonal.count)
    for _ in 0..<3 {
      vector = Self.solve(pivots, beside, vector)
      let norm = Kernels.dot(vector, vector).squareRoot()
      vector = vector.map { $0 / norm }
    }
  }

  /// The pivots of shift * I - T: all above 0 if the shift is above every eigenvalue.
  private static func pivots(of shift: Double, _ diagonal: [Double], _ beside: [Double]) -> [Double] {
    var pivots = [shift - diagonal[0]]
    for index in 1..<diagonal.count {
      let above = pivots[index - 1] == 0 ? Double.leastNormalMagnitude : pivots[index - 1]
      pivots.append(shift - diagonal[index] - beside[index - 1] * beside[index - 1] / above)
    }
    return pivots
  }

  private static func solve(_ pivots: [Double], _ beside: [Double], _ right: [Double]) -> [Double] {
    var solution = right
    for index in 1..<right.count {
      solution[index] += beside[index - 1] / pivots[index - 1] * solution[index - 1]
    }
    solution[right.count - 1] /= pivots[right.count - 1]
    for index in (0..<(right.count - 1)).reversed() {
      solution[index] = (solution[index] + beside[index] * solution[index + 1]) / pivots[index]
    }
    return solution
  }
}
