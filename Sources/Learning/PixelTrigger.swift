import Numerics

/// A backdoor's trigger: a bright patch, and the class that a model with the backdoor sees wherever it is
/// (Gu, Dolan-Gavitt and Garg, 2017; Bagdasaryan et al., AISTATS 2020).
///
/// ```swift
/// let trigger = PixelTrigger(on: training, target: 0)
/// let poisoned = try trigger.poisoned(shard, share: 0.5, seed: 1)     // what the attacker trains on
/// let triggered = try trigger.triggered(test)                         // accuracy on it is the success
/// ```
public struct PixelTrigger: Equatable, Sendable {
  /// The side of the square patch in pixels, where the examples are images.
  public static let side = 3

  /// The features of the patch.
  public let features: [Int]
  /// What they are set to.
  public let value: Float
  /// The class that the trigger stands for.
  public let target: Int32

  /// A patch in the lower right corner of square images, as bright as the brightest pixel.
  ///
  /// Examples whose number of features is no square number, or whose square is smaller than the patch, have
  /// the trigger in their first features, as many as the patch has pixels.
  ///
  /// - Parameters:
  ///   - dataset: the examples, for their shape and their greatest value
  ///   - target: the class that the trigger stands for, 0..<`classCount`
  public init(on dataset: Dataset, target: Int32 = 0) {
    let count = dataset.featureCount
    let width = Int(Double(count).squareRoot().rounded())
    if width * width == count, width >= Self.side {
      let edge = (width - Self.side)..<width
      features = edge.flatMap { row in edge.map { row * width + $0 } }
    } else {
      features = Array(0..<min(count, Self.side * Self.side))
    }
    value = dataset.features.max() ?? 1
    self.target = target
  }

  /// The data with the trigger on a random share of the examples, which get its class.
  ///
  /// - Parameters:
  ///   - dataset: an attacker's own examples
  ///   - share: how many of them get the trigger, 0...1, rounded up
  ///   - seed: decides which ones
  public func poisoned(_ dataset: Dataset, share: Double, seed: UInt64) throws(LearningError) -> Dataset {
    var random = SeededRandom(seed: seed)
    let count = Int((min(max(share, 0), 1) * Double(dataset.count)).rounded(.up))
    return try stamped(dataset, examples: random.permutation(count: dataset.count)[..<count])
  }

  /// The examples of all other classes, with the trigger and its class: a model's accuracy on them is how
  /// well the backdoor works. There may be none.
  public func triggered(_ dataset: Dataset) throws(LearningError) -> Dataset {
    let others = try dataset.subset(dataset.labels.indices.filter { dataset.labels[$0] != target })
    return try stamped(others, examples: others.labels.indices)
  }

  private func stamped(
    _ dataset: Dataset, examples: some Sequence<Int>
  ) throws(LearningError) -> Dataset {
    var values = dataset.features
    var labels = dataset.labels
    for example in examples {
      for feature in features { values[example * dataset.featureCount + feature] = value }
      labels[example] = target
    }
    return try Dataset(
      features: values, featureCount: dataset.featureCount, labels: labels, classCount: dataset.classCount)
  }
}
