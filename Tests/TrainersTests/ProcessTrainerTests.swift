import Foundation
import Learning
import Numerics
import Testing

@testable import Trainers

@Suite(.timeLimit(.minutes(5))) struct ProcessTrainerTests {
  private let workshop: Workshop

  init() throws { workshop = try Workshop() }

  @Test func trainsAndJudgesAsANativeTrainerDoes() async throws {
    let trainer = try await workshop.start("good")
    #expect(trainer.layout.tensors.map(\.name) == ["weight", "bias"] && trainer.layout.count == 8)
    #expect(trainer.examples == 24 && trainer.groupCount == 3 && trainer.name == "linear")
    let weights = try await trainer.initialWeights(seed: .max)
    #expect(try await trainer.initialWeights(seed: .max) == weights)
    #expect(try await trainer.initialWeights(seed: 2) != weights)
    let before = try await trainer.evaluate(weights)
    #expect(before.accuracy == 1 / (1 + before.loss) && before.metrics.count == 2)
    let configuration = TrainingConfiguration(.epochs(20), batchSize: 7, learningRate: 0.1, seed: 4)
    let result = try await trainer.train(weights, configuration)
    #expect(result.steps == 80 && result.examples == 24)
    #expect(try await trainer.evaluate(result.weights).loss < 0.9 * before.loss)
    #expect(try await trainer.train(weights, configuration) == result)
    let whole = try await trainer.gradient(weights)
    var mean = [Float](repeating: 0, count: 8)
    var examples = 0
    for index in 0..<3 {
      let part = try await trainer.group(index).gradient(weights)
      Kernels.axpy(Float(part.examples) / 24, part.gradient, &mean)
      examples += part.examples
    }
    #expect(examples == 24 && Kernels.squaredDistance(mean, whole.gradient) < 1e-10)
    await trainer.stop()
  }

  @Test func aGroupHasAGradientAlone() async throws {
    let group = try await workshop.start("good").group(1)
    let weights = try await group.initialWeights(seed: 1)
    #expect(try await failure { try await group.evaluate(weights) }.contains("gradient only"))
    let configuration = TrainingConfiguration(.steps(1), learningRate: 0.1)
    #expect(try await failure { try await group.train(weights, configuration) }.contains("gradient only"))
  }

  @Test func wrongArgumentsNeverReachTheTrainer() async throws {
    let trainer = try await workshop.start("good")
    await #expect(throws: LearningError.weightCountMismatch(expected: 8, found: 7)) {
      try await trainer.evaluate([Float](repeating: 0, count: 7))
    }
    await #expect(throws: LearningError.weightNotFinite(index: 3)) {
      try await trainer.gradient([0, 0, 0, .nan, 0, 0, 0, 0])
    }
    await #expect(throws: LearningError.self) {
      let configuration = TrainingConfiguration(.steps(-1), learningRate: 0.1)
      return try await trainer.train([Float](repeating: 0, count: 8), configuration)
    }
  }

  @Test(arguments: [0, -1, .nan, .infinity, 1e300] as [Double])
  func limitsOutsideTheirRangeAreRefused(_ seconds: Double) async throws {
    let changes: [@Sendable (inout TrainerLimits) -> Void] = [
      { $0.startSeconds = seconds }, { $0.trainSeconds = seconds }, { $0.judgeSeconds = seconds },
      { $0.restSeconds = seconds == 0 ? -0.5 : seconds }, { $0.memoryBytes = -1 }, { $0.restarts = -1 },
    ]
    for change in changes {
      await #expect(throws: LearningError.self) { try await workshop.start("good", Reports(), change) }
    }
  }

  private struct Surroundings: Decodable {
    let descriptors: [String]
    let blocked: UInt64
    let leads: Bool
    let folder: String
    let version: String
    let size: Int
  }

  /// Threads of tasks block signals, and this process has many descriptors: a trainer inherits none of both.
  @Test func aTrainerStartsWithCleanSurroundings() async throws {
    let trainer = try await workshop.start("inspect")
    let found = try JSONDecoder().decode(Surroundings.self, from: Data(trainer.name.utf8))
    // The fourth is the folder that is being listed.
    #expect(found.descriptors == ["0", "1", "2", "3", "4"])
    #expect(found.blocked == 0 && found.leads && found.version == "1" && found.size == 0)
    #expect(found.folder == workshop.path)
  }

  @Test func aCommandThatCannotBeStartedIsNamed() async throws {
    try workshop.write("plain", "print('x')", permissions: 0o644)
    try workshop.write("no-shebang", "")
    try workshop.write("lost", "#!/no/such/interpreter\n")
    let cases: [([String], String, String)] = [
      ([], workshop.path, "its command is empty"),
      (["no-such-program-anywhere"], workshop.path, "no program \"no-such-program-anywhere\" in PATH"),
      (["./none"], workshop.path, "there is no file"), (["./plain"], workshop.path, "cannot be executed"),
      (["/"], workshop.path, "cannot be executed"), (["./lost"], workshop.path, "first line"),
      (["./no-shebang"], workshop.path, "first line"),
      (["sh"], workshop.path + "/none", "there is no folder"),
      (["sh"], workshop.path + "/plain", "no folder"),
      (["sh", "a\0b"], workshop.path, "zero byte"),
    ]
    for (arguments, folder, part) in cases {
      let reason = try await failure {
        try await ProcessTrainer.start(TrainerCommand(arguments, folder: folder), expecting: nil) { _ in }
      }
      #expect(reason.contains(part), "\(arguments): \(reason)")
    }
  }

  @Test func aTrainerOfAnotherLayoutIsRefused() async throws {
    let layout = try ParameterLayout([("weight", [2, 3]), ("bias", [2])])
    for (way, part) in [
      ("other", "\"bias\" [2] is missing; \"offset\" [2] is not expected; \"weight\" [3, 2] should"),
      ("swapped", "the order differs"),
    ] {
      let reason = try await failure {
        try await ProcessTrainer.start(workshop.command(way), expecting: layout) { _ in }
      }
      #expect(reason.contains(part), "\(reason)")
    }
    let trainer = try await ProcessTrainer.start(workshop.command("good"), expecting: layout) { _ in }
    #expect(trainer.layout == layout)
  }

  @Test func severalTrainersWorkAtOnce() async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for seed in 0..<6 {
        group.addTask {
          let trainer = try await workshop.start("good")
          let weights = try await trainer.initialWeights(seed: UInt64(seed))
          // Calls of one trainer that come at once are answered in turn.
          async let first = trainer.gradient(weights)
          async let second = trainer.evaluate(weights)
          async let third = trainer.group(seed % 3).gradient(weights)
          #expect(abs(try await first.loss - second.loss) < 1e-12)
          #expect(try await third.examples < 24)
          await trainer.stop()
        }
      }
      try await group.waitForAll()
    }
  }

  @Test func tenMillionValuesComeAndGoUnharmed() async throws {
    let trainer = try await workshop.start("large")
    #expect(trainer.layout.count == 10_000_000)
    #expect(try await trainer.initialWeights(seed: 1) == [Float](repeating: 0.5, count: 10_000_000))
    var random = SeededRandom(seed: 94)
    let weights = (0..<10_000_000).map { _ in Float(random.uniform()) }
    let trained = try await trainer.train(weights, TrainingConfiguration(.steps(1), learningRate: 1))
    #expect(trained.weights == weights, "seed 94")
    let evaluation = try await trainer.evaluate(weights)
    #expect(evaluation.loss == Double(weights[0]) + Double(weights[9_999_999]), "seed 94")
    await trainer.stop()
  }
}
