import Numerics

// A name is the architecture and, in brackets, what its layers have: a plain number for the units of a layer,
// numbers with an x between them for the size of an image, or of a convolution's patches and channels.
extension ModelSpecification {
  /// Reads a name, and refuses any spelling but the canonical one.
  static func layers(
    parsing text: String
  ) throws(LearningError) -> (architecture: Architecture, layers: [LayerShape]) {
    guard text.utf8.count <= maximumNameBytes else {
      throw .invalidSpecification(text, reason: "the name is longer than \(maximumNameBytes) bytes")
    }
    guard
      let open = text.firstIndex(of: "("), text.hasSuffix(")"),
      let architecture = Architecture(rawValue: String(text[..<open]))
    else {
      throw .invalidSpecification(
        text,
        reason: "expected softmax(features,classes), mlp(features,...,classes) "
          + "or conv(HxWxC,KxKxC,...,classes)")
    }
    let fields = try fields(text[text.index(after: open)...].dropLast(), of: text)
    let layers: [LayerShape]
    switch architecture {
    case .softmax, .perceptron: layers = try affine(fields[...], of: text)
    case .convolutional: layers = try convolutional(fields, of: text)
    }
    let hidden = layers.count - 1
    switch architecture {
    case .softmax where hidden != 0:
      throw .invalidSpecification(text, reason: "softmax takes two sizes: features and classes")
    case .perceptron where !(1...maximumHiddenLayers).contains(hidden),
      .convolutional where hidden > maximumHiddenLayers:
      throw .invalidSpecification(
        text, reason: "the model needs 1 to \(maximumHiddenLayers) hidden layers")
    default: break
    }
    return (architecture, layers)
  }

  /// The numbers of each field.
  private static func fields(_ list: Substring, of text: String) throws(LearningError) -> [[Int]] {
    var fields: [[Int]] = []
    for field in list.split(separator: ",", omittingEmptySubsequences: false) {
      var numbers: [Int] = []
      for word in field.split(separator: "x", omittingEmptySubsequences: false) {
        // Comparing with what would be printed refuses signs, leading zeros and spaces at one stroke.
        guard let number = Int(word), String(number) == word else {
          throw .invalidSpecification(text, reason: "\"\(word)\" is not a plain whole number")
        }
        guard (1...maximumWidth).contains(number) else {
          throw .invalidSpecification(text, reason: "every size must lie in 1...\(maximumWidth)")
        }
        numbers.append(number)
      }
      fields.append(numbers)
    }
    return fields
  }

  /// Affine layers from each width to the next, the last of them the classes.
  private static func affine(
    _ fields: ArraySlice<[Int]>, of text: String
  ) throws(LearningError) -> [LayerShape] {
    guard fields.allSatisfy({ $0.count == 1 }) else {
      throw .invalidSpecification(text, reason: "the units of a layer are one plain number")
    }
    let widths = fields.map { $0[0] }
    guard widths.count >= 2, let classes = widths.last, classes >= 2 else {
      throw .invalidSpecification(text, reason: "a classifier needs features and at least 2 classes")
    }
    return zip(widths, widths.dropFirst()).map { .affine(inputs: $0, outputs: $1) }
  }

  private static func convolutional(_ fields: [[Int]], of text: String) throws(LearningError) -> [LayerShape]
  {
    let sizes = fields.prefix { $0.count == 3 }
    guard sizes.count >= 2 else {
      throw .invalidSpecification(
        text, reason: "conv takes an image, such as 28x28x1, then convolutions, such as 3x3x8")
    }
    var (height, width, channels) = (sizes[0][0], sizes[0][1], sizes[0][2])
    var layers: [LayerShape] = []
    for size in sizes.dropFirst() {
      guard size[0] == size[1], size[0] % 2 == 1, size[0] <= maximumPatchSide else {
        throw .invalidSpecification(
          text, reason: "a patch is a square with an odd side of at most \(maximumPatchSide) pixels")
      }
      guard min(height, width) >= 2 else {
        throw .invalidSpecification(text, reason: "nothing is left of the image to be halved")
      }
      let grid = PatchGrid(height: height, width: width, channels: channels, side: size[0])
      layers.append(.convolution(grid, channels: size[2]))
      (height, width, channels) = (height / 2, width / 2, size[2])
    }
    // Each factor is at most 2^20, so that the products fit.
    guard layers.allSatisfy({ max($0.inputs, $0.outputs) <= maximumWidth }) else {
      throw .invalidSpecification(text, reason: "an image has at most \(maximumWidth) values")
    }
    return layers + (try affine([[height * width * channels]] + fields[sizes.count...], of: text))
  }
}
