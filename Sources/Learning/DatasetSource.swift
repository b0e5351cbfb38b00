/// Where examples come from.
public enum DatasetSource: Equatable, Sendable {
  /// The UCI optical digits that come with the product.
  case digits
  /// IDX files, such as MNIST's, as they are or compressed with gzip.
  case idx(images: String, labels: String)
  /// Comma-separated values. A label column that is named needs a header; one that is numbered has none.
  case csv(path: String, label: CSV.LabelColumn)
}
