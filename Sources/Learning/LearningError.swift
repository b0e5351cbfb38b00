/// What can go wrong in training, judging and reading data.
public enum LearningError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A trainer's name cannot be read, or describes a model beyond the limits.
  case invalidSpecification(String, reason: String)
  /// A training configuration makes no sense.
  case invalidConfiguration(reason: String)
  /// Weights of another model.
  case weightCountMismatch(expected: Int, found: Int)
  /// A weight is infinite or not a number.
  case weightNotFinite(index: Int)
  /// The loss became infinite or not a number.
  case lossNotFinite(step: Int)
  /// The task around a training run was cancelled.
  case cancelled
  /// There is no example to work with.
  case emptyDataset
  /// A data set's parts do not fit together, or do not fit the model.
  case datasetMismatch(reason: String)
  /// A label is negative, or not below the number of classes.
  case labelOutOfRange(example: Int, label: Int, classCount: Int)
  /// A feature is infinite or not a number.
  case featureNotFinite(example: Int, feature: Int)
  /// There is no example of that index.
  case exampleOutOfRange(index: Int, count: Int)
  /// Examples cannot be split as asked.
  case invalidPartition(reason: String)
  /// An IDX file is damaged or not what was expected.
  case invalidIDX(byteOffset: Int, reason: String)
  /// A CSV file cannot be read; lines and columns count from 1, and line 0 is the file as a whole.
  case invalidCSV(line: Int, column: Int, reason: String)
  /// A safetensors file is damaged, or not for the model.
  case invalidSafetensors(reason: String)
  /// Gzip data is damaged, or holds more than allowed.
  case invalidGzip(reason: String)
  /// An external trainer failed.
  case trainerFailed(reason: String)

  /// What is wrong, where, and what to do about it.
  public var description: String {
    switch self {
    case .invalidSpecification(let text, let reason): "trainer \"\(text.prefix(80))\": \(reason)"
    case .invalidConfiguration(let reason): "training configuration: \(reason)"
    case .weightCountMismatch(let expected, let found):
      "the model has \(expected) parameters, but \(found) weights were given; check that they are of one task"
    case .weightNotFinite(let index): "weight \(index) is not finite; start from another version"
    case .lossNotFinite(let step): "the loss is not finite at step \(step); lower the learning rate"
    case .cancelled: "training was cancelled"
    case .emptyDataset: "the data set has no examples; give it at least one"
    case .datasetMismatch(let reason): "data set: \(reason)"
    case .labelOutOfRange(let example, let label, let classCount):
      "example \(example) has label \(label), but labels must lie in 0..<\(classCount)"
    case .featureNotFinite(let example, let feature):
      "feature \(feature) of example \(example) is not finite; clean the data first"
    case .exampleOutOfRange(let index, let count): "there is no example \(index) among \(count)"
    case .invalidPartition(let reason): "partition: \(reason)"
    case .invalidIDX(let byteOffset, let reason): "IDX data, byte \(byteOffset): \(reason)"
    case .invalidCSV(let line, let column, let reason):
      line == 0 ? "CSV data: \(reason)" : "CSV data, line \(line), column \(column): \(reason)"
    case .invalidSafetensors(let reason): "safetensors: \(reason)"
    case .invalidGzip(let reason): "gzip data: \(reason)"
    case .trainerFailed(let reason): "the trainer failed: \(reason)"
    }
  }
}
