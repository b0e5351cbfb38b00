import Numerics
import Testing

@testable import Aggregation

@Suite("Definitions of rules") struct RuleDefinitionTests {
  private func batch(_ count: Int, _ dimension: Int, seed: UInt64) throws -> VectorBatch {
    var random = SeededRandom(seed: seed)
    return try VectorBatch(rows: RuleSupport.honest(count, dimension: dimension, using: &random))
  }

  @Test("Krum's neighbours: n - f - 2 in the paper, one more in byzfl")
  func krumNeighbours() throws {
    let rows: [[Float]] = [[0], [1], [3], [3.5], [3.75], [9], [-20]]
    let gram = Kernels.gram(of: try VectorBatch(rows: rows), threads: 1)
    let paper = KrumScores.Neighbourhood.paper.size(among: 7, tolerated: 2)
    let byzfl = KrumScores.Neighbourhood.byzfl.size(among: 7, tolerated: 2)
    #expect(paper == 3 && byzfl == 4)
    // For 3: 0.5, 0.75, 2 away, then 3.
    #expect(KrumScores(gram).scores(neighbours: paper)[2] == 0.25 + 0.5625 + 4)
    #expect(KrumScores(gram).scores(neighbours: byzfl)[2] == 0.25 + 0.5625 + 4 + 9)
    #expect(try Krum(tolerating: 2).weights(gram) == [0, 0, 1, 0, 0, 0, 0])
  }

  @Test("of equal scores the first counts")
  func ties() throws {
    let gram = Kernels.gram(of: try VectorBatch(rows: [[1], [2], [1], [2], [1], [2]]), threads: 1)
    #expect(try Krum(tolerating: 0).weights(gram) == [1, 0, 0, 0, 0, 0])
    #expect(try MultiKrum(tolerating: 1, selecting: 2).weights(gram) == [0.5, 0.5, 0, 0, 0, 0])
    #expect(gram.nearest(to: 3) == [1, 3, 5, 0, 2, 4])
    let mixing = NearestNeighbourMixing(tolerating: 4).mixing(gram)
    #expect(Array(mixing.coefficients[..<6]) == [0.5, 0, 0.5, 0, 0, 0])
  }

