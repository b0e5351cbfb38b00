import Testing

@testable import Numerics

@Suite(.timeLimit(.minutes(10))) struct SeededRandomTests {
  @Test func splitMixGivesThePublishedNumbers() {
    var mixer = SplitMix64(state: 1_234_567)
    let numbers = (0..<3).map { _ in mixer.next() }
    // From the reference implementation, https://prng.di.unimi.it/splitmix64.c
    #expect(numbers == [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423])
  }

  @Test func xoshiroGivesThePublishedNumbers() {
    var random = SeededRandom(state: (1, 2, 3, 4))
    let numbers = (0..<6).map { _ in random.next() }
    // From the reference implementation, https://prng.di.unimi.it/xoshiro256starstar.c
    #expect(
      numbers == [
        11_520, 0, 1_509_978_240, 1_215_971_899_390_074_240, 1_216_172_134_540_287_360,
        607_988_272_756_665_600,
      ])
  }

  @Test func oneSeedGivesOneStreamAndStreamsDiffer() {
    var first = SeededRandom(seed: 5)
    var again = SeededRandom(seed: 5)
    let values = (0..<100).map { _ in first.next() }
    #expect(values == (0..<100).map { _ in again.next() })
    #expect(first == again)
    var firsts: Set<UInt64> = []
    for seed in 0..<50 as Range<UInt64> {
      for stream in 0..<50 as Range<UInt64> {
        var random = SeededRandom(seed: seed, stream: stream)
        firsts.insert(random.next())
      }
    }
    #expect(firsts.count == 2_500)
  }

  @Test(arguments: [1, 2, 3, 7, 1_000, Int.max])
  func integersStayBelowTheirBound(bound: Int) {
    var random = SeededRandom(seed: 11)
    for _ in 0..<500 {
      let value = random.integer(below: bound)
      #expect(value >= 0 && value < bound)
    }
  }

  @Test func integersAreEven() {
    var random = SeededRandom(seed: 12)
    var counts = [Int](repeating: 0, count: 6)
    for _ in 0..<12_000 { counts[random.integer(below: 6)] += 1 }
    // 2,000 expected each, deviation 41.
    #expect(counts.allSatisfy { abs($0 - 2_000) < 200 }, "seed 12: \(counts)")
  }

  @Test(arguments: [0.05, 0.5, 1, 3, 40])
  func gammaHasItsMeanAndVariance(shape: Double) {
    var random = SeededRandom(seed: 13)
    let draws = (0..<8_000).map { _ in random.gamma(shape: shape) }
    let (mean, variance) = moments(draws)
    #expect(draws.allSatisfy { $0 >= 0 && $0.isFinite })
    #expect(abs(mean - shape) < 6 * (shape / 8_000).squareRoot(), "seed 13, mean \(mean)")
    #expect(abs(variance / shape - 1) < 0.35, "seed 13, variance \(variance)")
  }

  @Test func gaussianHasItsMoments() {
    var random = SeededRandom(seed: 14)
    let draws = (0..<8_000).map { _ in random.gaussian() }
    let (mean, variance) = moments(draws)
    #expect(abs(mean) < 0.06, "seed 14, mean \(mean)")
    #expect(abs(variance - 1) < 0.08, "seed 14, variance \(variance)")
    // 4.55 % of a normal distribution lie beyond two deviations.
    let beyond = Double(draws.count { abs($0) > 2 }) / 8_000
    #expect(abs(beyond - 0.0455) < 0.012, "seed 14, beyond two deviations: \(beyond)")
  }

  @Test(arguments: [1e-9, 0.1, 1, 1_000])
  func dirichletSharesAddUpToOne(concentration: Double) {
    var random = SeededRandom(seed: 15)
    for count in [1, 2, 100] {
      let shares = random.dirichlet(count: count, concentration: concentration)
      #expect(shares.count == count)
      #expect(shares.allSatisfy { $0 >= 0 })
      #expect(abs(shares.reduce(0, +) - 1) < 1e-9, "seed 15, count \(count)")
    }
  }

  @Test func everyOrderOfThreeIsAsLikely() {
    var random = SeededRandom(seed: 16)
    var counts: [[Int]: Int] = [:]
    for _ in 0..<6_000 { counts[random.permutation(count: 3), default: 0] += 1 }
    #expect(counts.count == 6)
    #expect(counts.values.allSatisfy { abs($0 - 1_000) < 150 }, "seed 16: \(counts)")
  }

  private func moments(_ draws: [Double]) -> (mean: Double, variance: Double) {
    let mean = draws.reduce(0, +) / Double(draws.count)
    let variance = draws.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(draws.count)
    return (mean, variance)
  }
}
