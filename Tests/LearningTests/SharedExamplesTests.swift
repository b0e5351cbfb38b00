import Learning
import Numerics
import Testing

/// Trainers that share one data set, and nodes that draw from it.
struct SharedExamplesTests {
  @Test(arguments: 1...6 as ClosedRange<UInt64>) func rowsAreAsGoodAsACopy(_ seed: UInt64) async throws {
    var random = SeededRandom(seed: seed)
    let dataset = try randomDataset(count: 700, features: 5, classes: 3, seed: seed)
    let rows = random.sample(1 + random.integer(below: 600), of: dataset.count)
    let specification = try ModelSpecification.perceptron(features: 5, hidden: [7], classes: 3)
    let shared = try NativeTrainer(specification, dataset, rows: rows)
    let copied = try NativeTrainer(specification, try dataset.subset(rows))
    #expect(shared.exampleCount == rows.count)
    let start = try shared.initialWeights(seed: seed)
    let configuration = TrainingConfiguration(.epochs(2), batchSize: 8, learningRate: 0.1, seed: seed)
    let trained = try await shared.train(start, configuration)
    #expect(try await copied.train(start, configuration) == trained, "seed \(seed)")
    #expect(try await shared.evaluate(trained.weights) == copied.evaluate(trained.weights), "seed \(seed)")
    #expect(try await shared.gradient(trained.weights) == copied.gradient(trained.weights), "seed \(seed)")
  }

  @Test func rowsOutOfRangeAreRefused() throws {
    let dataset = try randomDataset(count: 4, features: 3, classes: 2, seed: 1)
    let specification = try ModelSpecification.softmax(features: 3, classes: 2)
    for rows in [[0, 4], [-1]] {
      #expect(throws: LearningError.exampleOutOfRange(index: rows.first { $0 != 0 } ?? 0, count: 4)) {
        try NativeTrainer(specification, dataset, rows: rows)
      }
    }
    #expect(throws: LearningError.emptyDataset) { try NativeTrainer(specification, dataset, rows: []) }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>) func samplesHoldNothingTwice(_ seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let count = 2 + random.integer(below: 200)
    let drawn = 1 + random.integer(below: count)
    let dataset = try randomDataset(count: count, features: 1, classes: 2, seed: seed)
    let partition = try Partition(.sampled(examples: drawn), of: dataset, nodes: 30, seed: seed)
    #expect(partition.nodes.count == 30)
    for node in partition.nodes {
      #expect(node.count == drawn && Set(node).count == drawn, "seed \(seed)")
      #expect(node.allSatisfy { (0..<count).contains($0) }, "seed \(seed)")
    }
    #expect(try Partition(.sampled(examples: drawn), of: dataset, nodes: 30, seed: seed) == partition)
    #expect(throws: LearningError.self) {
      try Partition(.sampled(examples: count + 1), of: dataset, nodes: 2, seed: seed)
    }
  }

  @Test func everyExampleIsAlikeLikely() {
    var random = SeededRandom(seed: 3)
    var counts = [Int](repeating: 0, count: 10)
    for _ in 0..<10_000 {
      for number in random.sample(3, of: 10) { counts[number] += 1 }
    }
    // Each is expected 3,000 times, with a deviation of 46.
    #expect(counts.allSatisfy { abs($0 - 3_000) < 250 }, "\(counts)")
  }
}