  @Test("byzfl's documented examples of NNM, ARC and clipping")
  func documentedExamples() throws {
    let batch = try VectorBatch(rows: [[1, 2, 3], [4, 5, 6], [7, 8, 9]])
    let gram = Kernels.gram(of: batch, threads: 1)
    #expect(
      NearestNeighbourMixing(tolerating: 1).mixing(gram)
        == Mixing(rows: [[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0.5, 0.5]]))
    let adaptive = AdaptiveClipping(tolerating: 1).mixing(gram).coefficients
    #expect(adaptive[0] == 1 && adaptive[4] == 1 && abs(adaptive[8] * 7 - 4.410_040_09) < 1e-6)
    let fixed = NormClipping(limit: 2).mixing(gram).coefficients
    #expect(abs(fixed[0] - 0.534_522_48) < 1e-7 && abs(fixed[8] * 9 - 1.292_324_69) < 1e-7)
  }

  @Test("ARC clips floor(2 f (n - f) / n) vectors")
  func adaptiveClipping() throws {
    for (count, attackers, clipped) in [
      (10, 0, 0), (10, 1, 1), (10, 2, 3), (10, 4, 4), (25, 5, 8), (15, 5, 6),
    ] {
      let rows = (0..<count).map { [Float($0 + 1)] }
      let gram = Kernels.gram(of: try VectorBatch(rows: rows), threads: 1)
      let mixing = AdaptiveClipping(tolerating: attackers).mixing(gram)
      let changed = (0..<count).filter { mixing.coefficients[$0 * count + $0] < 1 }
      #expect(changed == Array((count - clipped)..<count), "n \(count), f \(attackers)")
    }
  }

  @Test("buckets hold each vector once, in an order that the seed draws")
  func buckets() throws {
    let gram = Kernels.gram(of: try batch(11, 3, seed: 3), threads: 1)
    let mixing = Bucketing(size: 3, seed: 1).mixing(gram)
    #expect(mixing.rows == 4 && mixing.columns == 11)
    let columns = (0..<11).map { column in
      (0..<4).map { mixing.coefficients[$0 * 11 + column] }.filter { $0 > 0 }
    }
    #expect(columns.allSatisfy { $0.count == 1 })
    #expect(columns.joined().filter { $0 == 0.5 }.count == 2)
    #expect(mixing == Bucketing(size: 3, seed: 1).mixing(gram))
    #expect(mixing != Bucketing(size: 3, seed: 2).mixing(gram))
  }

  @Test("Bulyan's picks are Krum's, one after another", arguments: [1, 2, 3] as [UInt64])
  func bulyanPicks(seed: UInt64) throws {
    let batch = try batch(13, 6, seed: seed)
    let picked = Bulyan(tolerating: 2).picked(Kernels.gram(of: batch, threads: 1))
    var remaining = Array(0..<13)
    for index in picked.prefix(7) {
      let rest = try VectorBatch(rows: remaining.map(batch.row))
      let weights = try Krum(tolerating: 2).weights(Kernels.gram(of: rest, threads: 1))
      #expect(weights.firstIndex(of: 1).map { remaining[$0] } == index, "seed \(seed)")
      remaining.removeAll { $0 == index }
    }
    #expect(Set(picked).count == 9)
  }

  @Test("Weiszfeld on coefficients is Weiszfeld on vectors", arguments: [1, 2, 3] as [UInt64])
  func geometricMedian(seed: UInt64) throws {
    let batch = try batch(12, 40, seed: seed)
    let rows = (0..<12).map(batch.row)
    var point = [Float](repeating: 0, count: 40)
    for row in rows { Kernels.axpy(1.0 / 12, row, &point) }
    for steps in 1...6 {
      let pulls = rows.map { 1 / max(0.5, Reference.squaredDistance($0, point).squareRoot()) }
      let sum = pulls.reduce(0, +)
      point = Reference.weightedSum(of: batch, weights: pulls.map { $0 / sum })
      let rule = GeometricMedian(smoothing: .absolute(0.5), iterations: steps)
      let found = try rule.aggregate(batch, threads: 1)
      #expect(relativeError(found, point) < 1e-5, "seed \(seed), \(steps) steps")
    }
  }

  @Test(
    "no step away from the geometric median lowers the sum of distances", arguments: [1, 2, 3] as [UInt64])
  func geometricMedianIsLeast(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let rows = RuleSupport.honest(9, dimension: 5, using: &random)
    let found = try RuleSupport.aggregate("geometric-median", tolerating: 0, rows)
    func cost(_ point: [Float]) -> Double {
      rows.reduce(0) { $0 + Reference.squaredDistance($1, point).squareRoot() }
    }
    for _ in 0..<50 {
      let step = random.gaussianVector(count: 5, deviation: 0.01)
      #expect(cost(Reference.sum(found, step)) >= cost(found) * (1 - 1e-6), "seed \(seed)")
    }
  }

  @Test("half of the vectors in one place hold the geometric median there")
  func geometricMedianAtMajority() throws {
    let rows: [[Float]] = [[1, 1], [1, 1], [1, 1], [5, 0], [-3, 7]]
    let found = try RuleSupport.aggregate("geometric-median", tolerating: 2, rows)
    #expect(relativeError(found, [1, 1]) < 1e-3)
  }

  @Test("centred clipping on coefficients is the same on vectors", arguments: [1, 2, 3] as [UInt64])
  func centredClipping(seed: UInt64) throws {
    let batch = try batch(12, 40, seed: seed)
    let gram = Kernels.gram(of: batch, threads: 1)
    for radius in [CentredClipping.Radius.fixed(3), .fixed(0), .fixed(1e9), .medianDistance] {
      for steps in 1...4 {
        let rule = CentredClipping(radius: radius, iterations: steps)
        let weighed = Reference.weightedSum(of: batch, weights: try rule.weights(gram))
        let found = try rule.aggregate(batch, threads: 1)
        #expect(relativeError(found, weighed) < 1e-5, "seed \(seed), \(radius), \(steps) steps")
      }
    }
  }

  @Test("centred clipping starts from the centre it is given")
  func centredClippingAround() throws {
    let batch = try VectorBatch(rows: [[10, 0], [11, 0], [1_000, 0]])
    let rule = CentredClipping(radius: .fixed(3))
    // The farthest pulls by 3, the second by 1, the first not at all.
    #expect(relativeError(try rule.aggregate(batch, around: [10, 0], threads: 1), [10 + 4.0 / 3, 0]) < 1e-6)
    #expect(throws: AggregationError.self) { try rule.aggregate(batch, around: [10], threads: 1) }
  }

  @Test("FLTrust takes nothing from what disagrees with the root update")
  func trustByRoot() throws {
    let batch = try VectorBatch(rows: [[2, 0], [-100, 0], [0, 7], [0, 0], [50, 50]])
    let found = try FLTrust(root: [3, 0]).aggregate(batch, threads: 1)
    let slant = 0.5.squareRoot()
    // Trust 1 and cos 45 degrees, each of the root's length 3.
    let expected = [3 * (1 + slant * slant) / (1 + slant), 3 * slant * slant / (1 + slant)].map(Float.init)
    #expect(relativeError(found, expected) < 1e-6)
    #expect(try FLTrust(root: [-1, -1]).aggregate(VectorBatch(rows: [[1, 0]]), threads: 1) == [0, 0])
    #expect(throws: AggregationError.self) { try FLTrust(root: [1]).aggregate(batch, threads: 1) }
    #expect(throws: AggregationError.self) { try FLTrust(root: [.nan, 1]) }
  }

  @Test("a mean weighs as it is told")
  func weightedMean() throws {
    let batch = try VectorBatch(rows: [[1, 0], [0, 1], [4, 4]])
    #expect(try ArithmeticMean(weights: [3, 1, 0]).aggregate(batch, threads: 1) == [0.75, 0.25])
    for weights in [[], [0, 0, 0], [1, -1, 1], [.nan, 1, 1], [.infinity, 1, 1]] as [[Double]] {
      #expect(throws: AggregationError.self, "\(weights)") { try ArithmeticMean(weights: weights) }
    }
    for weights in [[1, 1], [1, 1, 1, 1]] as [[Double]] {
      #expect(throws: AggregationError.self) {
        try ArithmeticMean(weights: weights).aggregate(batch, threads: 1)
      }
    }
  }

  @Test("vectors mixed in truth and by their Gram matrix give the same", arguments: [1, 2, 3] as [UInt64])
  func mixing(seed: UInt64) throws {
    let batch = try batch(16, 50, seed: seed)
    let gram = Kernels.gram(of: batch, threads: 1)
    let steps: [any PreAggregator] = [
      AdaptiveClipping(tolerating: 3), Bucketing(size: 2, seed: seed), NormClipping(limit: 6),
      NearestNeighbourMixing(tolerating: 1),
    ]
    var (mixedBatch, mixedGram) = (batch, gram)
    for step in steps {
      let mixing = step.mixing(mixedGram)
      mixedGram = mixedGram.mixed(by: mixing.coefficients, rows: mixing.rows)
      mixedBatch = Kernels.mix(
        mixedBatch, coefficients: mixing.coefficients, rows: mixing.rows, threads: 1)
    }
    for name in ["krum", "multi-krum", "geometric-median", "centred-clipping", "dnc", "caf", "mean"] {
      let rule = try RuleSupport.rule(name, 1)
      let expected = try rule.aggregate(mixedBatch, threads: 1)
      let composed = try AggregationRules.rule(
        named: "arc+bucketing:2+clipping:6+nnm+\(name)", tolerating: 1, seed: seed)
      #expect(composed.name == "arc+bucketing+clipping:6.0+nnm+\(name)")
      let whole = PreAggregated(steps, try #require(rule as? any VectorRule).erased)
      #expect(relativeError(try whole.aggregate(batch, threads: 1), expected) < 1e-5, "seed \(seed), \(name)")
    }
  }

  @Test("a name that does not exist is corrected, and a misplaced number refused")
  func names() throws {
    for name in AggregationRules.names where name != "fltrust" {
      #expect(try AggregationRules.rule(named: name, tolerating: 1).name == name)
    }
    #expect(try AggregationRules.rule(named: "fltrust", tolerating: 1, root: [1]).name == "fltrust")
    let wrong: [(String, Int, String)] = [
      ("krumm", 1, "did you mean 'krum'"), ("nmn+krum", 1, "did you mean 'nnm'"), ("", 1, "no aggregation"),
      ("+krum", 1, "no pre-aggregator"), ("krum+nnm", 1, "did you mean"), ("krum:2", 1, "takes no number"),
      ("nnm:2+krum", 1, "takes no number"), ("bucketing:0+krum", 1, "whole number"),
      ("bucketing:x+krum", 1, "whole number"), ("clipping:-1+mean", 1, "at least 0"),
      ("clipping:nan+mean", 1, "at least 0"), ("centred-clipping:inf", 1, "at least 0"),
      ("krum", -1, "cannot tolerate"), ("fltrust", 1, "root update"),
      ("nnm+nnm+nnm+nnm+nnm+krum", 1, "at most"),
    ]
    for (name, attackers, text) in wrong {
      let error = #expect(throws: AggregationError.self, "\(name)") {
        try AggregationRules.rule(named: name, tolerating: attackers)
      }
      #expect(error?.description.contains(text) == true, "\(name): \(String(describing: error))")
    }
    let vectorRule = try AggregationRules.rule(named: "arc+nnm+caf", tolerating: 1)
    #expect(vectorRule is any VectorRule)
    #expect(!(try AggregationRules.rule(named: "nnm+median", tolerating: 1) is any VectorRule))
  }
}

/// A rule whose type the test does not know.
private struct ErasedRule: VectorRule {
  let rule: any VectorRule
  var name: String { rule.name }
  var minimumCount: Int { rule.minimumCount }
  func weights(_ gram: GramMatrix) throws(AggregationError) -> [Double] { try rule.weights(gram) }
}

extension VectorRule {
  fileprivate var erased: ErasedRule { ErasedRule(rule: self) }
}
