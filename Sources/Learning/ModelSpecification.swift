public import Numerics

/// A native model by its shape, with one short canonical name for the ledger.
///
/// `softmax(64,10)` is multinomial logistic regression from 64 features to 10 classes; `mlp(64,128,32,10)`
/// is a multilayer perceptron with rectified hidden layers of 128 and 32 units.
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
  }

  /// The most units that one layer may have, features and classes included.
  public static let maximumWidth = 1 << 20
  /// The most hidden layers that a perceptron may have.
  public static let maximumHiddenLayers = 16
  /// The most parameters that a native model may have.
  public static let maximumParameters = 1 << 28
  /// The longest name that is read, in UTF-8 bytes.
  public static let maximumNameBytes = 256

  /// The kind of model.
  public let architecture: Architecture
  /// The units of each layer, from features to classes.
  public let widths: [Int]
  /// `layers.N.weight` (outputs x inputs) and `layers.N.bias` (outputs) of each layer in turn.
  public let layout: ParameterLayout

  /// How many numbers describe an example.
  public var featureCount: Int { widths[0] }
  /// How many classes the model tells apart.
  public var classCount: Int { widths[widths.count - 1] }

  /// Softmax regression.
  public static func softmax(features: Int, classes: Int) throws(LearningError) -> ModelSpecification {
    try ModelSpecification(.softmax, widths: [features, classes])
  }

  /// A multilayer perceptron with at least one hidden layer.
  public static func perceptron(
    features: Int, hidden: [Int], classes: Int
  ) throws(LearningError) -> ModelSpecification {
    try ModelSpecification(.perceptron, widths: [features] + hidden + [classes])
  }

  /// Reads a canonical name, and refuses any other spelling of it.
  public init(parsing text: String) throws(LearningError) {
    guard text.utf8.count <= Self.maximumNameBytes else {
      throw .invalidSpecification(text, reason: "the name is longer than \(Self.maximumNameBytes) bytes")
    }
    guard
      let open = text.firstIndex(of: "("), text.hasSuffix(")"),
      let architecture = Architecture(rawValue: String(text[..<open]))
    else {
      throw .invalidSpecification(
        text, reason: "expected softmax(features,classes) or mlp(features,...,classes)")
    }
    var widths: [Int] = []
    let list = text[text.index(after: open)...].dropLast()
    for field in list.split(separator: ",", omittingEmptySubsequences: false) {
      // Comparing with what would be printed refuses signs, leading zeros and spaces at one stroke.
      guard let width = Int(field), String(width) == field else {
        throw .invalidSpecification(text, reason: "\"\(field)\" is not a plain whole number")
      }
      widths.append(width)
    }
    try self.init(architecture, widths: widths)
  }

  private init(_ architecture: Architecture, widths: [Int]) throws(LearningError) {
    let name = Self.name(architecture, widths)
    let hidden = widths.count - 2
    switch architecture {
    case .softmax where hidden != 0:
      throw .invalidSpecification(name, reason: "softmax takes two sizes: features and classes")
    case .perceptron where !(1...Self.maximumHiddenLayers).contains(hidden):
      throw .invalidSpecification(
        name, reason: "a perceptron needs 1 to \(Self.maximumHiddenLayers) hidden layers")
    default: break
    }
    guard widths.allSatisfy({ (1...Self.maximumWidth).contains($0) }) else {
      throw .invalidSpecification(name, reason: "every size must lie in 1...\(Self.maximumWidth)")
    }
    guard widths[widths.count - 1] >= 2 else {
      throw .invalidSpecification(name, reason: "a classifier needs at least 2 classes")
    }
    var tensors: [(name: String, shape: [Int])] = []
    for (index, (inputs, outputs)) in zip(widths, widths.dropFirst()).enumerated() {
      tensors.append(("layers.\(index).weight", [outputs, inputs]))
      tensors.append(("layers.\(index).bias", [outputs]))
    }
    do {
      layout = try ParameterLayout(tensors)
    } catch {
      throw .invalidSpecification(name, reason: error.description)
    }
    guard layout.count <= Self.maximumParameters else {
      throw .invalidSpecification(
        name, reason: "\(layout.count) parameters are more than the limit of \(Self.maximumParameters)")
    }
    self.architecture = architecture
    self.widths = widths
  }

  private static func name(_ architecture: Architecture, _ widths: [Int]) -> String {
    "\(architecture.rawValue)(\(widths.map(String.init).joined(separator: ",")))"
  }
}

extension ModelSpecification: CustomStringConvertible {
  /// The canonical name.
  public var description: String { Self.name(architecture, widths) }
}

extension ModelSpecification: Hashable {
  /// Two specifications are equal if their canonical names are.
  public static func == (left: Self, right: Self) -> Bool {
    left.architecture == right.architecture && left.widths == right.widths
  }

  /// Hashes what `==` compares.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(architecture)
    hasher.combine(widths)
  }
}

extension ModelSpecification {
  /// Weights to start from: zero biases, and weights drawn uniformly.
  ///
  /// Layers before a rectifier use He's bound sqrt(6 / inputs) (He et al., 2015), the last layer Glorot's
  /// sqrt(6 / (inputs + outputs)) (Glorot and Bengio, 2010). Uniform draws need no libm, so one seed gives
  /// the same bits on every machine.
  public func initialWeights(seed: UInt64) -> [Float] {
    var random = SeededRandom(seed: seed)
    var weights = [Float](repeating: 0, count: layout.count)
    for layer in 0..<(widths.count - 1) {
      let isLast = layer == widths.count - 2
      let fan = isLast ? widths[layer] + widths[layer + 1] : widths[layer]
      let bound = (6 / Double(fan)).squareRoot()
      for index in layout.tensors[2 * layer].range {
        weights[index] = Float((2 * random.uniform() - 1) * bound)
      }
    }
    return weights
  }
}
