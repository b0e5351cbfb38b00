/// Reads IDX, the format of MNIST: big-endian dimensions, then unsigned bytes.
///
/// ```swift
/// let dataset = try IDX.dataset(images: imageBytes, labels: labelBytes)
/// ```
public enum IDX {
  /// A tensor of bytes.
  public struct Tensor: Equatable, Sendable {
    /// Its dimensions, outermost first; their product is `values.count`.
    public let shape: [Int]
    /// Its values, row-major.
    public let values: [UInt8]
  }

  /// The most values that a file may hold.
  public static let maximumValues = 1 << 30
  /// The most dimensions that a file may have.
  public static let maximumRank = 4

  private static let unsignedByteCode: UInt8 = 8
  private static let brightestPixel: Float = 255

  /// Reads a whole file, already decompressed.
  ///
  /// - Throws: `LearningError.invalidIDX` for another format or element type, a size that does not match the
  ///   dimensions, or more values than `maximumValues`.
  public static func parse(_ bytes: [UInt8]) throws(LearningError) -> Tensor {
    guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0 else {
      throw .invalidIDX(
        byteOffset: 0, reason: "the file does not begin with two zeros; is it still compressed?")
    }
    guard bytes[2] == unsignedByteCode else {
      throw .invalidIDX(
        byteOffset: 2, reason: "element type \(bytes[2]) is not supported; only unsigned bytes (8) are")
    }
    let rank = Int(bytes[3])
    guard (1...maximumRank).contains(rank) else {
      throw .invalidIDX(byteOffset: 3, reason: "\(rank) dimensions; there must be 1 to \(maximumRank)")
    }
    let headerBytes = 4 + 4 * rank
    guard bytes.count >= headerBytes else {
      throw .invalidIDX(
        byteOffset: bytes.count, reason: "the file ends within its \(headerBytes)-byte header")
    }
    var shape: [Int] = []
    var count = 1
    for offset in stride(from: 4, to: headerBytes, by: 4) {
      let size = bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | Int($1) }
      // Below 2^30 * 2^32, so the product itself cannot overflow.
      count *= size
      guard count <= maximumValues else {
        throw .invalidIDX(
          byteOffset: offset, reason: "the dimensions ask for more than \(maximumValues) values")
      }
      shape.append(size)
    }
    guard bytes.count - headerBytes == count else {
      throw .invalidIDX(
        byteOffset: min(bytes.count, headerBytes + count),
        reason:
          "the dimensions \(shape) need \(count) values, and \(bytes.count - headerBytes) follow the header")
    }
    return Tensor(shape: shape, values: Array(bytes[headerBytes...]))
  }

  /// Images and labels as a data set, with pixels scaled to 0...1.
  ///
  /// - Parameters:
  ///   - images: an IDX file whose first dimension counts the images.
  ///   - labels: an IDX file of one dimension, a label for each image.
  ///   - classCount: how many classes there are.
  public static func dataset(
    images: [UInt8], labels: [UInt8], classCount: Int = 10
  ) throws(LearningError) -> Dataset {
    let images = try parse(images)
    let labels = try parse(labels)
    guard images.shape.count >= 2, labels.shape.count == 1, images.shape[0] == labels.shape[0] else {
      throw .datasetMismatch(
        reason: "images of shape \(images.shape) do not go with labels of shape \(labels.shape)")
    }
    return try Dataset(
      features: images.values.map { Float($0) / brightestPixel },
      featureCount: images.shape.dropFirst().reduce(1, *),
      labels: labels.values.map(Int32.init), classCount: classCount)
  }
}
