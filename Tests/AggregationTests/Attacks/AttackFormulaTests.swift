import Numerics
import Testing

@testable import Aggregation

/// The attacks against their papers' formulas. Tests/Fixtures/make_attacks.py prints the numbers.
struct AttackFormulaTests {
  @Test(
    arguments: [
      (50, 12, 0.336038140372), (50, 20, 0.841621233573), (25, 10, 0.841621233573), (51, 24, 1.44610359292),
      (100, 30, 0.524400512708), (10, 3, 0.180012369793),
    ])
  func deviationsAreAsManyAsHideBehindOthers(updates: Int, hostile: Int, expected: Double) {
    let deviations = LittleIsEnough.maximumDeviations(updates: updates, hostile: hostile)
    #expect(abs(deviations - expected) < 1e-10)
  }

  @Test func deviationsAreBoundedWhereTheFormulaIsNot() {
    // One of 25 hides behind nobody; of 25 to 13 the 13 are the majority.
    #expect(LittleIsEnough.maximumDeviations(updates: 24, hostile: 1) == 0)
    for hostile in 13...25 {
      let deviations = LittleIsEnough.maximumDeviations(updates: 25, hostile: hostile)
      #expect(deviations == LittleIsEnough.greatestDeviations)
    }
    for updates in 1...60 {
      for hostile in 0...updates {
        let deviations = LittleIsEnough.maximumDeviations(updates: updates, hostile: hostile)
        #expect((0...LittleIsEnough.greatestDeviations).contains(deviations), "\(updates), \(hostile)")
      }
    }
  }

  @Test func quantilesUndoShares() {
    for share in stride(from: 0.001, to: 1, by: 0.001) {
      #expect(abs(NormalDistribution.share(below: NormalDistribution.quantile(share)) - share) < 1e-14)
    }
  }

  @Test func littleIsEnoughStaysDeviationsFromTheMean() {
    let context = AttackSupport.context(AttackSupport.updates(seed: 1))
    let vector = LittleIsEnough(deviations: 1.5).vector(context)
    expect(vector, near: [-1.203225, -0.5602946, -0.2688395, -0.3574898, 0.131115])
  }

  @Test func innerProductsAreTurnedAround() {
    let context = AttackSupport.context(AttackSupport.updates(seed: 1))
    let vector = InnerProductManipulation(strength: 2).vector(context)
    expect(vector, near: [0.3666295, -0.7089844, -1.161551, -1.665458, -2.114397])
  }

  @Test(
    arguments: [
      (
        Perturbation.inverseUnit, [0.0199714, -0.03862049, -0.06327315, -0.09072243, -0.1151775],
        [0.0210472, -0.04070087, -0.06668151, -0.0956094, -0.1213818]
      ),
      (
        .inverseDeviation, [-0.8225283, -0.218837, 0.04829189, 0.08677682, 0.4767894],
        [-0.9657475, -0.3472945, -0.07101398, -0.08035774, 0.3467456]
      ),
      (
        .inverseSign, [0.7287312, -0.5575538, -0.3312703, -0.07931718, 0.1451527],
        [0.5740499, -0.4028724, -0.176589, 0.07536417, 0.299834]
      ),
    ] as [(Perturbation, [Float], [Float])])
  func distancesAreBoundedAsInThePaper(perturbation: Perturbation, byMaximum: [Float], bySum: [Float]) {
    let context = AttackSupport.context(AttackSupport.updates(seed: 1))
    expect(MinMax(perturbation).vector(context), near: byMaximum)
    expect(MinSum(perturbation).vector(context), near: bySum)
  }

  @Test(arguments: Perturbation.allCases)
  func distanceBoundsHoldAndAreTight(perturbation: Perturbation) throws {
    for seed in UInt64(0)..<20 {
      let updates = AttackSupport.gaussian(count: 2 + Int(seed), length: 300, seed: seed)
      let context = AttackSupport.context(updates)
      let distances = { (vector: [Float]) in updates.map { Kernels.squaredDistance(vector, $0) } }
      let place = "seed \(seed), \(perturbation)"

      let farthest = try #require(updates.flatMap(distances).max())
      let maximum = try #require(distances(MinMax(perturbation).vector(context)).max())
      #expect(abs(maximum / farthest - 1) < 1e-4, "\(place): \(maximum) and \(farthest)")

      let greatestSum = try #require(updates.map { distances($0).reduce(0, +) }.max())
      let sum = distances(MinSum(perturbation).vector(context)).reduce(0, +)
      #expect(abs(sum / greatestSum - 1) < 1e-4, "\(place): \(sum) and \(greatestSum)")
    }
  }

  @Test func strategiesTakeWhatLittleThereIs() {
    let lone: [Float] = [1, -2, 0]
    for context in [
      AttackContext(honestDelta: lone), AttackContext(honestDelta: [5, 5, 5], honestUpdates: [lone]),
    ] {
      // A single update has no spread, and nothing is further from it than it is from itself.
      #expect(LittleIsEnough().vector(context) == lone)
      #expect(MinMax().vector(context) == lone)
      #expect(MinSum().vector(context) == lone)
      #expect(InnerProductManipulation().vector(context) == [-1, 2, 0])
    }
    let zeros = AttackContext(honestDelta: [0, 0])
    for perturbation in Perturbation.allCases {
      #expect(MinMax(perturbation).vector(zeros) == [0, 0])
      #expect(MinSum(perturbation).vector(zeros) == [0, 0])
    }
    var (mimic, drift) = (Mimic(), Drift())
    #expect(mimic.vector(zeros) == [0, 0] && drift.vector(zeros) == [0, 0])
    // Before any honest update is seen, the attackers' own honest training stands for them.
    let colluders = AttackContext(honestDelta: lone, colludersDeltas: [lone, [3, 2, 0]])
    #expect(InnerProductManipulation().vector(colluders) == [-2, 0, 0])
  }

  private func expect(
    _ vector: [Float], near expected: [Float], _ location: SourceLocation = #_sourceLocation
  ) {
    #expect(vector.count == expected.count, sourceLocation: location)
    for (value, wanted) in zip(vector, expected) {
      #expect(abs(value - wanted) < 2e-6, "\(vector)", sourceLocation: location)
    }
  }
}

/// Honest updates for attacks to be tried on.
enum AttackSupport {
  /// As in make_attacks.py: multiples of 1/1024 between -1 and 1, to each column a quarter of its number
  /// added.
  static func updates(seed: UInt64, count: Int = 7, length: Int = 5) -> [[Float]] {
    var state = seed
    return (0..<count).map { _ in
      (0..<length).map { column in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Float(Int(state >> 33) % 2_049 - 1_024) / 1_024 + Float(column) / 4
      }
    }
  }

  /// Vectors around a common one.
  static func gaussian(count: Int, length: Int, seed: UInt64, scale: Float = 0.01) -> [[Float]] {
    var random = SeededRandom(seed: seed)
    let common = random.gaussianVector(count: length, deviation: scale)
    return (0..<count).map { _ in
      Kernels.sum(common, random.gaussianVector(count: length, deviation: scale))
    }
  }

  static func context(_ honest: [[Float]], version: UInt64 = 0, hostile: Int = 3) -> AttackContext {
    AttackContext(
      honestDelta: honest[0], honestUpdates: honest, honestSenders: Array(honest.indices),
      windowUpdates: honest.count + hostile, hostileUpdates: hostile, colluders: hostile, version: version)
  }
}
