import Aggregation
import Numerics
import Testing
import Updates
import Wire

struct MergeTests {
  private static let forms: [PacketForm] = [.sparse(keptPerChunk: 64), .dense8, .dense4]

  private static func policy(rateQ16: UInt32 = 1 << 16, downForm: PacketForm = .sparse(keptPerChunk: 256))
    -> MergePolicy
  {
    MergePolicy(serverLearningRateQ16: rateQ16, downForm: downForm)
  }

  private static func state(_ count: Int, seed: UInt64) throws -> ModelState {
    var random = SeededRandom(seed: seed)
    return try ModelState(
      task: Support.task, initialWeights: random.gaussianVector(count: count, deviation: 0.1))
  }

  /// The same merge written plainly, with a division for every parameter.
  private static func plainMean(
    _ contributions: [Contribution], count: Int, rateQ16: UInt32
  ) -> [Double] {
    let total = contributions.reduce(0.0) { $0 + Double($1.weight) }
    return (0..<count).map { index in
      let sum = contributions.reduce(Int64(0)) {
        $0 + Int64($1.weight) * Int64($1.payload.denseValues()[index])
      }
      return Double(sum) * Double(rateQ16) / 65_536 / total
    }
  }

  @Test(arguments: forms, [1 << 16, 3 << 15, 4 << 16, 1])
  func meanIsThePlainQuotientToWithinHalfAQuantum(form: PacketForm, rateQ16: UInt32) throws {
    let seed: UInt64 = 31
    var random = SeededRandom(seed: seed)
    let contributions = Support.randomContributions(7, parameterCount: 150, form: form, using: &random)
    let mean = try WeightedMean(of: contributions, parameterCount: 150, rateQ16: rateQ16)
    let plain = Self.plainMean(contributions, count: 150, rateQ16: rateQ16)
    for index in plain.indices {
      #expect(abs(Double(mean.quanta[index]) - plain[index]) <= 0.5 + 1e-3, "seed \(seed), index \(index)")
    }
  }

  @Test func manyChunksAreMergedWholly() throws {
    let seed: UInt64 = 36
    var random = SeededRandom(seed: seed)
    let count = 17 * 4_096 + 3
    let contributions = Support.randomContributions(
      2, parameterCount: count, form: .sparse(keptPerChunk: 64), using: &random)
    let dense = contributions.map { $0.payload.denseValues() }
    let total = contributions.reduce(0.0) { $0 + Double($1.weight) }
    let mean = try WeightedMean(of: contributions, parameterCount: count, rateQ16: 1 << 16)
    #expect(mean.quanta.count == count)
    for index in mean.quanta.indices {
      let sum = zip(contributions, dense).reduce(0.0) { $0 + Double($1.0.weight) * Double($1.1[index]) }
      if abs(Double(mean.quanta[index]) - sum / total) > 0.501 {
        Issue.record("seed \(seed), index \(index)")
      }
    }
  }

  @Test func orderAndThreadsDoNotMatter() throws {
    let seed: UInt64 = 32
    var random = SeededRandom(seed: seed)
    let count = 3 * 4_096 + 5
    let start = try Self.state(count, seed: seed)
    var contributions = Support.randomContributions(
      12, parameterCount: count, form: .sparse(keptPerChunk: 64), using: &random)
    var expected = start
    let outcome = try expected.merge(contributions, policy: Self.policy())
    for round in 0..<100 {
      random.shuffle(&contributions)
      let mean = try WeightedMean(
        of: contributions, parameterCount: count, rateQ16: 1 << 16, threads: 1 + round % 5)
      #expect(mean == outcome.mean, "seed \(seed), round \(round)")
    }
    var shuffled = start
    _ = try shuffled.merge(contributions, policy: Self.policy(), threads: 3)
    #expect(shuffled == expected)
    #expect(shuffled.parametersRoot == expected.parametersRoot)
    #expect(shuffled.residualRoot == expected.residualRoot)
  }

