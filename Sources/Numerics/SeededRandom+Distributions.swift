import Glibc

// Gaussian and gamma deviates go through the C library's log, cos and pow. They are for training and
// simulation, which no replica repeats; uniform numbers and shuffles use integers alone.
extension SeededRandom {
  /// A number drawn uniformly from [0, 1), a multiple of 2^-53.
  public mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// A whole number drawn uniformly from 0 to `bound` - 1, without bias (Lemire, 2019).
  ///
  /// - Parameter bound: at least 1.
  public mutating func integer(below bound: Int) -> Int {
    precondition(bound > 0, "there is no number below \(bound)")
    let bound = UInt64(bound)
    var product = next().multipliedFullWidth(by: bound)
    if product.low < bound {
      let threshold = (0 &- bound) % bound
      while product.low < threshold { product = next().multipliedFullWidth(by: bound) }
    }
    return Int(product.high)
  }

  /// A number from the normal distribution with mean 0 and deviation 1 (Box and Muller, 1958).
  public mutating func gaussian() -> Double {
    // 1 - u lies in (0, 1], so the logarithm is finite.
    let radius = (-2 * log(1 - uniform())).squareRoot()
    return radius * cos(2 * Double.pi * uniform())
  }

  /// `count` numbers from the normal distribution.
  ///
  /// - Parameters:
  ///   - count: how many.
  ///   - deviation: the standard deviation.
  public mutating func gaussianVector(count: Int, deviation: Float) -> [Float] {
    (0..<count).map { _ in Float(gaussian()) * deviation }
  }

  /// A number from the gamma distribution with scale 1 (Marsaglia and Tsang, 2000).
  ///
  /// - Parameter shape: greater than 0; its mean is `shape`.
  public mutating func gamma(shape: Double) -> Double {
    precondition(shape > 0 && shape.isFinite, "a gamma distribution needs a shape above 0, not \(shape)")
    guard shape >= 1 else {
      return gamma(shape: shape + 1) * pow(1 - uniform(), 1 / shape)
    }
    let offset = shape - 1.0 / 3
    let slope = 1 / (9 * offset).squareRoot()
    while true {
      let deviate = gaussian()
      let root = 1 + slope * deviate
      guard root > 0 else { continue }
      let cube = root * root * root
      let bound = 0.5 * deviate * deviate + offset - offset * cube + offset * log(cube)
      if log(1 - uniform()) < bound { return offset * cube }
    }
  }

  /// Shares drawn from the symmetric Dirichlet distribution: at least 0 each, 1 in all.
  ///
  /// - Parameters:
  ///   - count: how many shares, at least 1.
  ///   - concentration: alpha, greater than 0; small values give a few large shares.
  public mutating func dirichlet(count: Int, concentration: Double) -> [Double] {
    precondition(count > 0, "a distribution over nothing has no shares")
    let draws = (0..<count).map { _ in gamma(shape: concentration) }
    let sum = draws.reduce(0, +)
    guard sum > 0 else {
      // Every draw underflowed, which a tiny concentration does: its limit is one share of 1.
      let winner = integer(below: count)
      return (0..<count).map { $0 == winner ? 1 : 0 }
    }
    return draws.map { $0 / sum }
  }

  /// Puts values in a random order, each order alike likely (Fisher and Yates).
  public mutating func shuffle<Element>(_ values: inout [Element]) {
    guard values.count > 1 else { return }
    for last in stride(from: values.count - 1, to: 0, by: -1) {
      values.swapAt(last, integer(below: last + 1))
    }
  }

  /// Draws numbers from 0 to `total` - 1, none of them twice, each set of them alike likely (Floyd). Their
  /// order says nothing.
  ///
  /// - Parameters:
  ///   - count: how many, 0...`total`.
  ///   - total: how many there are.
  public mutating func sample(_ count: Int, of total: Int) -> [Int] {
    var drawn: [Int] = []
    var seen: Set<Int> = []
    for last in (total - count)..<total {
      let number = integer(below: last + 1)
      let next = seen.insert(number).inserted ? number : last
      seen.insert(next)
      drawn.append(next)
    }
    return drawn
  }

  /// The numbers from 0 to `count` - 1 in a random order.
  public mutating func permutation(count: Int) -> [Int] {
    var order = Array(0..<count)
    shuffle(&order)
    return order
  }
}
