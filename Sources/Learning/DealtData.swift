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
  /// Decides who gets which.
  public var seed: UInt64 = 7

  /// The defaults.
  public init() {}
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
    let partition = try Partition(
      plan.partition, of: training, nodes: plan.contributors,
      minimumExamples: Self.leastExamplesOfContributor, seed: plan.seed)
    trigger = PixelTrigger(on: training)
    test = Part(split.test, of: source)
    references = split.references.map { Part($0, of: source) }
    contributors = partition.nodes.map { Part($0.map { split.training[$0] }, of: source) }
  }
}
