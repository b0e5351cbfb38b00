import Aggregation
import Numerics
import Testing

struct WeightTests {
  @Test func stalenessDiscountIsTheNearestIntegerToTheFormula() throws {
    for staleness in 0...AggregationLimits.stalenessVersions {
      let discount = try #require(StalenessDiscount.discount(staleness: UInt64(staleness)))
      let exact = 65_535 / Double(staleness + 1).squareRoot()
      #expect(abs(Double(discount) - exact) <= 0.5, "staleness \(staleness)")
    }
  }

  @Test func stalenessDiscountKnownAnswers() {
    #expect(StalenessDiscount.discount(staleness: 0) == 65_535)
    #expect(StalenessDiscount.discount(staleness: 1) == 46_340)
    #expect(StalenessDiscount.discount(staleness: 3) == 32_768)
    #expect(StalenessDiscount.discount(staleness: 8) == 21_845)
    #expect(StalenessDiscount.discount(staleness: 64) == 8_129)
    #expect(StalenessDiscount.discount(staleness: 65) == nil)
    #expect(StalenessDiscount.discount(staleness: .max) == nil)
  }

  @Test func weightOfFullFactorsIsFullAndOfAnyZeroIsZero() {
    let one = MergeWeight.one
    #expect(MergeWeight.of(trust: one, discount: one, clip: one) == one)
    for (trust, discount, clip) in [(0, one, one), (one, 0, one), (one, one, 0)] {
      #expect(MergeWeight.of(trust: trust, discount: discount, clip: clip) == 0)
    }
  }

  @Test func weightIsTheRoundedProductInAnyOrder() {
    let seed: UInt64 = 20
    var random = SeededRandom(seed: seed)
    for _ in 0..<1_000 {
      let factors = (0..<3).map { _ in UInt16(random.integer(below: 65_536)) }
      let (a, b, c) = (factors[0], factors[1], factors[2])
      let weight = MergeWeight.of(trust: a, discount: b, clip: c)
      let exact = Double(a) * Double(b) * Double(c) / 65_535 / 65_535
      #expect(abs(Double(weight) - exact) <= 0.5 + 1e-6, "seed \(seed), factors \(factors)")
      #expect(weight == MergeWeight.of(trust: c, discount: a, clip: b), "seed \(seed), factors \(factors)")
      #expect(weight <= min(a, b, c), "seed \(seed), factors \(factors)")
    }
  }

  @Test func fractionsAreBroughtIntoRange() {
    #expect(MergeWeight.fraction(0.5) == 32_768)
    #expect(MergeWeight.fraction(1) == 65_535)
    #expect(MergeWeight.fraction(7) == 65_535)
    #expect(MergeWeight.fraction(-1) == 0)
    #expect(MergeWeight.fraction(.nan) == 0)
    #expect(MergeWeight.fraction(.infinity) == 65_535)
  }
}
