private import CDigits

/// The UCI optical digits that come with the product: 1,797 images of 8 x 8 pixels in 10 classes.
///
/// Source, licence and format are described in `Sources/CDigits/README.md`.
public enum Digits {
  /// How many images there are.
  public static let count = 1_797
  /// How many pixels an image has.
  public static let featureCount = 64
  /// How many classes there are.
  public static let classCount = 10

  private static let headerBytes = 16
  private static let darkestPixel: Float = 16

  /// The images, with pixels scaled to 0 (white) ... 1 (black).
  public static func load() throws(LearningError) -> Dataset {
    // The C array lives as long as the program, and has as many bytes as its count says.
    let bytes = UnsafeBufferPointer(start: tributary_digits_bytes(), count: tributary_digits_count())
    let pixelCount = count * featureCount
    guard bytes.count == headerBytes + pixelCount + count, bytes.starts(with: "DIGITS01".utf8) else {
      throw .datasetMismatch(reason: "the embedded digits are not in the expected format; build again")
    }
    let pixels = bytes[headerBytes..<(headerBytes + pixelCount)]
    return try Dataset(
      features: pixels.map { Float($0) / darkestPixel }, featureCount: featureCount,
      labels: bytes[(headerBytes + pixelCount)...].map(Int32.init), classCount: classCount)
  }
}
