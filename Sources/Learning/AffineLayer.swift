import Numerics

/// An affine layer, with a rectifier behind it unless it is the last.
final class AffineLayer: Layer {
  let inputs: Int
  let outputs: Int
  private let parameters: LayerParameters
  private let isRectified: Bool
  /// After the rectifier in a hidden layer, logits in the last.
  var output: [Float]
  /// After `backward` the derivatives by what went into the rectifier.
  var delta: [Float]

  init(inputs: Int, outputs: Int, _ parameters: LayerParameters, isRectified: Bool, rows: Int) {
    self.inputs = inputs
    self.outputs = outputs
    self.parameters = parameters
    self.isRectified = isRectified
    output = [Float](repeating: 0, count: rows * outputs)
    delta = output
  }

  func forward(_ input: ArraySlice<Float>, rows: Int, weights: [Float]) {
    BLAS.multiply(
      input.span, as: .asStored, weights.span.extracting(parameters.weight), as: .transposed,
      rows: rows, columns: outputs, inner: inputs, into: &output)
    Kernels.add(row: weights.span.extracting(parameters.bias), toRowsOf: &output, rows: rows)
    if isRectified { Kernels.rectify(&output, count: rows * outputs) }
  }

  func backward(rows: Int, weights: [Float], into below: (any Layer)?) {
    if isRectified { Kernels.mask(&delta, where: output, count: rows * outputs) }
    guard let below else { return }
    let delta = delta
    BLAS.multiply(
      delta.span, as: .asStored, weights.span.extracting(parameters.weight), as: .asStored,
      rows: rows, columns: inputs, inner: outputs, into: &below.delta)
  }

  func accumulate(
    _ input: ArraySlice<Float>, rows: Int, factor: Float, decay: Float, into target: inout [Float]
  ) {
    BLAS.multiply(
      delta.span, as: .transposed, input.span, as: .asStored, rows: outputs, columns: inputs, inner: rows,
      alpha: factor, beta: decay, into: &target, at: parameters.weight.lowerBound)
    parameters.decayBias(decay, in: &target)
    parameters.accumulateBias(delta, rows: rows, factor: factor, into: &target)
  }
}
