import Numerics

/// One layer of a native model at work on batches: its buffers, and the passes over them.
///
/// A class, so that one layer's output can be read while the next one's is written. To add a kind of layer,
/// give it a case in `LayerShape`, a class here, and its spelling in `ModelSpecification`.
protocol Layer: AnyObject {
  /// Rows of what comes out.
  var output: [Float] { get }
  /// Rows of the loss's derivatives by what comes out, for the sum of a batch's losses.
  var delta: [Float] { get set }

  /// Computes `output` from rows of input.
  func forward(_ input: ArraySlice<Float>, rows: Int, weights: [Float])

  /// Carries `delta` down: writes the delta of the layer below, if there is one.
  func backward(rows: Int, weights: [Float], into below: (any Layer)?)

  /// target = decay * target + factor * the gradient of the batch's summed loss, for this layer's parameters,
  /// after `backward`.
  func accumulate(
    _ input: ArraySlice<Float>, rows: Int, factor: Float, decay: Float, into target: inout [Float])
}

/// Where a layer's parameters stand in the flat vector.
struct LayerParameters {
  let weight: Range<Int>
  let bias: Range<Int>

  /// Adds the gradient of the biases, which is the sum of the rows of `delta`.
  func accumulateBias(
    _ delta: [Float], rows: Int, factor: Float, into target: inout [Float]
  ) {
    Kernels.addColumnSums(
      of: delta, rows: rows, width: bias.count, times: factor, to: &target, at: bias.lowerBound)
  }

  /// Lets the biases decay.
  func decayBias(_ decay: Float, in target: inout [Float]) {
    guard decay != 1 else { return }
    for index in bias { target[index] *= decay }
  }
}
