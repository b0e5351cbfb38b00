import Numerics

/// Sets a test set and the validators' reference sets apart, before the rest is dealt out to contributors.
///
/// Each reference set holds equally many examples of every class; all the parts are disjoint.
public struct ReferenceSplit: Equatable, Sendable {
  /// The indices of each validator's reference set.
  public let references: [[Int]]
  /// The indices of the test set, drawn at random from what the reference sets leave.
  public let test: [Int]
  /// The indices of all other examples.
  public let training: [Int]

  /// Splits a data set.
  ///
  /// - Parameters:
  ///   - dataset: what to split.
  ///   - validators: how many reference sets to make, at least 0.
  ///   - examplesPerClass: how many examples of every class each of them gets, at least 1.
  ///   - testCount: how many examples the test set gets, at least 0.
  ///   - seed: decides which ones.
  /// - Throws: `LearningError.invalidPartition` if there are too few examples.
  public init(
    of dataset: Dataset, validators: Int, examplesPerClass: Int, testCount: Int, seed: UInt64
  ) throws(LearningError) {
    guard validators >= 0, examplesPerClass >= 1, testCount >= 0 else {
      throw .invalidPartition(
        reason: "\(validators) validators, \(examplesPerClass) examples a class and a test set of "
          + "\(testCount) must not be negative, and a class needs at least one example")
    }
    // Bounds the two before they are multiplied, and before memory is set aside for them.
    guard validators <= dataset.count, examplesPerClass <= dataset.count else {
      throw .invalidPartition(
        reason: "\(dataset.count) examples are too few for \(validators) reference sets with "
          + "\(examplesPerClass) examples of a class each")
    }
    let needed = validators * examplesPerClass
    var random = SeededRandom(seed: seed)
    var references = [[Int]](repeating: [], count: validators)
    var rest: [Int] = []
    for (label, var examples) in dataset.indicesByLabel.enumerated() {
      guard needed <= examples.count else {
        throw .invalidPartition(
          reason:
            "class \(label) has \(examples.count) examples, too few for \(validators) reference sets of "
            + "\(examplesPerClass); lower one of the two")
      }
      random.shuffle(&examples)
      for validator in references.indices {
        let start = validator * examplesPerClass
        references[validator] += examples[start..<(start + examplesPerClass)]
      }
      rest += examples[needed...]
    }
    guard testCount <= rest.count else {
      throw .invalidPartition(
        reason: "the reference sets leave \(rest.count) examples, too few for a test set of \(testCount)")
    }
    random.shuffle(&rest)
    self.references = references
    self.test = Array(rest[..<testCount])
    self.training = Array(rest[testCount...])
  }
}
