import Aggregation
import Attribution
import Learning
import Numerics
import Testing
import Updates
import Wire

struct AumannShapleyTests {
  private static let task = Digest(of: [1], in: HashDomain("test.task"))
  private static let policy = MergePolicy(
    serverLearningRateQ16: 3 << 15, upForm: .dense8, downForm: .sparse(keptPerChunk: 1_024))

  private static func contributions(_ count: Int, parameterCount: Int, using random: inout SeededRandom)
    throws
    -> [Contribution]
  {
    try (0..<count).map { _ in
      let delta = random.gaussianVector(count: parameterCount, deviation: 0.3)
      return Contribution(
        payload: Payload(encoding: try FixedPoint.quantize(delta), form: .dense8),
        weight: UInt16(1 + random.integer(below: 65_535)))
    }
  }

  private static func start(_ parameterCount: Int) throws -> ModelState {
    try ModelState(task: task, initialWeights: [Float](repeating: 0.1, count: parameterCount))
  }

  /// Merges, and measures the credits.
  private static func row(
    _ quadrature: AumannShapley.Quadrature, _ contributions: [Contribution], into state: inout ModelState,
    by trainer: any Trainer
  ) async throws -> CreditRow {
    let before = state
    let outcome = try state.merge(contributions, policy: policy)
    let merge = try CreditedMerge(of: contributions, into: before, mean: outcome.mean, policy: policy)
    return try await AumannShapley(quadrature).credits(of: merge, by: trainer)
  }

  @Test func gaussIsExactForQuarticLossesAndMidpointForQuadraticOnes() async throws {
    let seed: UInt64 = 71
    let quadratic = try PolynomialTrainer([1, -0.5, 0.25], parameterCount: 9)
    let quartic = try PolynomialTrainer([1, -0.5, 0.25, 0.3, 0.2], parameterCount: 9)
    let quintic = try PolynomialTrainer([1, -0.5, 0.25, 0.3, 0.2, 2], parameterCount: 9)
    let cases: [(AumannShapley.Quadrature, PolynomialTrainer, Bool)] = [
      (.gauss, quadratic, true), (.gauss, quartic, true), (.gauss, quintic, false),
      (.midpoint, quadratic, true), (.midpoint, quartic, false),
    ]
    for (quadrature, trainer, isExact) in cases {
      var random = SeededRandom(seed: seed)
      var state = try Self.start(9)
      let contributions = try Self.contributions(5, parameterCount: 9, using: &random)
      let row = try await Self.row(quadrature, contributions, into: &state, by: trainer)
      let gap = LossUnits.nats(row.credits.reduce(0, +) - row.lossDrop)
      let degree = trainer.coefficients.count - 1
      #expect((abs(gap) < 1e-5) == isExact, "seed \(seed), \(quadrature), degree \(degree): gap \(gap)")
      #expect(abs(row.lossDrop) > 1 << 20, "seed \(seed): the test needs a path that changes the loss")
    }
  }

  @Test func lossDropsTelescopeThoughStepsAreCompressed() async throws {
    let seed: UInt64 = 72
    let trainer = try PolynomialTrainer([0, 0, 1], parameterCount: 30)
    var random = SeededRandom(seed: seed)
    var state = try Self.start(30)
    let first = try await trainer.evaluate(state.virtualWeights).loss
    var drops: Int64 = 0
    var credits: Int64 = 0
    for _ in 0..<10 {
      let contributions = try Self.contributions(4, parameterCount: 30, using: &random)
      let row = try await Self.row(.gauss, contributions, into: &state, by: trainer)
      drops += row.lossDrop
      credits += row.credits.reduce(0, +)
    }
    #expect(state.feedback.residual.contains { $0 != 0 }, "seed \(seed): nothing was left out")
    let last = try await trainer.evaluate(state.virtualWeights).loss
    #expect(abs(LossUnits.nats(drops) - (first - last)) < 1e-4, "seed \(seed)")
    #expect(abs(LossUnits.nats(credits - drops)) < 1e-4, "seed \(seed)")
  }

  @Test func noWeightGivesNoCredit() async throws {
    let trainer = try PolynomialTrainer([0, 1], parameterCount: 3)
    var state = try Self.start(3)
    let payload = Payload(encoding: [1_000, 2_000, 3_000], form: .dense8)
    let row = try await Self.row(
      .gauss, [Contribution(payload: payload, weight: 0)], into: &state, by: trainer)
    #expect(row == CreditRow(credits: [0], lossBefore: row.lossBefore, lossAfter: row.lossBefore))
    var random = SeededRandom(seed: 1)
    let other = try Self.contributions(1, parameterCount: 3, using: &random)
    let mixed = [Contribution(payload: payload, weight: 0)] + other
    let row2 = try await Self.row(.midpoint, mixed, into: &state, by: trainer)
    #expect(row2.credits[0] == 0)
    #expect(row2.credits[1] != 0)
  }

  @Test func divergedLossesAreRefused() async throws {
    let trainer = try PolynomialTrainer([.infinity], parameterCount: 3)
    var state = try Self.start(3)
    await #expect(throws: AttributionError.lossOutOfRange(.infinity)) {
      try await Self.row(.gauss, [], into: &state, by: trainer)
    }
    #expect(throws: AttributionError.self) { try LossUnits.units(nats: .nan) }
    #expect(throws: AttributionError.lossOutOfRange(-65_537)) { try LossUnits.units(nats: -65_537) }
    #expect(try LossUnits.units(nats: -1.5) == -3 << 31)
    #expect(LossUnits.nats(1 << 32) == 1)
  }

  @Test func lengthsAreChecked() throws {
    let state = try Self.start(3)
    let long = Contribution(payload: Payload(encoding: [1, 2, 3, 4], form: .dense8), weight: 1)
    let mean = try WeightedMean(of: [long], parameterCount: 4, rateQ16: 1 << 16)
    #expect(throws: AttributionError.wrongLength(what: "the mean", count: 4, expected: 3)) {
      try CreditedMerge(of: [long], into: state, mean: mean, policy: Self.policy)
    }
    let fitting = try WeightedMean(of: [], parameterCount: 3, rateQ16: 1 << 16)
    #expect(throws: AttributionError.wrongLength(what: "an update", count: 4, expected: 3)) {
      try CreditedMerge(of: [long], into: state, mean: fitting, policy: Self.policy)
    }
  }
}
