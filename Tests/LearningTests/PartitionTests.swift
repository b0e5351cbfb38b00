import Learning
import Numerics
import Testing

@Suite(.timeLimit(.minutes(10))) struct PartitionTests {
  private static let schemes: [PartitionScheme] = [
    .iid, .dirichletLabels(alpha: 0.1), .dirichletLabels(alpha: 10), .dirichletSizes(alpha: 0.1),
    .dirichletSizes(alpha: 10), .oneLabelPerNode, .dirichletLabels(alpha: 1e-6), .dirichletSizes(alpha: 1e-6),
  ]

  @Test(arguments: schemes, 0..<12 as Range<UInt64>)
  func everyExampleGoesToOneNode(scheme: PartitionScheme, seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let classes = 2 + random.integer(below: 9)
    let nodes = classes + random.integer(below: 20)
    let count = 12 * nodes + random.integer(below: 200)
    let dataset = try randomDataset(count: count, features: 1, classes: classes, seed: seed)
    let minimum = random.integer(below: 4)
    let partition = try Partition(scheme, of: dataset, nodes: nodes, minimumExamples: minimum, seed: seed)
    #expect(partition.nodes.count == nodes, "seed \(seed)")
    #expect(partition.nodes.flatMap(\.self).sorted() == Array(0..<count), "seed \(seed)")
    #expect(partition.nodes.allSatisfy { $0.count >= minimum }, "seed \(seed), minimum \(minimum)")
    let again = try Partition(scheme, of: dataset, nodes: nodes, minimumExamples: minimum, seed: seed)
    #expect(again == partition, "seed \(seed)")
    let other = try Partition(scheme, of: dataset, nodes: nodes, minimumExamples: minimum, seed: seed + 1_000)
    #expect(other != partition, "seed \(seed)")
  }

  @Test func identicalPartsDifferByOneAtMost() throws {
    let partition = try Partition(.iid, of: Digits.load(), nodes: 100, seed: 1)
    #expect(Set(partition.nodes.map(\.count)).isSubset(of: [17, 18]))
  }

  @Test func oneLabelPerNodeMeansOneLabel() throws {
    let digits = try Digits.load()
    for nodes in [10, 13, 100] {
      let parts = try Partition(.oneLabelPerNode, of: digits, nodes: nodes, seed: 2).datasets(from: digits)
      #expect(parts.allSatisfy { $0.labelCounts.count { $0 > 0 } == 1 }, "\(nodes) nodes")
      var held = Set<Int32>()
      for part in parts { held.formUnion(part.labels) }
      #expect(held.count == 10)
    }
  }

  @Test func smallAlphaSkewsLabels() throws {
    let digits = try Digits.load()
    func meanLargestShare(_ scheme: PartitionScheme) throws -> Double {
      let parts = try Partition(scheme, of: digits, nodes: 20, minimumExamples: 5, seed: 3).datasets(
        from: digits)
      return parts.map { Double($0.labelCounts.max() ?? 0) / Double($0.count) }.reduce(0, +) / 20
    }
    let skewed = try meanLargestShare(.dirichletLabels(alpha: 0.1))
    let mild = try meanLargestShare(.dirichletLabels(alpha: 100))
    #expect(skewed > 0.5)
    #expect(mild < 0.25)
  }

  @Test func smallAlphaSkewsSizes() throws {
    let digits = try Digits.load()
    func largest(_ alpha: Double) throws -> Int {
      try Partition(.dirichletSizes(alpha: alpha), of: digits, nodes: 20, seed: 4).nodes.map(\.count).max()
        ?? 0
    }
    #expect(try largest(0.1) > 300)
    #expect(try largest(1_000) < 120)
  }

  @Test func impossibleRequestsAreRefused() throws {
    let digits = try Digits.load()
    for (scheme, nodes, minimum) in [
      (.iid, 0, 1), (.iid, -1, 1), (.iid, 1_798, 1), (.iid, 100, 18), (.iid, 10, -1), (.iid, 10, Int.max),
      (.oneLabelPerNode, 9, 1), (.oneLabelPerNode, 11, 150), (.dirichletLabels(alpha: 0), 10, 1),
      (.dirichletLabels(alpha: .nan), 10, 1), (.dirichletSizes(alpha: -1), 10, 1),
      (.dirichletSizes(alpha: .infinity), 10, 1), (.iid, Int.max, 0), (.oneLabelPerNode, 1_798, 0),
    ] as [(PartitionScheme, Int, Int)] {
      #expect(throws: LearningError.self, "\(scheme), \(nodes) nodes, minimum \(minimum)") {
        try Partition(scheme, of: digits, nodes: nodes, minimumExamples: minimum, seed: 1)
      }
    }
  }

  @Test func emptyNodesMayBeAllowed() throws {
    let dataset = try randomDataset(count: 3, features: 1, classes: 2, seed: 5)
    let partition = try Partition(.iid, of: dataset, nodes: 7, minimumExamples: 0, seed: 6)
    #expect(partition.nodes.flatMap(\.self).sorted() == [0, 1, 2])
    #expect(partition.nodes.count == 7)
  }
}

@Suite(.timeLimit(.minutes(10))) struct ReferenceSplitTests {
  @Test(arguments: 0..<10 as Range<UInt64>)
  func partsAreDisjointCompleteAndBalanced(seed: UInt64) throws {
    let digits = try Digits.load()
    let split = try ReferenceSplit(of: digits, validators: 4, examplesPerClass: 6, testCount: 300, seed: seed)
    #expect(split.references.count == 4)
    for reference in split.references {
      #expect(try digits.subset(reference).labelCounts == [Int](repeating: 6, count: 10), "seed \(seed)")
    }
    #expect(split.test.count == 300)
    let all = split.references.flatMap(\.self) + split.test + split.training
    #expect(all.sorted() == Array(0..<1_797), "seed \(seed)")
  }

  @Test func tooFewExamplesAreRefused() throws {
    let digits = try Digits.load()
    for (validators, perClass, test) in [
      (4, 44, 0), (Int.max, 2, 0), (1, 10, 1_698), (-1, 1, 0), (1, 0, 0), (1, 1, -1),
    ] {
      #expect(throws: LearningError.self, "\(validators), \(perClass), \(test)") {
        try ReferenceSplit(
          of: digits, validators: validators, examplesPerClass: perClass, testCount: test, seed: 1)
      }
    }
    #expect(
      try ReferenceSplit(of: digits, validators: 0, examplesPerClass: 1, testCount: 0, seed: 1).training.count
        == 1_797)
  }
}
