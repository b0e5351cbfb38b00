import Aggregation
import Numerics
import Testing
import Updates
import Wire

struct JudgeTests {
  @Test func honestUpdatesAreAdmittedWithTrust() throws {
    var window = Support.Window()
    try window.addHonest(0..<10)
    for judgement in try window.judged() {
      #expect(judgement.isAdmitted)
      #expect(judgement.trust > 40_000)
      #expect(judgement.clip == MergeWeight.one)
    }
  }

  @Test func formIsCheckedBeforeContent() throws {
    var window = Support.Window()
    try window.addHonest(0..<6)
    window.add(.unavailable, contributor: 20)
    window.add(.malformed, contributor: 21)
    let delta = window.honest(30)
    try window.add(delta, contributor: 22, task: Support.digest(5))
    try window.add(delta, contributor: 23, claimedContributor: 24)
    try window.add(delta, contributor: 25, form: .dense4)
    try window.add(Array(delta[1...]), contributor: 26)
    try window.add(delta, contributor: 27, baseVersion: 6)
    window.policy.maximumStaleness = 2
    try window.add(delta, contributor: 28, baseVersion: 2)
    try window.add(delta, contributor: 29, baseVersion: 3)
    let judgements = try window.judged()
    #expect(judgements[..<6].allSatisfy { $0.isAdmitted })
    #expect(
      judgements[6...].map(\.reason) == [
        .unavailable, .malformed, .wrongTask, .wrongContributor, .wrongForm, .wrongShape, .futureBase, .stale,
        nil,
      ])
    #expect(judgements[13].measured == 3)
    #expect(judgements[13].limit == 2)
    #expect(judgements[6...13].allSatisfy { $0.trust == 0 && $0.clip == 0 })
    #expect([judgements[11].measured, judgements[11].limit] == [199, 200], "parameters")
    #expect([judgements[12].measured, judgements[12].limit] == [1, 0], "versions ahead")
  }

  @Test func theEarlierOfTwoEqualUpdatesCounts() throws {
    var window = Support.Window()
    try window.addHonest(0..<6)
    try window.add(window.honest(3), contributor: 50)
    let judgements = try window.judged()
    #expect(judgements[3].isAdmitted)
    #expect(judgements[6].reason == .duplicate)
    #expect([judgements[6].measured, judgements[6].limit] == [2, 1])
    try window.add(window.honest(3), contributor: 51)
    #expect(try window.judged().map(\.measured)[6...] == [2, 3])
  }

  @Test func whatARecentWindowAdmittedIsADuplicateAndWhatItRefusedIsNot() throws {
    var first = Support.Window()
    try first.addHonest(0..<6)
    try first.add(first.honest(7), contributor: 0)
    var judge = Judge()
    #expect(judge.judge(try first.input())[6].reason == .rateExceeded)
    var second = Support.Window()
    try second.addHonest(10..<16)
    try second.add(second.honest(2), contributor: 60)
    try second.add(second.honest(7), contributor: 0)
    let judgements = judge.judge(try second.input())
    #expect(judgements[6].reason == .duplicate)
    #expect(judgements[6].measured == 2, "the first is in a window before")
    #expect(judgements[7].isAdmitted)
  }

  @Test func theRateIsCountedInTheOrderOfCommitments() throws {
    var window = Support.Window()
    window.policy.updatesPerContributorPerWindow = 2
    for number in 0..<3 { try window.add(window.honest(number), contributor: 1) }
    try window.addHonest(10..<15)
    let judgements = try window.judged()
    #expect(judgements[..<3].map(\.reason) == [nil, nil, .rateExceeded])
    var reversed = try window.input(candidates: window.candidates.reversed())
    var judge = Judge()
    #expect(judge.judge(reversed).reversed() == judgements)
    reversed = try window.input(candidates: Array(window.candidates.dropFirst()))
    judge = Judge()
    #expect(judge.judge(reversed).allSatisfy { $0.isAdmitted })
  }

  @Test func zerosAreEmpty() throws {
    var window = Support.Window()
    try window.addHonest(0..<4)
    try window.add([Float](repeating: 0, count: 200), contributor: 9)
    let judgements = try window.judged()
    #expect(judgements.map(\.reason) == [nil, nil, nil, nil, .empty])
    #expect([judgements[4].measured, judgements[4].limit] == [0, 1])
  }

  @Test func aNearCopyIsRefusedAndItsModelIsNot() throws {
    for seed in UInt64(0)..<5 {
      var random = SeededRandom(seed: seed)
      var window = Support.Window()
      try window.addHonest(0..<8)
      let near = CopycatAttack(relativeNoise: 0.05)
      let far = CopycatAttack(relativeNoise: 0.5)
      let context = AttackContext(honestDelta: window.honest(99), honestUpdates: [window.honest(4)])
      try window.add(near.delta(context, using: &random).map { 3 * $0 }, contributor: 50)
      try window.add(far.delta(context, using: &random), contributor: 51)
      let judgements = try window.judged()
      #expect(judgements[..<8].allSatisfy { $0.isAdmitted }, "seed \(seed)")
      #expect(judgements[8].reason == .nearCopy, "seed \(seed)")
      #expect(judgements[8].measured > 0.99, "seed \(seed)")
      // No copy, but far more like its model than labels explain.
      #expect([.twin, nil].contains(judgements[9].reason) && judgements[9].trust < 40_000, "seed \(seed)")
    }
  }

  @Test func muchAlikeHonestUpdatesAreNoCopies() throws {
    // As from large shards of one distribution: every pair has a cosine above the policy's limit.
    var window = Support.Window()
    let common = window.honest(0)
    var random = SeededRandom(seed: 5)
    for contributor in 0..<8 {
      let own = random.gaussianVector(count: 200, deviation: 0.0008)
      try window.add(Kernels.sum(common, own), contributor: contributor)
    }
    #expect(try window.judged().allSatisfy { $0.isAdmitted })
    let copied = CopycatAttack(relativeNoise: 0.01)
    let visible = [window.candidates[2]].compactMap { candidate -> [Float]? in
      guard case .packet(let packet) = candidate.content else { return nil }
      return FixedPoint.dequantize(packet.payload.denseValues())
    }
    let context = AttackContext(honestDelta: common, honestUpdates: visible)
    try window.add(copied.delta(context, using: &random), contributor: 50)
    #expect(try window.judged()[8].reason == .nearCopy)
  }

  @Test func aStepTakenBeforeIsAReplay() throws {
    var window = Support.Window()
    var state = try ModelState(task: Support.task, initialWeights: .init(repeating: 0, count: 200))
    let past = try (20..<26).map {
      Contribution(payload: try Support.payload(window.honest($0)), weight: 1)
    }
    let outcome = try state.merge(past, policy: MergePolicy(downForm: .dense8))
    try window.addHonest(0..<6)
    let step = FixedPoint.dequantize(outcome.step.payload.denseValues())
    var random = SeededRandom(seed: 1)
    let context = AttackContext(honestDelta: window.honest(1), globalSteps: [step])
    try window.add(ReplayAttack().delta(context, using: &random).map { 0.5 * $0 }, contributor: 50)
    #expect(try window.judged()[6].isAdmitted)
    var judge = Judge()
    judge.observe(outcome.step)
    let judgements = judge.judge(try window.input())
    #expect(judgements[..<6].allSatisfy { $0.isAdmitted })
    #expect(judgements[6].reason == .replay)
  }

  @Test func longUpdatesAreClippedAndAbsurdOnesRefused() throws {
    var window = Support.Window()
    try window.addHonest(0..<7)
    try window.add(window.honest(30).map { 8 * $0 }, contributor: 50)
    try window.add(window.honest(31).map { 300 * $0 }, contributor: 51)
    let judgements = try window.judged()
    #expect(judgements[7].isAdmitted)
    let clippedNorm = Double(judgements[7].clip) / 65_535 * Double(judgements[7].measured)
    #expect(abs(clippedNorm - 2) < 0.001)
    #expect(judgements[8].reason == .normTooLarge)
    #expect(judgements[8].limit == 100)
  }

  @Test func backwardsAndNoiseAreDistrusted() throws {
    var window = Support.Window()
    try window.addHonest(0..<8)
    var random = SeededRandom(seed: 3)
    let context = AttackContext(honestDelta: window.honest(30))
    try window.add(SignFlipAttack().delta(context, using: &random), contributor: 50)
    try window.add(ScalingAttack(factor: -5).delta(context, using: &random), contributor: 51)
    try window.add(NoiseAttack(relativeNorm: 2).delta(context, using: &random), contributor: 52)
    try window.add(FreeRiderAttack(relativeNoise: 0.01).delta(context, using: &random), contributor: 53)
    try window.add(FreeRiderAttack(relativeNoise: 0).delta(context, using: &random), contributor: 54)
    let reasons = try window.judged().map(\.reason)
    #expect(reasons[..<8].allSatisfy { $0 == nil })
    // The scaled one points as the flipped one does, and comes later.
    #expect(reasons[8...] == [.reversed, .nearCopy, .reversed, .unexplained, .empty])
  }

  @Test func trustIsAveragedOverWindows() throws {
    var judge = Judge()
    var trusts: [UInt16] = []
    for number in 0..<16 {
      var window = Support.Window()
      try window.addHonest(100 * number + 10..<100 * number + 18)
      let sign: Float = number < 4 ? 1 : -1
      try window.add(window.honest(100 * number).map { sign * $0 }, contributor: 1)
      trusts.append(judge.judge(try window.input(seed: number))[8].trust)
    }
    #expect(trusts[..<4].allSatisfy { $0 > 40_000 }, "\(trusts)")
    #expect(trusts[5...].contains { 0 < $0 && $0 < trusts[3] }, "\(trusts)")
    #expect(trusts[15] == 0, "\(trusts)")
  }

  @Test func permutedUpdatesGivePermutedJudgements() throws {
    let seed: UInt64 = 51
    var random = SeededRandom(seed: seed)
    var window = Support.Window()
    try window.addHonest(0..<6)
    try window.add(window.honest(2), contributor: 7)
    try window.add(window.honest(3).map { 1.01 * $0 }, contributor: 8)
    try window.add(window.honest(9), contributor: 1)
    try window.add(window.honest(10).map { -$0 }, contributor: 10)
    let expected = try window.judged()
    for round in 0..<20 {
      let order = random.permutation(count: window.candidates.count)
      var judge = Judge()
      let judgements = judge.judge(try window.input(candidates: order.map { window.candidates[$0] }))
      #expect(judgements == order.map { expected[$0] }, "seed \(seed), round \(round)")
    }
  }

  @Test func meanPolicyChecksTheFormOnly() throws {
    var window = Support.Window()
    window.policy.rule = .mean
    try window.addHonest(0..<3)
    try window.add(window.honest(1), contributor: 1)
    try window.add(window.honest(4).map { -500 * $0 }, contributor: 9)
    try window.add(window.honest(5), contributor: 10, task: Support.digest(2))
    let judgements = try window.judged()
    #expect(judgements[..<5].allSatisfy { $0.isAdmitted && $0.trust == .max && $0.clip == .max })
    #expect(judgements[5].reason == .wrongTask)
  }

  @Test func aSingleRootUpdateIsEnough() throws {
    var window = Support.Window()
    try window.addHonest(0..<6)
    try window.add(window.honest(30).map { -$0 }, contributor: 50)
    let roots = try RootUpdates(window.roots)
    window.roots = [roots.balanced]
    let judgements = try window.judged()
    #expect(judgements[..<6].allSatisfy { $0.isAdmitted && $0.trust > 40_000 })
    #expect(judgements[6].reason == .reversed)
  }

  @Test func smallWindowsAreJudgedToo() throws {
    var window = Support.Window()
    #expect(try window.judged().isEmpty)
    try window.addHonest(0..<1)
    #expect(try window.judged().map(\.reason) == [nil])
    try window.addHonest(1..<2)
    #expect(try window.judged().map(\.reason) == [nil, nil])
    window.candidates.removeLast()
    try window.add(window.honest(0).map { 2 * $0 }, contributor: 2)
    #expect(try window.judged().map(\.reason) == [nil, .nearCopy])
  }

  @Test func neitherThreadsNorStagesChangeJudgements() throws {
    var window = Support.Window()
    try window.addHonest(0..<20)
    try window.add(window.honest(3).map { 1.01 * $0 }, contributor: 30)
    try window.add(window.honest(40).map { -$0 }, contributor: 40)
    try window.add(window.honest(4), contributor: 41)
    let expected = try window.judged()
    for threads in [2, 5] {
      var judge = Judge()
      var stages: [JudgingStage] = []
      let judgements = judge.judge(try window.input(), threads: threads) { stages.append($0) }
      #expect(judgements == expected, "\(threads) threads")
      #expect(stages == [.checks, .sketch, .copies, .likeness, .trust])
    }
  }

  /// Hundreds of variations of one update, farther apart than copies and nearer than the sketch can tell.
  @Test func aCrowdOfCopiesIsRefusedAndItsNeighboursAreNot() throws {
    let seed: UInt64 = 21
    var random = SeededRandom(seed: seed)
    var window = Support.Window()
    try window.addHonest(0..<300)
    for contributor in 300..<400 {
      let near = CopycatAttack(relativeNoise: 0.02)
      let context = AttackContext(honestDelta: window.honest(999), honestUpdates: [window.honest(998)])
      try window.add(near.delta(context, using: &random), contributor: contributor)
    }
    let judgements = try window.judged()
    #expect(judgements[..<300].allSatisfy { $0.reason != .nearCopy }, "seed \(seed)")
    #expect(judgements[300].reason != .nearCopy, "seed \(seed)")
    #expect(judgements[301...].allSatisfy { $0.reason == .nearCopy }, "seed \(seed)")
  }

  @Test(arguments: [[], [[1], [1, 2]], [[.infinity]], .init(repeating: [1], count: 257)] as [[[Float]]])
  func rootUpdatesMustFitOneAnother(directions: [[Float]]) {
    let error = #expect(throws: AggregationError.self) { try RootUpdates(directions) }
    guard case .invalidRootUpdates = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}
