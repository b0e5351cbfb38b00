import Numerics
import Testing

@testable import Updates

struct LevelPairTests {
  /// The sum of squared distances to the means of two groups, times their sizes' product so that it stays
  /// whole where numbers are small.
  private func cost(_ sizes: [UInt32], split: Int) -> Double {
    func spread(_ group: ArraySlice<UInt32>) -> Double {
      let mean = Double(group.reduce(0) { $0 + UInt64($1) }) / Double(group.count)
      return group.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    }
    return spread(sizes[..<split]) + spread(sizes[split...])
  }

  @Test func theSplitIsAsGoodAsTheBestOfAll() throws {
    for seed in UInt64(1)...200 {
      var random = SeededRandom(seed: seed)
      let count = 2 + random.integer(below: 40)
      let bound = [3, 100, 100_000][random.integer(below: 3)]
      let sizes = (0..<count).map { _ in UInt32(1 + random.integer(below: bound)) }.sorted()
      guard let split = LevelPair.bestSplit(ascending: sizes) else {
        #expect(sizes.first == sizes.last, "seed \(seed)")
        continue
      }
      let best = try #require((1..<count).map { cost(sizes, split: $0) }.min())
      #expect(cost(sizes, split: split) <= best * (1 + 1e-9) + 1e-9, "seed \(seed)")
    }
  }

  @Test func extremeSizesDoNotOverflow() {
    let maximum: UInt32 = 1 << 31
    let half = [UInt32](repeating: 1, count: 2_048) + [UInt32](repeating: maximum, count: 2_048)
    #expect(LevelPair.bestSplit(ascending: half) == 2_048)
    let one = [UInt32](repeating: 1, count: 4_095) + [maximum]
    #expect(LevelPair.bestSplit(ascending: one) == 4_095)
    #expect(LevelPair.bestSplit(ascending: [UInt32](repeating: maximum, count: 4_096)) == nil)
  }

  @Test func levelsAreRoundedMeansAndBothAreUsed() {
    let pair = LevelPair(ascending: [9, 10, 11, 99, 100, 101])
    #expect(pair.low.quanta == 10)
    #expect(pair.high == Magnitude(nearest: 100))
    #expect(!LevelPair(ascending: [1_000]).isSplit)
    #expect(!LevelPair(ascending: [1_000, 1_000, 1_001]).isSplit)
    for seed in UInt64(1)...500 {
      var random = SeededRandom(seed: seed)
      let bound = 1 + random.integer(below: 300)
      let sizes = (0..<1 + random.integer(below: 6)).map { _ in UInt32(1 + random.integer(below: bound)) }
        .sorted()
      let pair = LevelPair(ascending: sizes)
      guard pair.isSplit else { continue }
      #expect(sizes.contains { pair.isHigh($0) } && sizes.contains { !pair.isHigh($0) }, "seed \(seed)")
    }
  }
}
