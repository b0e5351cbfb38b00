/// How examples are dealt out to those who train, judge and measure.
public struct DealingPlan: Equatable, Sendable {
  /// How many validators get a reference set.
  public var validators = 4
  /// How many examples each of them has, in nearly equal numbers of every class.
  public var referenceExamplesPerValidator = 60
  /// How many examples accuracy is measured on.
  public var testExamples = 360
  /// How many contributors share the rest.
  public var contributors = 20
  /// How they share it.
  public var partition = PartitionScheme.dirichletLabels(alpha: 0.3)
  /// What only some of them share; nil for nothing.
  public var rareLabels: RareLabels?
  /// Decides who gets which.
  public var seed: UInt64 = 7

  /// The defaults.
  public init() {}
}

/// Labels whose examples only some contributors hold, beside what they hold of the others.
public struct RareLabels: Equatable, Sendable {
  /// The labels.
  public let labels: Set<Int32>
  /// The indices of the contributors that hold them.
  public let holders: [Int]

  /// Gives labels to some contributors alone.
  public init(_ labels: Set<Int32>, holders: [Int]) {
    self.labels = labels
    self.holders = holders
  }
}

/// Examples, dealt out: who trains, judges and measures with which.
///
/// Runs that differ only in who attacks, or in the rule of their merges, share one: dealing out a large data
/// set takes longer than many a window.
public struct DealtData: Sendable {
  /// One share of the examples.
  public struct Part: Sendable {
    /// The examples' places in the source, in the order in which the part holds them.
    public let indices: [Int]
    /// Where they come from. All parts share it, so that thousands of them take little more than their
    /// indices.
    public let source: Dataset

    fileprivate init(_ indices: [Int], of source: Dataset) {
      self.indices = indices
      self.source = source
    }

    /// A copy of the examples.
    public var examples: Dataset { source.subset(inRange: indices) }
  }

  /// What accuracy is measured on. The other parts have none of it.
  public let test: Part
  /// A reference set a validator.
  public let references: [Part]
  /// A share a contributor.
  public let contributors: [Part]
  /// What a backdoor would be planted with.
  public let trigger: PixelTrigger

  private static let leastExamplesOfContributor = 2

  /// Deals examples out. One plan gives one outcome on a machine.
  ///
  /// - Throws: `LearningError` if there are too few
  public init(_ plan: DealingPlan, of source: Dataset) throws(LearningError) {
    let split = try ReferenceSplit(
      of: source, validators: plan.validators,
      examplesPerClass: max(1, plan.referenceExamplesPerValidator / source.classCount),
      testCount: plan.testExamples, seed: plan.seed)
    let training = try source.subset(split.training)
    trigger = PixelTrigger(on: training)
    test = Part(split.test, of: source)
    references = split.references.map { Part($0, of: source) }
    contributors = try Self.parts(plan, split.training, training, of: source).map { Part($0, of: source) }
  }

  /// The indices of each contributor's examples.
  ///
  /// - Parameters:
  ///   - training: the indices of all of theirs
  ///   - examples: those examples
  private static func parts(
    _ plan: DealingPlan, _ training: [Int], _ examples: Dataset, of source: Dataset
  ) throws(LearningError) -> [[Int]] {
    func deal(
      _ indices: [Int], _ examples: Dataset, to nodes: Int, atLeast minimum: Int
    ) throws(LearningError) -> [[Int]] {
      let partition = try Partition(
        plan.partition, of: examples, nodes: nodes, minimumExamples: minimum, seed: plan.seed)
      return partition.nodes.map { node in node.map { indices[$0] } }
    }
    guard let rare = plan.rareLabels else {
      return try deal(training, examples, to: plan.contributors, atLeast: leastExamplesOfContributor)
    }
    if case .sampled = plan.partition {
      throw .invalidPartition(reason: "contributors that draw samples hold any label; deal the data out")
    }
    let common = training.filter { !rare.labels.contains(source.labels[$0]) }
    var parts = try deal(
      common, try source.subset(common), to: plan.contributors, atLeast: leastExamplesOfContributor)
    let scarce = training.filter { rare.labels.contains(source.labels[$0]) }
    let held = try deal(scarce, try source.subset(scarce), to: rare.holders.count, atLeast: 0)
    for (holder, part) in zip(rare.holders, held) { parts[holder] += part }
    return parts
  }
}
