import Numerics
import Testing

@testable import Updates

struct ErrorFeedbackTests {
  @Test(arguments: TestVector.forms.filter(\.takesFeedback))
  func nothingIsLost(_ form: PacketForm) {
    let seed: UInt64 = 12
    var random = SeededRandom(seed: seed)
    let count = 4_500
    var feedback = ErrorFeedback(parameterCount: count)
    var sent = [Int64](repeating: 0, count: count)
    var total = [Int64](repeating: 0, count: count)
    for _ in 0..<6 {
      let delta = (0..<count).map { _ in Int32(random.integer(below: 1 << 20) - 1 << 19) }
      for index in delta.indices { total[index] += Int64(delta[index]) }
      feedback.compress(delta, form: form).accumulate(into: &sent, weight: 1)
    }
    #expect(zip(sent, feedback.residual).map { $0 + Int64($1) } == total, "\(form), seed \(seed)")
  }

  @Test func whatWasLeftOutIsSentLater() {
    var feedback = ErrorFeedback(parameterCount: 4_096)
    var delta = [Int32](repeating: 0, count: 4_096)
    (delta[7], delta[9]) = (1_024, 512)
    let first = feedback.compress(delta, form: .sparse(keptPerChunk: 1)).sparseValues()
    let none = [Int32](repeating: 0, count: 4_096)
    let second = feedback.compress(none, form: .sparse(keptPerChunk: 1)).sparseValues()
    #expect(first.indices == [7] && first.values == [1_024])
    #expect(second.indices == [9] && second.values == [512])
    #expect(feedback.residual == none)
  }

  /// What was left out before goes along once, and nothing is left out after it.
  @Test func aRotatedFormLeavesNothing() throws {
    let form = PacketForm.rotated(signsPerChunk: 64)
    let (residual, delta): ([Int32], [Int32]) = ([500, -500, 90_000], [7, 3, -90_000])
    var feedback = try ErrorFeedback(residual: residual)
    let payload = feedback.compress(delta, form: form, rotation: Rotation(seed: 5))
    #expect(payload == Payload(encoding: [507, -497, 0], form: form, rotation: Rotation(seed: 5)))
    #expect(feedback == ErrorFeedback(parameterCount: 3))
  }

  @Test func sumsSaturate() throws {
    let maximum = FixedPoint.maximum
    var feedback = try ErrorFeedback(residual: [maximum, -maximum])
    let payload = feedback.compress([.max, .min], form: .dense8)
    #expect(payload.denseValues().map { $0.signum() } == [1, -1])
    #expect(feedback.residual.allSatisfy { $0.magnitude <= maximum })
  }

  @Test func decayRoundsTowardsZero() throws {
    var feedback = try ErrorFeedback(residual: [3, -3, 1, -1, 1 << 30 - 1, 0])
    feedback.decay(keeping: 32_768)
    #expect(feedback.residual == [1, -1, 0, 0, 1 << 29 - 1, 0])
    feedback.decay(keeping: 65_536)
    #expect(feedback.residual == [1, -1, 0, 0, 1 << 29 - 1, 0])
    feedback.decay(keeping: 0)
    #expect(feedback.residual == [0, 0, 0, 0, 0, 0])
  }

  @Test func aDamagedResidualIsRefused() {
    #expect(throws: UpdateError.residualOutOfRange(index: 1, value: 1 << 30)) {
      try ErrorFeedback(residual: [0, 1 << 30])
    }
    #expect(throws: UpdateError.residualOutOfRange(index: 0, value: .min)) {
      try ErrorFeedback(residual: [.min])
    }
  }
}
