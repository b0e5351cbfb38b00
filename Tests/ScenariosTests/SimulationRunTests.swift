import Agents
import Aggregation
import Learning
import Ledger
import Settings
import Testing
import Updates

@testable import Simulation

/// Simulations with more contributors than a demo has.
struct SimulationRunTests {
  private func scenario(seed: UInt64 = 7) -> Scenario {
    var scenario = Scenario()
    scenario.seed = seed
    scenario.model = "softmax(64,10)"
    scenario.contributors = .init()
    scenario.contributors.count = 200
    scenario.contributors.devices.slowness = .buckets([
      .init(parts: 9, from: 1, to: 1), .init(parts: 1, from: 10, to: 10),
    ])
    scenario.contributors.hostile = [.signFlip: 8, .labelFlip: 6, .flooding: 2]
    scenario.validators.count = 2
    scenario.referenceExamplesPerValidator = 20
    scenario.data.partition = .sampled(examples: 12)
    scenario.testExamples = 200
    scenario.windows = 3
    scenario.merge.windowSize = 40
    scenario.merge.rule = .mean
    scenario.merge.updatesPerContributorPerWindow = 1
    scenario.privacy = .plain
    scenario.signatures = false
    scenario.residuals = .compact
    return scenario
  }

  private func run(_ scenario: Scenario, threads: Int = 2) async throws -> SimulationRecord {
    try await SimulationRunner(scenario, threads: threads).run(title: "test") { _ in }
  }

  private func json(_ record: SimulationRecord) throws -> [UInt8] {
    var run = record.run
    run.wallSeconds = 0
    let copy = SimulationRecord(summary: record.summary, run: run, cost: .nothing)
    return try copy.json()
  }

  @Test(arguments: [MergePolicy.Rule.trust, .mean]) func threadsDoNotMatter(
    _ rule: MergePolicy.Rule
  ) async throws {
    var scenario = scenario()
    scenario.merge.rule = rule
    if rule == .trust { scenario.merge.windowSize = 12 }
    let one = try await run(scenario, threads: 1)
    #expect(one.figures.versions == 3)
    let other = try await run(scenario, threads: 5)
    #expect(try json(other) == json(one))
    #expect(other.cost.clientRounds == one.cost.clientRounds)
  }

  /// Roots cover the model and the accounts, so that they tell of any other update or reward.
  @Test func signaturesChangeNothingThatIsLearnt() async throws {
    var signed = scenario()
    signed.signatures = true
    let roots = try await (run(signed).run.versions.map(\.root), run(scenario()).run.versions.map(\.root))
    #expect(roots.0 == roots.1)
    #expect(roots.0.dropFirst().allSatisfy { !$0.isEmpty })
  }

  @Test func compactResidualsCostNoLoss() async throws {
    for seed in 1...2 as ClosedRange<UInt64> {
      var exact = scenario(seed: seed)
      exact.contributors.hostile = [:]
      exact.windows = 10
      exact.merge.upForm = .sparse(keptPerChunk: 64)
      var compact = exact
      exact.residuals = .exact
      compact.residuals = .compact
      let (first, second) = try await (run(exact).run.versions, run(compact).run.versions)
      #expect(first.last?.root != second.last?.root, "nothing was left out")
      let (start, end) = try (#require(first.first).loss, #require(first.last).loss)
      #expect(end < start - 0.1, "seed \(seed): \(start) to \(end)")
      let difference = try #require(second.last).loss - end
      #expect(abs(difference) < 0.01 * (start - end), "seed \(seed): \(difference)")
    }
  }

  /// Each node is asked for two updates, which is too few to send what top-k leaves out.
  @Test func rotatedPacketsLearnMoreFromNodesThatComeSeldom() async throws {
    for seed in 1...2 as ClosedRange<UInt64> {
      var sparse = scenario(seed: seed)
      sparse.contributors.hostile = [:]
      sparse.windows = 10
      sparse.merge.downForm = .dense8
      sparse.merge.upForm = .sparse(keptPerChunk: 64)
      var rotated = sparse
      rotated.merge.upForm = .rotated(signsPerChunk: 512)
      let (first, second) = try await (run(sparse), run(rotated))
      let losses = try [first, second].map { try #require($0.run.versions.last).loss }
      #expect(losses[1] < losses[0] - 0.1, "seed \(seed): \(losses)")
    }
  }

  @Test func aRunEndsAtItsTarget() async throws {
    var easy = scenario()
    easy.windows = 40
    easy.targetAccuracy = 0.2
    let record = try await run(easy)
    #expect(record.figures.accuracy >= 0.2 && record.figures.versions < 40)
    #expect(record.run.versions.dropLast().allSatisfy { $0.accuracy < 0.2 })
  }

  @Test func theRecordIsReadBack() async throws {
    let record = try await run(scenario())
    let bytes = try record.json()
    #expect(try SimulationRecord(json: bytes).json() == bytes)
    #expect(record.cost.clientRounds >= 200 && record.cost.peakBytes > 0 && record.cost.coreSeconds > 0)
    #expect(record.cost.trainingCoreSeconds > 0 && record.cost.trainingShare < 1)
  }
}

extension SimulationRecord.Cost {
  fileprivate static let nothing = SimulationRecord.Cost(
    clientRounds: 0, clientRoundsPerSecond: 0, wallSeconds: 0, setupSeconds: 0, threads: 0, coreSeconds: 0,
    trainingCoreSeconds: 0, trainingShare: 0, bytesPerContributor: 0, peakBytes: 0)
}