  @Test(arguments: forms)
  func followersHoldTheSameBits(downForm: PacketForm) throws {
    let seed: UInt64 = 33
    var random = SeededRandom(seed: seed)
    let policy = Self.policy(downForm: downForm)
    var state = try Self.state(500, seed: seed)
    var follower = state.model
    for window in 0..<30 {
      let contributions = Support.randomContributions(
        1 + random.integer(below: 5), parameterCount: 500, form: .sparse(keptPerChunk: 512), using: &random)
      let outcome = try state.merge(contributions, policy: policy)
      let received = try Step(
        wireBytes: outcome.step.wireBytes, limit: UpdateLimits.messageBytesLimit)
      try follower.apply(received)
      #expect(
        follower.weights.map(\.bitPattern) == state.model.weights.map(\.bitPattern),
        "seed \(seed), window \(window)")
      #expect(follower == state.model)
    }
    #expect(state.model.number == 30)
    #expect(state.residualRoot != (try Self.state(500, seed: seed)).residualRoot)
  }

  @Test func whatTheStepLeavesOutStaysInTheResidual() throws {
    let seed: UInt64 = 34
    var random = SeededRandom(seed: seed)
    var state = try Self.state(4_100, seed: seed)
    for window in 0..<5 {
      let before = state.feedback.residual
      let contributions = Support.randomContributions(
        3, parameterCount: 4_100, form: .sparse(keptPerChunk: 64), using: &random)
      let outcome = try state.merge(contributions, policy: Self.policy())
      let sent = outcome.step.payload.denseValues()
      for index in before.indices {
        let kept = before[index] + outcome.mean.quanta[index] - sent[index]
        #expect(state.feedback.residual[index] == kept, "seed \(seed), window \(window), index \(index)")
      }
    }
  }

  @Test func noWeightMakesAnEmptyStep() throws {
    let seed: UInt64 = 35
    var random = SeededRandom(seed: seed)
    var state = try Self.state(300, seed: seed)
    _ = try state.merge(
      Support.randomContributions(2, parameterCount: 300, form: .dense8, using: &random),
      policy: Self.policy())
    for weightless in [
      [], [Contribution(payload: try Support.payload(.init(repeating: 1, count: 300)), weight: 0)],
    ] {
      let before = state
      let outcome = try state.merge(weightless, policy: Self.policy())
      #expect(outcome.mean.totalWeight == 0)
      #expect(outcome.step.payload.sparseValues().values.isEmpty)
      #expect(state.model.weights == before.model.weights)
      #expect(state.feedback == before.feedback)
      #expect(state.model.number == before.model.number + 1)
    }
  }

  @Test func greatestSumsSaturateAndDoNotOverflow() throws {
    let values = [Float](repeating: 16, count: 9)
    let contribution = Contribution(payload: try Support.payload(values), weight: .max)
    let contributions = [Contribution](repeating: contribution, count: AggregationLimits.windowSize)
    let largest = contribution.payload.denseValues()[0]
    let same = try WeightedMean(of: contributions, parameterCount: 9, rateQ16: 1 << 16)
    #expect(same.quanta == .init(repeating: largest, count: 9))
    let amplified = try WeightedMean(of: contributions, parameterCount: 9, rateQ16: 4 << 16)
    #expect(amplified.quanta == .init(repeating: FixedPoint.maximum, count: 9))
    let opposite = Contribution(payload: try Support.payload(values.map { -$0 }), weight: 1)
    let negative = try WeightedMean(of: [opposite], parameterCount: 9, rateQ16: 4 << 16)
    #expect(negative.quanta == .init(repeating: -FixedPoint.maximum, count: 9))
  }

  @Test func refusalsLeaveTheStateAlone() throws {
    var state = try Self.state(10, seed: 1)
    let before = state
    let long = Contribution(payload: try Support.payload(.init(repeating: 1, count: 11)), weight: 1)
    #expect(throws: AggregationError.wrongLength(what: "an update", count: 11, expected: 10)) {
      try state.merge([long], policy: Self.policy())
    }
    let fitting = Contribution(payload: try Support.payload(.init(repeating: 1, count: 10)), weight: 1)
    let many = [Contribution](repeating: fitting, count: AggregationLimits.windowSize + 1)
    #expect(throws: AggregationError.tooManyContributions(count: 8_193, limit: 8_192)) {
      try state.merge(many, policy: Self.policy())
    }
    #expect(state == before)

    let payload = try Support.payload(.init(repeating: 1, count: 10))
    var model = state.model
    #expect(throws: AggregationError.wrongVersion(expected: 1, found: 2)) {
      try model.apply(Step(task: Support.task, version: 2, payload: payload))
    }
    let other = Support.digest(9)
    #expect(throws: AggregationError.wrongTask(expected: Support.task.short, found: other.short)) {
      try model.apply(Step(task: other, version: 1, payload: payload))
    }
    let short = try Support.payload([1])
    #expect(throws: AggregationError.wrongLength(what: "the step", count: 1, expected: 10)) {
      try model.apply(Step(task: Support.task, version: 1, payload: short))
    }
    #expect(model == before.model)
    #expect(throws: AggregationError.weightNotFinite(index: 1)) {
      try ModelState(task: Support.task, initialWeights: [0, .nan])
    }
    #expect(throws: AggregationError.parameterCountOutOfRange(0)) {
      try ModelState(task: Support.task, initialWeights: [])
    }
  }

  @Test func pythonFindsTheSameMean() throws {
    // Tests/Fixtures/make_merge.py computes the same from the same generator in Python's integers.
    let count = 5_000
    var contributions: [Contribution] = []
    var state: UInt64 = 1
    func draw() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    for update in 0..<5 {
      // The greatest code in each chunk fixes the scale, so that the encoding loses nothing.
      let scale = Int32(8 + update) << 6
      let values = (0..<count).map { index in
        index % 4_096 == 0 ? 127 * scale : (Int32(draw() % 255) - 127) * scale
      }
      let payload = Payload(encoding: values, form: .dense8)
      #expect(payload.denseValues() == values)
      contributions.append(Contribution(payload: payload, weight: UInt16(draw() % 65_536)))
    }
    let mean = try WeightedMean(of: contributions, parameterCount: count, rateQ16: 45_678)
    #expect(
      ChunkTree.leaf(mean.quanta[...]).hex
        == "0c0a724608659a806663932a8acb9d705f7309cbde8279ad108cc293453d47cb")
  }
}
