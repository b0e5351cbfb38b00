import Learning
import Testing

@Suite(.timeLimit(.minutes(10))) struct DatasetTests {
  @Test func digitsAreWhatTheirSourceSays() throws {
    let digits = try Digits.load()
    #expect(digits.count == 1_797)
    #expect(digits.featureCount == 64)
    #expect(digits.classCount == 10)
    // The class counts that scikit-learn documents for its copy.
    #expect(digits.labelCounts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
    #expect(digits.features.min() == 0)
    #expect(digits.features.max() == 1)
    // The first image is a zero, whose first row is 0 0 5 13 9 1 0 0.
    #expect(digits.labels[0] == 0)
    #expect(digits.features(of: 0).prefix(8).map { $0 * 16 } == [0, 0, 5, 13, 9, 1, 0, 0])
    #expect(Array(digits.labels.suffix(5)) == [9, 0, 8, 9, 8])
  }

  @Test func partsThatDoNotFitAreRefused() {
    func build(_ features: [Float], _ width: Int, _ labels: [Int32], _ classes: Int) throws {
      _ = try Dataset(features: features, featureCount: width, labels: labels, classCount: classes)
    }
    #expect(throws: LearningError.self) { try build([1, 2, 3], 2, [0], 2) }
    #expect(throws: LearningError.self) { try build([], 0, [], 2) }
    #expect(throws: LearningError.self) { try build([1], -1, [0], 2) }
    #expect(throws: LearningError.self) { try build([1], 1, [0], 1) }
    #expect(throws: LearningError.self) { try build([1, 2], Int.max, [0, 1], 2) }
    #expect(throws: LearningError.labelOutOfRange(example: 1, label: 2, classCount: 2)) {
      try build([1, 2], 1, [0, 2], 2)
    }
    #expect(throws: LearningError.labelOutOfRange(example: 0, label: -1, classCount: 2)) {
      try build([1], 1, [-1], 2)
    }
    #expect(throws: LearningError.featureNotFinite(example: 1, feature: 0)) {
      try build([1, 2, .nan, 4], 2, [0, 1], 2)
    }
  }

  @Test func subsetsKeepOrderAndRepeat() throws {
    let dataset = try Dataset(
      features: [1, 2, 3, 4, 5, 6], featureCount: 2, labels: [0, 1, 2], classCount: 3)
    let subset = try dataset.subset([2, 0, 2])
    #expect(subset.features == [5, 6, 1, 2, 5, 6])
    #expect(subset.labels == [2, 0, 2])
    #expect(subset.classCount == 3)
    #expect(throws: LearningError.exampleOutOfRange(index: 3, count: 3)) { try dataset.subset([0, 3]) }
    #expect(throws: LearningError.exampleOutOfRange(index: -1, count: 3)) { try dataset.subset([-1]) }
  }

  @Test func relabellingMapsClasses() throws {
    let dataset = try Dataset(features: [1, 2, 3], featureCount: 1, labels: [0, 1, 2], classCount: 3)
    #expect(try dataset.relabelled([2, 1, 0]).labels == [2, 1, 0])
    #expect(throws: LearningError.self) { try dataset.relabelled([0, 1]) }
    #expect(throws: LearningError.self) { try dataset.relabelled([0, 1, 3]) }
  }

  @Test func splittingLosesNothing() throws {
    let dataset = try randomDataset(count: 50, features: 1, classes: 3, seed: 91)
    for count in [0, 1, 25, 50] {
      let (first, rest) = try dataset.split(first: count, seed: 4)
      #expect(first.count == count)
      #expect((first.features + rest.features).sorted() == dataset.features.sorted())
    }
    #expect(throws: LearningError.self) { try dataset.split(first: 51, seed: 4) }
  }
}
