import Agents
import Aggregation
import Ledger
import Testing

@testable import Simulation

/// Who earns what, through the same agents, messages and log as everywhere.
@Suite(.serialized, .timeLimit(.minutes(20))) struct EconomicsTests {
  /// Nobody is hostile, and nobody sends canaries.
  private static func scenario(seed: UInt64) -> Scenario {
    var scenario = Scenario()
    scenario.seed = seed
    scenario.model = "softmax(64,10)"
    scenario.validators.count = 4
    scenario.referenceExamplesPerValidator = 40
    scenario.contributors.count = 36
    scenario.contributors.devices.slowness = .same(1)
    scenario.contributors.hostile = [:]
    scenario.windows = 21
    scenario.testExamples = 60
    scenario.merge.windowSize = 24
    scenario.merge.updatesPerContributorPerWindow = 1
    scenario.privacy = .plain
    scenario.signatures = false
    return scenario
  }

  private static func run(_ scenario: Scenario) async throws -> SimulationRecord {
    try await SimulationRunner(scenario, threads: 2).run(title: "test") { _ in }
  }

  /// Validators are paid for twenty versions of these.
  @Test(arguments: 1...2 as ClosedRange<UInt64>) func whoDoesNotJudgeIsPaidLessThanHalf(seed: UInt64)
    async throws
  {
    var scenario = Self.scenario(seed: seed)
    scenario.validators.count = 19
    for kind in Scenario.ValidatorHostility.allCases { scenario.validators.hostile[kind] = 1 }
    scenario.referenceExamplesPerValidator = 30
    scenario.contributors.canaries = .init(count: 10, share: 0.4)
    scenario.contributors.hostile = [.labelFlip: 2, .noise: 2, .freeRider: 2]
    let record = try await Self.run(scenario)
    for pay in record.figures.validatorPay where pay.conduct != RunRecord.Validator.honest {
      let shares = pay.parts.map(\.share)
      // What it earns falls; the whole still has the advance that newcomers are given.
      #expect(pay.share < 0.55, "seed \(seed): \(pay.conduct) is paid \(pay.share)")
      #expect(shares.last ?? 1 < 0.35, "seed \(seed): \(pay.conduct) is paid \(shares)")
    }
    let honest = try #require(record.figures.validatorPay.first)
    #expect(honest.leastShare > 0.9, "seed \(seed): \(honest.leastShare) to \(honest.greatestShare)")
    let senders = record.run.contributors.filter { $0.group == "canaries" }
    #expect(senders.reduce(0) { $0 + ($1.rejections["duplicate"] ?? 0) } > 0, "seed \(seed)")
    #expect(senders.reduce(0) { $0 + ($1.rejections["empty"] ?? 0) } > 0, "seed \(seed)")
  }

  /// Where nobody is hostile, pay is by agreement alone, as it would be without insight.
  @Test(arguments: 1...2 as ClosedRange<UInt64>) func theHonestLoseNothing(seed: UInt64) async throws {
    let record = try await Self.run(Self.scenario(seed: seed))
    let honest = try #require(record.figures.validatorPay.first)
    #expect(honest.validators == 4 && honest.paidUnits > 0)
    #expect(honest.leastShare > 0.93, "seed \(seed): \(honest.leastShare) to \(honest.greatestShare)")
    #expect(honest.greatestShare < 1.07, "seed \(seed): \(honest.leastShare) to \(honest.greatestShare)")
  }

  @Test(arguments: 1...2 as ClosedRange<UInt64>) func othersWorkAndNoWorkEarnLess(seed: UInt64) async throws {
    var scenario = Self.scenario(seed: seed)
    scenario.contributors.hostile = [
      .copycat: 2, .disguisedCopycat: 2, .replay: 2, .freeRider: 2, .zeroUpdate: 2, .noise: 2,
    ]
    let figures = try await Self.run(scenario).figures
    for group in figures.groups where !group.isHonest {
      let ratio = group.paidUnitsPerHead / figures.honest.paidUnitsPerHead
      #expect(ratio < 0.5, "seed \(seed): \(group.name) earns \(ratio) of an honest one")
    }
  }

  /// The same examples under five names earn less than under one.
  @Test(arguments: 1...2 as ClosedRange<UInt64>) func manyNamesForTheSameDataEarnLess(seed: UInt64)
    async throws
  {
    var units: [Double] = []
    for identities in [1, 5] {
      var scenario = Self.scenario(seed: seed)
      scenario.contributors.split = .init(count: 4, identities: identities, dividesData: false)
      let groups = try await Self.run(scenario).figures.groups
      let split = try #require(groups.first { $0.name == "split" })
      #expect(split.members == 4 * identities)
      units.append(Double(split.paidUnits))
    }
    #expect(units[0] > 0 && units[1] < 0.8 * units[0], "seed \(seed): \(units)")
  }
}
