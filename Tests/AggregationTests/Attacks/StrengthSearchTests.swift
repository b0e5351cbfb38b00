import Numerics
import Synchronization
import Testing
import Updates
import Wire

@testable import Aggregation

/// Looking for the strength that moves a rule furthest.
struct StrengthSearchTests {
  @Test func theMaximumOfAPeakIsFound() {
    for peak in [0.3, 1, 2.6, 5, 11, 40] {
      var evaluations = 0
      let found = StrengthSearch().maximum { place in
        evaluations += 1
        return -(place - peak) * (place - peak)
      }
      #expect(abs(found - peak) <= 0.13 * peak, "\(found) for \(peak)")
      #expect(evaluations <= 11)
    }
  }

  /// What rules do: they give in up to a strength, and let go beyond it.
  @Test func anEdgeIsApproachedFromBelow() {
    for edge in [0.2, 0.9, 1.0, 3.3, 7.9, 30] {
      let found = StrengthSearch().maximum { $0 <= edge ? $0 : 0 }
      #expect(found <= edge && found > 0.85 * edge, "\(found) for \(edge)")
    }
  }

  @Test func aFlatFunctionLeavesTheStart() {
    for evaluations in 1...12 {
      var count = 0
      let found = StrengthSearch(start: 0.5, evaluations: evaluations).maximum { place in
        count += 1
        #expect(place >= 0)
        return 7
      }
      #expect(found == 0.5)
      #expect(count == evaluations)
    }
  }

  /// byzfl 0.0.11 asks 20 times for what is found here in 11; make_attacks.py prints its distances.
  @Test(
    arguments: [(1, 1.41547, 1.42848), (2, 1.48189, 1.47085), (3, 1.42081, 1.42081)]
      as [(UInt64, Double, Double)])
  func trimmedMeansAreMovedAsFarAsByByzfl(seed: UInt64, littleIsEnough: Double, innerProduct: Double) {
    let honest = AttackSupport.updates(seed: seed, count: 9, length: 20)
    for (moved, expected) in [
      (distance(LittleIsEnough(), honest), littleIsEnough),
      (distance(InnerProductManipulation(), honest), innerProduct),
    ] { #expect(moved > 0.99 * expected, "seed \(seed)") }
  }

  private func distance(_ base: some StrengthStrategy, _ honest: [[Float]]) -> Double {
    var context = AttackSupport.context(honest)
    context.rule = AttackedRule { Self.trimmedMean(honest + $0, trimming: $0.isEmpty ? 0 : 3) }
    var strategy = OptimisedStrategy(base, disguise: 0)
    let vector = strategy.vector(context)
    let merged = Self.trimmedMean(honest + [vector, vector, vector], trimming: 3)
    return Kernels.squaredDistance(merged, honest.mean).squareRoot()
  }

  private static func trimmedMean(_ updates: [[Float]], trimming count: Int) -> [Float] {
    updates[0].indices.map { column in
      let kept = updates.map { $0[column] }.sorted().dropFirst(count).dropLast(count)
      return kept.reduce(0, +) / Float(kept.count)
    }
  }

  @Test func theRuleIsAskedTwelveTimesAtMost() {
    let asked = Mutex(0)
    let honest = AttackSupport.updates(seed: 1)
    var context = AttackSupport.context(honest)
    context.rule = AttackedRule { hostile in
      asked.withLock { $0 += 1 }
      return (honest + hostile).mean
    }
    var attack = ColludingAttack(OptimisedStrategy(InnerProductManipulation()))
    var random = SeededRandom(seed: 1)
    for _ in 0..<3 { _ = attack.delta(context, using: &random) }
    #expect(asked.withLock { $0 } == 12)
  }

  @Test func withoutARuleTheOwnStrengthIsTaken() {
    let context = AttackSupport.context(AttackSupport.updates(seed: 1))
    var optimised = OptimisedStrategy(LittleIsEnough(deviations: 1.25))
    #expect(optimised.vector(context) == LittleIsEnough(deviations: 1.25).vector(context))
    #expect(optimised.strength == nil)
  }
}

/// The policy's rule as attackers rehearse it.
struct AttackedRuleTests {
  private static let length = 200

  private func attacked(_ policy: MergePolicy, honest: [[Float]]) throws -> AttackedRule {
    let window = Support.Window()
    return try AttackedRule(
      policy, honest: honest, roots: RootUpdates(window.roots), seed: Support.digest(1))
  }

  @Test func plainAveragingIsTheMean() throws {
    let window = Support.Window()
    let honest = (0..<6).map { window.honest($0) }
    let rule = try attacked(MergePolicy(rule: .mean, upForm: .dense8), honest: honest)
    let hostile = [window.honest(90).map { -4 * $0 }]
    for (merged, expected) in [
      (rule.merged(with: []), honest.mean), (rule.merged(with: hostile), (honest + hostile).mean),
    ] {
      let error = Kernels.squaredDistance(merged, expected).squareRoot() / Kernels.norm(expected)
      #expect(error < 0.02)
    }
  }

  @Test func trustLeavesTheFlippedOut() throws {
    let window = Support.Window()
    let honest = (0..<8).map { window.honest($0) }
    let rule = try attacked(MergePolicy(upForm: .dense8), honest: honest)
    let alone = rule.merged(with: [])
    #expect(Kernels.cosine(alone, honest.mean) > 0.99)
    let flipped = rule.merged(with: [honest[0].map { -$0 }])
    #expect(Kernels.squaredDistance(flipped, alone) < 1e-6 * Kernels.squaredNorm(alone))
    #expect(rule.merged(with: []) == alone, "asking leaves no trace")
  }

  @Test func theStrengthFoundIsLetThrough() throws {
    let window = Support.Window()
    let honest = (0..<12).map { window.honest($0) }
    var context = AttackSupport.context(honest, hostile: 4)
    context.rule = try attacked(MergePolicy(upForm: .dense8), honest: honest)
    var strategy = OptimisedStrategy(LittleIsEnough())
    _ = strategy.vector(context)
    let undisturbed = try #require(context.rule).merged(with: [])
    let aim = LittleIsEnough().aim(context)
    let moved = { (strength: Double) throws in
      let hostile = [[Float]](repeating: aim.vector(strength: strength), count: 1)
      return Kernels.squaredDistance(try #require(context.rule).merged(with: hostile), undisturbed)
    }
    let found = try #require(strategy.strength)
    #expect(found > 0)
    #expect(try moved(found) > 0, "the rule moves")
    #expect(try moved(100 * found) == 0, "beyond, nothing of it is let through")
  }

  @Test func updatesOfAnotherModelAreRefused() throws {
    #expect(throws: AggregationError.wrongLength(what: "an update", count: 3, expected: Self.length)) {
      _ = try attacked(MergePolicy(upForm: .dense8), honest: [[1, 2, 3]])
    }
    let window = Support.Window()
    let rule = try attacked(MergePolicy(upForm: .dense8), honest: [window.honest(1)])
    #expect(rule.merged(with: [[.nan]]) == rule.merged(with: []), "what cannot be sent is not there")
  }
}
