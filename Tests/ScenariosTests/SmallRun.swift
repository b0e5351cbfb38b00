import Agents
import Aggregation
import Engines
import Learning
import Ledger
import Settings
import Wire

@testable import Simulation

/// A scenario that takes a moment: twelve contributors, four windows, 650 parameters.
struct SmallRun {
  var scenario: Scenario
  /// Validators of the genesis that never run.
  var silentValidators = 0

  init(seed: UInt64 = 7) {
    scenario = Scenario()
    scenario.seed = seed
    scenario.model = "softmax(64,10)"
    scenario.contributors.count = 12
    scenario.contributors.devices.slowness = .buckets([
      .init(parts: 10, from: 1, to: 1), .init(parts: 2, from: 4, to: 4),
    ])
    scenario.contributors.hostile = [.signFlip: 1, .noise: 1, .copycat: 1]
    scenario.windows = 4
    scenario.testExamples = 60
    scenario.referenceExamplesPerValidator = 30
    scenario.merge.windowSize = 6
  }

  /// What a run leaves behind.
  struct Outcome {
    let record: RunRecord
    let genesis: Genesis
    let records: [LogRecord]
    let blobs: InMemoryBlobStore
    let contributors: [Contributor]
    let validators: [Validator]
    let task: Digest
  }

  func simulation() throws -> (LearningSimulation, InMemoryLog, InMemoryBlobStore) {
    let federation = try Federation(scenario, dataset: try Digits.load(), variant: .asPlanned)
    let silent = try (0..<silentValidators).map {
      ValidatorSet.Member(
        key: try SigningKey.simulated(seed: scenario.seed, role: .validator, index: 1_000 + $0).publicKey,
        stakeUnits: 1_000_000)
    }
    let genesis = try Genesis(
      name: "scenario",
      validators: federation.judges.map { .init(key: $0.key.publicKey, stakeUnits: $0.stakeUnits) } + silent,
      allocations: [.init(key: federation.author.publicKey, units: scenario.reward.escrowUnits)]
        + federation.members.map { .init(key: $0.key.publicKey, units: 1_000) })
    let log = InMemoryLog(network: genesis.network)
    let blobs = InMemoryBlobStore()
    let settings = RunSettings(scenario, name: "test", rule: scenario.merge.rule)
    let simulation = LearningSimulation(
      federation, settings: settings, log: log, blobs: blobs, genesis: genesis)
    return (simulation, log, blobs)
  }

  func run() async throws -> Outcome {
    var (simulation, log, blobs) = try simulation()
    let record = try await simulation.run { _ in }
    var validators: [Validator] = []
    for seat in simulation.validators { validators.append(await seat.validator) }
    return Outcome(
      record: record, genesis: simulation.genesis, records: try await log.read(from: .start, limit: 100_000),
      blobs: blobs, contributors: simulation.contributors.compactMap(\.self),
      validators: validators, task: simulation.offer?.id ?? .zero)
  }
}
