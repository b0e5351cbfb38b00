import Numerics
import Testing
import Updates

@testable import Aggregation

struct CopySearchTests {
  /// Unit sketches in families: the rows of one family are near one another.
  private static func sketches(families: Int, each: Int, spread: Float, seed: UInt64) -> SketchMatrix {
    var random = SeededRandom(seed: seed)
    let centres = (0..<families).map { _ in random.gaussianVector(count: 64, deviation: 1) }
    let rows = (0..<families * each).map { row in
      centres[row % families].map { $0 + spread * Float(random.gaussian()) }
    }
    return SketchMatrix(count: rows.count, bucketCount: 64, values: rows.flatMap(\.self)).unit
  }

  /// All earlier rows within the sketch's limit, nearest first.
  private static func bruteForce(_ search: CopySearch, _ row: Int) -> [(row: Int, gap: Double)] {
    let limit = max(search.limit * JudgingThresholds.sketchMargin, JudgingThresholds.sketchTolerance)
    return (0..<row).map { (row: $0, gap: 1 - search.sketches.dot(row, search.sketches, $0)) }
      .filter { $0.gap <= limit }.sorted { ($0.gap, $0.row) < ($1.gap, $1.row) }
  }

  @Test(arguments: [(40, 1), (7, 3), (300, 2), (20, 40), (1, 3)])
  func theNearestAreThoseOfAllPairs(families: Int, each: Int) {
    let seed = UInt64(1_000 * families + each)
    let sketches = Self.sketches(families: families, each: each, spread: 0.1, seed: seed)
    let search = CopySearch(sketches, policyLimit: 0.02)
    let nearest = search.nearestEarlier(threads: 1)
    #expect(nearest.count == sketches.count)
    for row in 0..<sketches.count {
      let expected = Self.bruteForce(search, row).prefix(CopySearch.comparisonsLimit)
      let found = nearest[row]
      #expect(found.count == expected.count, "seed \(seed), row \(row)")
      // Matrix products round differently, so equally near rows may change places.
      for (found, expected) in zip(found, expected) {
        #expect(found.row < row)
        #expect(abs(found.gap - expected.gap) < 1e-5, "seed \(seed), row \(row)")
      }
    }
    let threaded = search.nearestEarlier(threads: 3)
    #expect(threaded.map { $0.map(\.row) } == nearest.map { $0.map(\.row) }, "seed \(seed)")
  }

  @Test func fewArePickedHoweverManyAreNear() {
    // Crowds whose gaps all lie near the limit, where the sketch does not tell.
    let sketches = Self.sketches(families: 30, each: 20, spread: 0.155, seed: 4)
    let nearest = CopySearch(sketches, policyLimit: 0.02).nearestEarlier(threads: 1)
    #expect(nearest.allSatisfy { $0.count <= CopySearch.comparisonsLimit })
    #expect(nearest.count { $0.count == CopySearch.comparisonsLimit } > 100)
  }

  @Test func theLimitFollowsTheMedianOfAllPairs() {
    // Of 400 updates every other pair is looked at, of the others all.
    for count in [3, 4, 50, 400] {
      let sketches = Self.sketches(families: 1, each: count, spread: 0.05, seed: UInt64(count))
      let gaps = (1..<count).flatMap { later in
        (0..<later).map { 1 - sketches.dot(later, sketches, $0) }
      }
      let expected = gaps.sorted()[(gaps.count - 1) / 2] * JudgingThresholds.copyGapFraction
      let tolerance = gaps.count > JudgingThresholds.medianPairs ? 0.02 * expected : 0
      let limit = CopySearch(sketches, policyLimit: 1).limit
      #expect(abs(limit - expected) <= tolerance, "count \(count)")
      #expect(CopySearch(sketches, policyLimit: 1e-7).limit == 1e-7)
    }
  }

  @Test func smallWindows() {
    let none = CopySearch(SketchMatrix(count: 0, bucketCount: 64, values: []), policyLimit: 0.02)
    #expect(none.nearestEarlier(threads: 2).isEmpty)
    let one = CopySearch(Self.sketches(families: 1, each: 1, spread: 0, seed: 1), policyLimit: 0.02)
    #expect(one.limit == 0.02)
    #expect(one.nearestEarlier(threads: 2).map(\.count) == [0])
    // Of two only equality tells.
    let two = CopySearch(Self.sketches(families: 1, each: 2, spread: 0.01, seed: 1), policyLimit: 0.02)
    #expect(two.limit == JudgingThresholds.equalityGap)
  }

  @Test func stepsAreFoundAmongOthers() {
    let sketches = Self.sketches(families: 40, each: 1, spread: 0.1, seed: 2)
    let search = CopySearch(sketches, policyLimit: 0.02)
    let steps = sketches.rows([7, 3, 7, 7, 7, 7])
    #expect(search.nearestSteps(among: steps, threads: 1)[7].map(\.row) == [0, 2, 3, 4])
    #expect(search.nearestSteps(among: steps, threads: 1)[3].map(\.row) == [1])
    #expect(search.nearestSteps(among: steps, threads: 1)[5].isEmpty)
  }

  @Test func gapsOfKnownVectors() throws {
    func gap(_ left: [Float], _ right: [Float]) throws -> Double {
      let payloads = [try Support.payload(left), try Support.payload(right)]
      let norms = UpdateMeasures(of: payloads, sketch: CountSketch(seed: 1, bucketCount: 1_024)).norms
      return CopySearch.gap(payloads[0], norm: norms[0], payloads[1], norm: norms[1])
    }
    let a: [Float] = [3, 0, 4, 0]
    #expect(try gap(a, a) < 1e-12)
    #expect(try gap(a, [0, 5, 0, 1]) == 1)
    #expect(abs(try gap(a, [-6, 0, -8, 0]) - 2) < 0.01)
    #expect(try gap(a, [0, 0, 0, 0]) == 1)
  }
}
