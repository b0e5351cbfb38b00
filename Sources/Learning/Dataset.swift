import Numerics

/// Labelled examples: a row-major matrix of features, and a class for each row.
public struct Dataset: Equatable, Sendable {
  /// The most classes that a data set may have.
  public static let maximumClasses = 65_536

  /// `count` x `featureCount` finite values, one example after another.
  public let features: [Float]
  /// How many numbers describe an example, at least 1.
  public let featureCount: Int
  /// The class of each example, 0..<`classCount`.
  public let labels: [Int32]
  /// How many classes there are, at least 2; not all of them need to occur.
  public let classCount: Int

  /// How many examples there are.
  public var count: Int { labels.count }

  /// Examples from a matrix and its labels; there may be none.
  ///
  /// - Throws: `LearningError` that names the first example at fault.
  public init(
    features: [Float], featureCount: Int, labels: [Int32], classCount: Int
  ) throws(LearningError) {
    guard featureCount >= 1 else {
      throw .datasetMismatch(reason: "an example needs at least one feature, not \(featureCount)")
    }
    guard (2...Self.maximumClasses).contains(classCount) else {
      throw .datasetMismatch(reason: "\(classCount) classes; there must be 2 to \(Self.maximumClasses)")
    }
    let (expected, overflows) = labels.count.multipliedReportingOverflow(by: featureCount)
    guard !overflows, features.count == expected else {
      throw .datasetMismatch(
        reason:
          "\(labels.count) labels with \(featureCount) features each do not match \(features.count) values")
    }
    if let example = labels.firstIndex(where: { $0 < 0 || Int($0) >= classCount }) {
      throw .labelOutOfRange(example: example, label: Int(labels[example]), classCount: classCount)
    }
    if !Kernels.allFinite(features), let index = features.firstIndex(where: { !$0.isFinite }) {
      throw .featureNotFinite(example: index / featureCount, feature: index % featureCount)
    }
    self.init(checkedFeatures: features, featureCount: featureCount, labels: labels, classCount: classCount)
  }

  private init(checkedFeatures: [Float], featureCount: Int, labels: [Int32], classCount: Int) {
    self.features = checkedFeatures
    self.featureCount = featureCount
    self.labels = labels
    self.classCount = classCount
  }
}

extension Dataset {
  /// The features of one example.
  ///
  /// - Parameter index: 0..<`count`.
  public func features(of index: Int) -> ArraySlice<Float> {
    features[(index * featureCount)..<((index + 1) * featureCount)]
  }

  /// The examples of these indices, in this order; an index may repeat.
  public func subset(_ indices: some Sequence<Int>) throws(LearningError) -> Dataset {
    let indices = Array(indices)
    for index in indices where !labels.indices.contains(index) {
      throw .exampleOutOfRange(index: index, count: count)
    }
    return subset(inRange: indices)
  }

  /// The examples of indices that are known to be in range.
  func subset(inRange indices: [Int]) -> Dataset {
    var chosen: [Float] = []
    var classes: [Int32] = []
    chosen.reserveCapacity(indices.count * featureCount)
    for index in indices {
      chosen.append(contentsOf: features(of: index))
      classes.append(labels[index])
    }
    return Dataset(
      checkedFeatures: chosen, featureCount: featureCount, labels: classes, classCount: classCount)
  }

  /// The same examples with other labels, as a label-flipping attacker would give them.
  ///
  /// - Parameter map: the new class of each old one: `classCount` values, 0..<`classCount`.
  public func relabelled(_ map: [Int32]) throws(LearningError) -> Dataset {
    guard map.count == classCount else {
      throw .datasetMismatch(reason: "the map names \(map.count) classes, and there are \(classCount)")
    }
    return try Dataset(
      features: features, featureCount: featureCount, labels: labels.map { map[Int($0)] },
      classCount: classCount)
  }

  /// A random split: `count` examples, and the rest.
  ///
  /// - Parameters:
  ///   - count: how many examples the first part gets, 0...`self.count`.
  ///   - seed: decides which ones.
  public func split(first count: Int, seed: UInt64) throws(LearningError) -> (first: Dataset, rest: Dataset) {
    guard (0...self.count).contains(count) else {
      throw .invalidPartition(reason: "cannot take \(count) of \(self.count) examples")
    }
    var random = SeededRandom(seed: seed)
    let order = random.permutation(count: self.count)
    return (try subset(order[..<count]), try subset(order[count...]))
  }

  /// How many examples each class has; `classCount` values.
  public var labelCounts: [Int] {
    var counts = [Int](repeating: 0, count: classCount)
    for label in labels { counts[Int(label)] += 1 }
    return counts
  }

  /// The indices of each class's examples, ascending; `classCount` lists.
  public var indicesByLabel: [[Int]] {
    var indices = [[Int]](repeating: [], count: classCount)
    for (index, label) in labels.enumerated() { indices[Int(label)].append(index) }
    return indices
  }
}

extension Dataset: CustomStringConvertible {
  /// One line: size, features, and how many examples each class that occurs has.
  public var description: String {
    let counts = labelCounts.enumerated().filter { $0.element > 0 }.map { "\($0.offset): \($0.element)" }
    return "\(count) examples of \(featureCount) features, labels {\(counts.joined(separator: ", "))}"
  }
}
