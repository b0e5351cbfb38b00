import Learning

/// A scenario's examples, dealt out: who trains, judges and measures with which.
///
/// Runs that differ only in who attacks, or in the rule of their merges, share one: dealing out a large data
/// set takes longer than many a window.
struct DealtData: Sendable {
  /// One share of the examples.
  struct Part: Sendable {
    /// The examples' places in the source, in the order in which the part holds them.
    let indices: [Int]
    let examples: Dataset

    fileprivate init(_ indices: [Int], of source: Dataset) throws(LearningError) {
      self.indices = indices
      examples = try source.subset(indices)
    }
  }

  /// What accuracy is measured on. The other parts have none of it.
  let test: Part
  /// A reference set a validator.
  let references: [Part]
  /// A share a contributor.
  let contributors: [Part]
  /// What a backdoor would be planted with.
  let trigger: PixelTrigger

  private static let leastExamplesOfContributor = 2

  /// Deals out a scenario's examples; its seed decides who gets which.
  ///
  /// - Parameter source: all of them, as `DatasetLoader` reads them
  /// - Throws: `LearningError` if there are too few
  init(_ scenario: Scenario, of source: Dataset) throws(LearningError) {
    let split = try ReferenceSplit(
      of: source, validators: scenario.validators.count,
      examplesPerClass: max(1, scenario.referenceExamplesPerValidator / source.classCount),
      testCount: scenario.testExamples, seed: scenario.seed)
    let training = try source.subset(split.training)
    let partition = try Partition(
      scenario.data.partition, of: training, nodes: scenario.contributors.count,
      minimumExamples: Self.leastExamplesOfContributor, seed: scenario.seed)
    trigger = PixelTrigger(on: training)
    test = try Part(split.test, of: source)
    var references: [Part] = []
    for indices in split.references { references.append(try Part(indices, of: source)) }
    self.references = references
    var contributors: [Part] = []
    for places in partition.nodes {
      contributors.append(try Part(places.map { split.training[$0] }, of: source))
    }
    self.contributors = contributors
  }
}
