import Aggregation
import Learning
import Testing
import Updates

struct DigitsJudgingTests {
  private static let forms: [PacketForm] = [
    .dense8, .sparse(keptPerChunk: 512), .rotated(signsPerChunk: 4_096),
  ]

  @Test(.timeLimit(.minutes(10)), arguments: forms)
  func signFlippersLoseTheirWeightAndOneLabelNodesKeepTheirs(form: PacketForm) async throws {
    let seed: UInt64 = 61
    let hostile = [any UpdateAttack](repeating: SignFlipAttack(), count: 6)
    var judged = try DigitsFederation(
      mixed: 16, pure: 10, hostile: hostile, policy: MergePolicy(upForm: form, downForm: .dense8), seed: seed)
    for _ in 0..<8 { try await judged.runWindow() }
    let flipped = judged.meanTrust(.attacker("sign-flip"), latest: 4)
    let oneLabel = judged.meanTrust(.oneLabel, latest: 4)
    let honest = judged.meanTrust(.honest, latest: 4)
    let figures = "seed \(seed), \(form): flipped \(flipped), one label \(oneLabel), honest \(honest)"
    #expect(flipped < 0.15, "\(figures)")
    #expect(oneLabel > 0.5, "\(figures)")
    #expect(honest > 0.75, "\(figures)")
  }

  @Test(.timeLimit(.minutes(10)))
  func judgingKeepsAccuracyThatAveragingLoses() async throws {
    let seed: UInt64 = 64
    var accuracies: [Double] = []
    for rule in [MergePolicy.Rule.trust, .mean, .multiKrum, .mixedGeometricMedian] {
      var federation = try DigitsFederation(
        mixed: 12, hostile: [any UpdateAttack](repeating: ScalingAttack(factor: -3), count: 3),
        policy: MergePolicy(rule: rule, upForm: .dense8, downForm: .dense8), seed: seed)
      for _ in 0..<10 { try await federation.runWindow() }
      accuracies.append(try await federation.accuracy())
    }
    for judged in [0, 2, 3] {
      #expect(accuracies[judged] > accuracies[1] + 0.2, "seed \(seed), accuracies \(accuracies)")
    }
  }

  @Test(.timeLimit(.minutes(10)))
  func eachAttackMeetsItsCheck() async throws {
    let seed: UInt64 = 62
    var federation = try DigitsFederation(
      mixed: 20, labelFlippers: 2,
      hostile: [
        ScalingAttack(factor: -5), NoiseAttack(relativeNorm: 1), CopycatAttack(relativeNoise: 0.05),
        ReplayAttack(),
        FreeRiderAttack(relativeNoise: 0), FreeRiderAttack(relativeNoise: 0.01),
      ], policy: MergePolicy(upForm: .dense8, downForm: .dense8), seed: seed)
    for _ in 0..<8 { try await federation.runWindow() }
    #expect(federation.meanTrust(.attacker("scaled"), latest: 4) < 0.15, "seed \(seed)")
    #expect(federation.meanTrust(.labelFlipper, latest: 4) < 0.5, "seed \(seed)")
    #expect(federation.reasons[.attacker("noise"), default: []].count == 8, "seed \(seed)")
    #expect(federation.reasons[.attacker("copycat")] == .init(repeating: .nearCopy, count: 8), "seed \(seed)")
    let replays = [.empty] + [RejectionReason](repeating: .replay, count: 7)
    #expect(federation.reasons[.attacker("replay")] == replays, "seed \(seed)")
    let riders = (0..<8).flatMap { _ in [RejectionReason.empty, .unexplained] }
    #expect(federation.reasons[.attacker("free-rider")] == riders, "seed \(seed)")
    let wronged = federation.reasons[.honest, default: []].filter { ![.unexplained, .reversed].contains($0) }
    #expect(wronged.isEmpty, "seed \(seed): \(wronged)")
  }

  @Test(.timeLimit(.minutes(10)))
  func likeDataMakeNoCopies() async throws {
    let seed: UInt64 = 63
    var federation = try DigitsFederation(
      mixed: 5, scheme: .iid, policy: MergePolicy(upForm: .dense8, downForm: .dense8), seed: seed)
    for _ in 0..<6 { try await federation.runWindow() }
    #expect(federation.reasons.isEmpty, "seed \(seed): \(federation.reasons)")
    #expect(federation.meanTrust(.honest, latest: 6) > 0.95, "seed \(seed)")
  }
}
