import Learning
import Settings
import Testing

@testable import Simulation

/// The methods that Tributary is held against, in whole runs.
struct MethodRunTests {
  private static let methods: [PeerMethod] = [
    .fedAvg(perRound: 6, timeoutSeconds: 500), .overSelected(perRound: 6, timeoutSeconds: 500),
    .fedProx(perRound: 6, deadlineSeconds: 20, mu: 0.1),
    .fedAsync(concurrency: 20, alpha: 0.5, exponent: 0.5),
    .fedBuff(concurrency: 20, bufferSize: 6, serverRate: 1),
  ]

  private func scenario(seed: UInt64) -> Scenario {
    var scenario = SmallRun(seed: seed).scenario
    scenario.contributors.count = 24
    scenario.contributors.hostile = [:]
    scenario.contributors.devices.slowness = .buckets([
      .init(parts: 2, from: 1, to: 2), .init(parts: 1, from: 20, to: 40),
    ])
    scenario.training.duration = .steps(20)
    scenario.windows = 60
    return scenario
  }

  private func run(_ method: PeerMethod, _ scenario: Scenario, threads: Int = 2) async throws -> RunRecord {
    try await Race(scenario, on: try Digits.load(), threads: threads).run(method)
  }

  @Test(arguments: methods) func itLearns(_ method: PeerMethod) async throws {
    let record = try await run(method, scenario(seed: 3))
    let (first, last) = try (#require(record.versions.first), #require(record.versions.last))
    #expect(last.number == 60 && last.accuracy > first.accuracy + 0.3, "\(last.accuracy)")
    #expect(zip(record.versions, record.versions.dropFirst()).allSatisfy { $0.seconds <= $1.seconds })
    #expect(record.bytesDown > 0 && record.contributors.contains { $0.bytesUp > 0 })
  }

  @Test(arguments: methods) func threadsDoNotMatter(_ method: PeerMethod) async throws {
    var scenario = scenario(seed: 4)
    scenario.contributors.devices.availability = .init(periodSeconds: 60, share: 0.4)
    scenario.contributors.devices.dropout = .init(probability: 0.2, pauseSeconds: 10)
    let (one, other) = try await (run(method, scenario, threads: 1), run(method, scenario, threads: 5))
    #expect(one.versions.map(\.loss) == other.versions.map(\.loss) && one.versions.count == 61)
    #expect(one.versions.map(\.seconds) == other.versions.map(\.seconds))
  }

  /// Six of 24 devices, of which every third trains 20 to 40 times as long: a round almost always waits.
  @Test func synchronousRoundsWaitForStragglersAndBuffersDoNot() async throws {
    let waiting = try await run(Self.methods[0], scenario(seed: 5)).versions.last?.seconds ?? 0
    let buffered = try await run(Self.methods[4], scenario(seed: 5)).versions.last?.seconds ?? .infinity
    #expect(waiting > 10 * buffered, "\(waiting) and \(buffered)")
  }

  /// Half of all trainings are lost, so that hardly a round is without one that has to be given up.
  @Test func aRoundsTimeoutGivesUpTheLost() async throws {
    var scenario = scenario(seed: 6)
    scenario.contributors.devices.slowness = .same(1)
    scenario.contributors.devices.dropout = .init(probability: 0.5, pauseSeconds: 0)
    scenario.windows = 10
    let record = try await run(.fedAvg(perRound: 6, timeoutSeconds: 300), scenario)
    let last = try #require(record.versions.last)
    #expect(last.number == 10 && last.seconds > 8 * 300 && last.seconds < 11 * 300, "\(last.seconds)")
    #expect(record.versions.dropFirst().contains { $0.updates < 6 })
  }

  @Test func partialWorkMeetsItsDeadline() async throws {
    var scenario = scenario(seed: 7)
    scenario.contributors.devices.slowness = .same(4)
    // A step of eight examples takes 1.2 to 2 s, so that all twenty never fit.
    let record = try await run(.fedProx(perRound: 6, deadlineSeconds: 10, mu: 0.1), scenario)
    #expect(record.versions.allSatisfy { $0.seconds <= 10 * Double($0.number) + 1e-9 })
    #expect(record.versions.dropFirst().allSatisfy { $0.updates == 6 })
  }
}
