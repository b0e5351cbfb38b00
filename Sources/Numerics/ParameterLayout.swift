/// How a model's named tensors lie in one flat vector: one after another, each row-major, without gaps.
///
/// ```swift
/// let layout = try ParameterLayout([("weight", [10, 64]), ("bias", [10])])
/// layout.count                      // 650
/// layout["bias"]?.range             // 640..<650
/// ```
public struct ParameterLayout: Hashable, Sendable {
  /// One named tensor and its place in the flat vector.
  public struct Tensor: Hashable, Sendable {
    /// The tensor's name, unique in its layout.
    public let name: String
    /// The tensor's dimensions, outermost first. An empty shape is a scalar.
    public let shape: [Int]
    /// The index of its first value in the flat vector.
    public let offset: Int
    /// How many values it holds: the product of its dimensions.
    public let count: Int

    /// Its indices in the flat vector.
    public var range: Range<Int> { offset..<(offset + count) }
  }

  /// The most values that a layout may hold: the updates' indices are 32-bit.
  public static let maximumParameters = 1 << 31
  /// The most tensors that a layout may name.
  public static let maximumTensors = 65_536
  /// The most dimensions that a tensor may have.
  public static let maximumRank = 8
  /// The most UTF-8 bytes that a tensor's name may have.
  public static let maximumNameBytes = 256

  /// The tensors, in the order of the flat vector.
  public let tensors: [Tensor]
  /// How many values the flat vector holds.
  public let count: Int

  private let indices: [String: Int]

  /// Lays tensors out in the order given.
  ///
  /// - Parameter tensors: names and shapes; names are unique, dimensions are at least 1.
  /// - Throws: `NumericsError`, which names the tensor at fault.
  public init(_ tensors: [(name: String, shape: [Int])]) throws(NumericsError) {
    guard !tensors.isEmpty else { throw .emptyLayout }
    guard tensors.count <= Self.maximumTensors else {
      throw .tooManyTensors(count: tensors.count, limit: Self.maximumTensors)
    }
    var placed: [Tensor] = []
    placed.reserveCapacity(tensors.count)
    var indices: [String: Int] = [:]
    var offset = 0
    for (name, shape) in tensors {
      guard !name.isEmpty, name.utf8.count <= Self.maximumNameBytes else {
        throw .invalidTensorName(name: name, limitBytes: Self.maximumNameBytes)
      }
      guard indices.updateValue(placed.count, forKey: name) == nil else { throw .duplicateTensorName(name) }
      let count = try Self.count(of: shape, tensor: name)
      guard count <= Self.maximumParameters - offset else {
        throw .tooManyParameters(tensor: name, limit: Self.maximumParameters)
      }
      placed.append(Tensor(name: name, shape: shape, offset: offset, count: count))
      offset += count
    }
    self.tensors = placed
    self.indices = indices
    self.count = offset
  }

  /// The tensor of that name, or nil if there is none.
  public subscript(name: String) -> Tensor? {
    indices[name].map { tensors[$0] }
  }

  private static func count(of shape: [Int], tensor: String) throws(NumericsError) -> Int {
    guard shape.count <= maximumRank else {
      throw .rankTooLarge(tensor: tensor, rank: shape.count, limit: maximumRank)
    }
    var count = 1
    for (dimension, size) in shape.enumerated() {
      guard size > 0 else { throw .dimensionNotPositive(tensor: tensor, dimension: dimension, size: size) }
      // A product of two numbers up to 2^31 fits an Int, so the check may follow the multiplication.
      guard size <= maximumParameters else {
        throw .tooManyParameters(tensor: tensor, limit: maximumParameters)
      }
      count *= size
      guard count <= maximumParameters else {
        throw .tooManyParameters(tensor: tensor, limit: maximumParameters)
      }
    }
    return count
  }
}
