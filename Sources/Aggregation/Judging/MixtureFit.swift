/// How an update stands to the root updates.
struct MixtureFit {
  /// The cosine to the nearest mixture of the directions with weights that are not negative: 0...1.
  let fit: Double
  /// (p - q) / (p + q) with p the fit of the update and q that of its opposite: from 1, where all that the
  /// directions explain of the update lies ahead, to -1, where it lies behind.
  ///
  /// An update from few labels pulls against the balance of all labels, but a mixture explains it far better
  /// than its opposite. A reversed update has it the other way round, whatever its labels.
  let polarity: Double

  private static let sweepsLimit = 200
  private static let tolerance = 1e-7

  /// Fits a mixture to an update.
  ///
  /// - Parameters:
  ///   - labelDots: the scaled update's dot products with the scaled directions
  ///   - norm: the scaled update's norm
  init(labelDots: [Double], norm: Double, to roots: RootUpdates) {
    let cosines = zip(labelDots, roots.norms).map { dot, length in
      norm > 0 && length > 0 ? dot / (norm * length) : 0
    }
    fit = Self.nearestMixture(cosines, among: roots.cosines)
    let opposite = Self.nearestMixture(cosines.map { -$0 }, among: roots.cosines)
    polarity = fit + opposite > 0 ? (fit - opposite) / (fit + opposite) : 0
  }

  /// max over a >= 0 of b.a / sqrt(a.G.a) for unit directions with cosines G among them and b to the update.
  ///
  /// With the residual r of the non-negative least squares problem min |u - sum a_j g_j|^2 and |u| = 1 the
  /// maximum is sqrt(1 - r). Coordinate descent solves it: each step is exact, and r never grows.
  static func nearestMixture(_ cosines: [Double], among directions: [[Double]]) -> Double {
    var mixture = [Double](repeating: 0, count: cosines.count)
    var pull = cosines
    for _ in 0..<sweepsLimit {
      var largest = 0.0
      for index in mixture.indices where directions[index][index] > 0 {
        let change = max(-mixture[index], pull[index] / directions[index][index])
        mixture[index] += change
        for other in pull.indices { pull[other] -= change * directions[other][index] }
        largest = max(largest, abs(change))
      }
      if largest < tolerance { break }
    }
    // 1 - r = 2 b.a - a.G.a = b.a + pull.a, where pull = b - G.a.
    let explained = mixture.indices.reduce(0) { $0 + mixture[$1] * (cosines[$1] + pull[$1]) }
    return min(1, max(0, explained)).squareRoot()
  }
}
