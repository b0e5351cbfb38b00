/// The two magnitudes that stand for all kept values of a chunk. They are equal where one is enough.
struct LevelPair: Sendable, Hashable {
  let low: Magnitude
  let high: Magnitude

  /// Whether values carry a bit that tells which magnitude they have.
  var isSplit: Bool { low < high }

  /// Whether a value of this size is nearer to the high magnitude; a tie goes to the low one.
  @inline(__always)
  func isHigh(_ size: UInt32) -> Bool {
    2 * Int64(size) > Int64(low.quanta) + Int64(high.quanta)
  }

  /// The magnitudes nearest to the means of the best two groups of the sizes.
  ///
  /// - Parameter sizes: at least one size, ascending, none of them zero
  init(ascending sizes: [UInt32]) {
    let split = Self.bestSplit(ascending: sizes)
    let pair = LevelPair(
      low: Self.nearestMean(sizes[..<(split ?? sizes.count)]), high: Self.nearestMean(sizes[(split ?? 0)...]))
    // Rounding can move a level so far that no size is nearest to it: then the other one serves alone.
    let usesLow = !pair.isHigh(sizes[0])
    let usesHigh = pair.isHigh(sizes[sizes.count - 1])
    self.init(low: usesLow ? pair.low : pair.high, high: usesHigh ? pair.high : pair.low)
  }

  private init(low: Magnitude, high: Magnitude) {
    self.low = low
    self.high = high
  }

  /// The number of sizes in the lower group of the exact 2-means split, the smallest where several are best;
  /// nil if all sizes are alike.
  ///
  /// Splitting n sizes after the first j lowers the sum of squares by D^2 / (n j (n - j)) with
  /// D = (n - j) * (sum of the lower) - j * (sum of the upper), so the best split has the greatest
  /// D^2 / (j (n - j)). Fractions are compared by cross multiplication: with n up to 4,096 and sizes up to
  /// 2^31, |D| < 2^53 and D^2 * j (n - j) < 2^128.
  static func bestSplit(ascending sizes: [UInt32]) -> Int? {
    let count = sizes.count
    let total = sizes.reduce(0) { $0 + Int64($1) }
    var best: (split: Int, numerator: UInt128, denominator: UInt128)?
    var lower: Int64 = 0
    for split in stride(from: 1, to: count, by: 1) {
      lower += Int64(sizes[split - 1])
      let difference = (lower * Int64(count - split) - (total - lower) * Int64(split)).magnitude
      guard difference > 0 else { continue }
      let numerator = UInt128(difference) * UInt128(difference)
      let denominator = UInt128(split * (count - split))
      if let best, numerator * best.denominator <= best.numerator * denominator { continue }
      best = (split, numerator, denominator)
    }
    return best?.split
  }

  private static func nearestMean(_ sizes: ArraySlice<UInt32>) -> Magnitude {
    let total = sizes.reduce(0) { $0 + UInt64($1) }
    return Magnitude(nearest: UInt32((total + UInt64(sizes.count) / 2) / UInt64(sizes.count)))
  }
}
