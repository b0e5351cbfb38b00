import AgentsTestKit
import Door
import Foundation
import Learning
import Ledger
import Numerics
import Services
import Synchronization
import Testing

/// Trainers that fail: their nodes try again, and say so.
@Suite(.serialized, .timeLimit(.minutes(5))) struct FailingTrainerTests {
  /// A trainer whose calls fail as long as there are failures left.
  private final class FailingTrainer: Trainer {
    let trainer: any Trainer
    private let failures: Mutex<Int>

    init(_ trainer: any Trainer, failures: Int) {
      self.trainer = trainer
      self.failures = Mutex(failures)
    }

    var layout: ParameterLayout { trainer.layout }

    private func failOnce() throws(LearningError) {
      let fails = failures.withLock { left in
        left -= 1
        return left >= 0
      }
      if fails { throw .trainerFailed(reason: "it was killed") }
    }

    func initialWeights(seed: UInt64) async throws(LearningError) -> [Float] {
      try await trainer.initialWeights(seed: seed)
    }

    func train(
      _ weights: [Float], _ configuration: TrainingConfiguration
    ) async throws(LearningError) -> TrainingResult {
      try failOnce()
      return try await trainer.train(weights, configuration)
    }

    func evaluate(_ weights: [Float]) async throws(LearningError) -> Evaluation {
      try await trainer.evaluate(weights)
    }

    func gradient(_ weights: [Float]) async throws(LearningError) -> GradientResult {
      try failOnce()
      return try await trainer.gradient(weights)
    }
  }

  private func begun(seed: UInt64, registering: Bool = true) async throws -> TestCluster {
    let cluster = try TestCluster(TestNetwork(seed: seed))
    try await cluster.begin(registering: registering)
    return cluster
  }

  /// A window needs all three contributors, so that no version comes before each has trained.
  @Test func aContributorTrainsOnTheSameVersionAgain() async throws {
    let cluster = try await begun(seed: 51, registering: false)
    let validators = cluster.validators()
    let door = try await cluster.door()
    let events = EventRecorder()
    var configuration = ContributorService.Configuration(folder: cluster.folder("failing"))
    configuration.pauses = TestCluster.pauses
    let network = cluster.network
    let failing = FailingTrainer(network.trainers[0], failures: 3)
    let service = ContributorService(
      key: network.contributorKeys[0], genesis: network.genesis, gateways: [door.url],
      configuration: configuration, trainer: { _ in failing }, report: events.report)
    let others = [1, 2].map { Running(cluster.contributor($0, [door.url], events: EventRecorder())) }
    let nodes = [Running(service)] + others
    try await cluster.waitFor(version: 3)
    for node in nodes { try await node.kill() }
    let told = events.events(named: "contributor").compactMap { $0.fields["message"] }
    #expect(told.count == 3 && told.allSatisfy { $0.contains("it was killed") }, "\(told)")
    let trained = events.events(named: "trained").count
    #expect(trained >= 3)
    await door.close()
    for validator in validators { try await validator.kill() }
  }

  private func validator(
    _ cluster: TestCluster, _ events: EventRecorder,
    reference: @escaping @Sendable () throws -> ValidatorService.Reference
  ) -> ValidatorService {
    var configuration = ValidatorService.Configuration(folder: cluster.folder("failing"))
    configuration.pauses = TestCluster.pauses
    let network = cluster.network
    return ValidatorService(
      key: network.validatorKeys[3], secretSeed: network.secretSeed(of: 3), genesis: network.genesis,
      log: cluster.log, blobs: cluster.blobs, configuration: configuration,
      reference: { _, _ in try reference() }, report: events.report)
  }

  @Test func aValidatorMeasuresAgain() async throws {
    let cluster = try await begun(seed: 52)
    let others = (0..<3).map { Running(cluster.validator($0, events: EventRecorder())) }
    let events = EventRecorder()
    let own = cluster.network.references[3]
    let whole = FailingTrainer(own.whole, failures: 2)
    let reference = ValidatorService.Reference(whole: whole, byGroup: own.byLabel)
    let running = Running(validator(cluster, events) { reference })
    try await cluster.run(to: 3)
    #expect(events.events(named: "measuringFailed").count == 2)
    #expect(events.events(named: "taskHalted") == [] && events.events(named: "taskDeclined") == [])
    for node in others + [running] { try await node.kill() }
  }

  /// What no second attempt could change is said at once.
  @Test func aValidatorThatIsSetUpForAnotherTrainerSaysSo() async throws {
    let cluster = try await begun(seed: 53)
    let others = (0..<3).map { Running(cluster.validator($0, events: EventRecorder())) }
    let events = EventRecorder()
    let running = Running(
      validator(cluster, events) {
        throw LearningError.invalidSpecification("text", reason: "name your command in 'trainer'")
      })
    try await cluster.run(to: 2)
    let halted = await events.first { $0.name == "taskHalted" || $0.name == "taskDeclined" }
    #expect(halted.fields["reason"]?.contains("name your command in 'trainer'") == true)
    for node in others + [running] { try await node.kill() }
  }
}
