public import Numerics

/// What one layer of a native model computes: its parameters, and the numbers that go in and come out.
public enum LayerShape: Sendable, Hashable {
  /// y = W x + b, with a weight of outputs x inputs.
  case affine(inputs: Int, outputs: Int)
  /// A convolution with zeros around the image, a rectifier, and the maxima of squares of two by two pixels.
  ///
  /// Its weight is channels out x side x side x channels in. What comes out is an image of half the height
  /// and width, rounded down; its values lie in memory as `PatchGrid` says.
  case convolution(PatchGrid, channels: Int)

  /// How many numbers go in.
  public var inputs: Int {
    switch self {
    case .affine(let inputs, _): inputs
    case .convolution(let grid, _): grid.imageLength
    }
  }

  /// How many numbers come out.
  public var outputs: Int {
    switch self {
    case .affine(_, let outputs): outputs
    case .convolution(let grid, let channels): (grid.height / 2) * (grid.width / 2) * channels
    }
  }

  /// The shape of the weight. Its first number is that of the biases.
  public var weightShape: [Int] {
    switch self {
    case .affine(let inputs, let outputs): [outputs, inputs]
    case .convolution(let grid, let channels): [channels, grid.side, grid.side, grid.channels]
    }
  }

  /// The inputs that one affine output adds up.
  var fanIn: Int { weightShape.dropFirst().reduce(1, *) }
}
