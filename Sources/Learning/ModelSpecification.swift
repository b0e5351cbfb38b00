public import Numerics

/// A native model by its shape, with one short canonical name for the ledger.
///
/// - `softmax(64,10)` is multinomial logistic regression from 64 features to 10 classes.
/// - `mlp(64,128,32,10)` is a multilayer perceptron with rectified hidden layers of 128 and 32 units.
/// - `conv(28x28x1,3x3x16,5x5x32,64,10)` takes images of 28 by 28 pixels with one channel. Convolutions
///   of 3 by 3 pixels to 16 channels and of 5 by 5 to 32, each rectified and halved by pooling, are followed
///   by a rectified hidden layer of 64 units and by 10 classes. An example's features are its pixels row by
///   row, a pixel's channels side by side.
///
/// ```swift
/// let specification = try ModelSpecification(parsing: "mlp(64,128,10)")
/// specification.layout.count        // 64 * 128 + 128 + 128 * 10 + 10
/// ```
public struct ModelSpecification: Sendable {
  /// The kinds of native model.
  public enum Architecture: String, CaseIterable, Sendable {
    /// Softmax regression: one affine layer.
    case softmax
    /// A multilayer perceptron: affine layers with rectifiers between them.
    case perceptron = "mlp"
    /// A convolutional net: convolutions, then affine layers with rectifiers between them.
    case convolutional = "conv"
  }

  /// The most units that one layer may have, features and classes included.
  public static let maximumWidth = 1 << 20
  /// The most hidden layers that a perceptron may have, convolutions included.
  public static let maximumHiddenLayers = 16
  /// The greatest side of a convolution's patches in pixels.
  public static let maximumPatchSide = 15
  /// The most parameters that a native model may have.
  public static let maximumParameters = 1 << 28
  /// The longest name that is read, in UTF-8 bytes.
  public static let maximumNameBytes = 256

  /// The canonical name.
  public let description: String
  /// The kind of model.
  public let architecture: Architecture
  /// The layers, from the features to the classes.
  public let layers: [LayerShape]
  /// `layers.N.weight` and `layers.N.bias` of each layer in turn; see `LayerShape.weightShape`.
  public let layout: ParameterLayout

  /// How many numbers describe an example.
  public var featureCount: Int { layers[0].inputs }
  /// How many classes the model tells apart.
  public var classCount: Int { layers[layers.count - 1].outputs }

  /// Softmax regression.
  public static func softmax(features: Int, classes: Int) throws(LearningError) -> ModelSpecification {
    try ModelSpecification(parsing: "softmax(\(features),\(classes))")
  }

  /// A multilayer perceptron with at least one hidden layer.
  public static func perceptron(
    features: Int, hidden: [Int], classes: Int
  ) throws(LearningError) -> ModelSpecification {
    let widths = ([features] + hidden + [classes]).map(String.init)
    return try ModelSpecification(parsing: "mlp(\(widths.joined(separator: ",")))")
  }

  /// Reads a canonical name, and refuses any other spelling of it.
  public init(parsing text: String) throws(LearningError) {
    let (architecture, layers) = try Self.layers(parsing: text)
    var tensors: [(name: String, shape: [Int])] = []
    for (index, layer) in layers.enumerated() {
      tensors.append(("layers.\(index).weight", layer.weightShape))
      tensors.append(("layers.\(index).bias", [layer.weightShape[0]]))
    }
    do {
      layout = try ParameterLayout(tensors)
    } catch {
      throw .invalidSpecification(text, reason: error.description)
    }
    guard layout.count <= Self.maximumParameters else {
      throw .invalidSpecification(
        text, reason: "\(layout.count) parameters are more than the limit of \(Self.maximumParameters)")
    }
    description = text
    self.architecture = architecture
    self.layers = layers
  }
}

extension ModelSpecification: CustomStringConvertible {}

extension ModelSpecification: Hashable {
  /// Two specifications are equal if their canonical names are.
  public static func == (left: Self, right: Self) -> Bool { left.description == right.description }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(description)
  }
}

extension ModelSpecification {
  /// Weights to start from: zero biases, and weights drawn uniformly.
  ///
  /// Layers before a rectifier use He's bound sqrt(6 / inputs) (He et al., 2015), where an output of a
  /// convolution has the values of a patch as inputs; the last layer uses Glorot's sqrt(6 / (inputs +
  /// outputs)) (Glorot and Bengio, 2010). Uniform draws need no libm, so one seed gives the same bits on
  /// every machine.
  public func initialWeights(seed: UInt64) -> [Float] {
    var random = SeededRandom(seed: seed)
    var weights = [Float](repeating: 0, count: layout.count)
    for (index, layer) in layers.enumerated() {
      let isLast = index == layers.count - 1
      let bound = (6 / Double(isLast ? layer.fanIn + layer.outputs : layer.fanIn)).squareRoot()
      for place in layout.tensors[2 * index].range {
        weights[place] = Float((2 * random.uniform() - 1) * bound)
      }
    }
    return weights
  }
}
