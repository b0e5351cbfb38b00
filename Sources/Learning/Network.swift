import Glibc
import Numerics

/// The working memory of one native model for batches up to a fixed size, and the passes over it.
///
/// All buffers are made once, so a step allocates nothing. An instance belongs to one training run.
struct Network {
  /// One affine layer. A class, so that one layer's output can be read while the next one's is written.
  private final class Layer {
    let inputs: Int
    let outputs: Int
    let weightRange: Range<Int>
    let biasRange: Range<Int>
    /// Rows of outputs: after the rectifier in a hidden layer, logits in the last.
    var output: [Float]
    /// Rows of the loss's derivatives by the layer's affine outputs, for the sum of a batch's losses.
    var delta: [Float]

    init(weight: ParameterLayout.Tensor, bias: ParameterLayout.Tensor, rows: Int) {
      outputs = weight.shape[0]
      inputs = weight.shape[1]
      weightRange = weight.range
      biasRange = bias.range
      output = [Float](repeating: 0, count: rows * outputs)
      delta = output
    }
  }

  /// What a batch adds up to.
  struct BatchResult {
    /// The sum of the examples' cross-entropies, in nats.
    var lossSum: Double
    /// How many examples have their label as the likeliest class.
    var correct: Int
  }

  private let layers: [Layer]

  /// Buffers for batches of up to `rows` examples.
  init(_ specification: ModelSpecification, rows: Int) {
    let tensors = specification.layout.tensors
    layers = stride(from: 0, to: tensors.count, by: 2).map {
      Layer(weight: tensors[$0], bias: tensors[$0 + 1], rows: rows)
    }
  }

  /// Computes the logits of a batch, its loss, and the last layer's delta.
  ///
  /// - Parameters:
  ///   - input: `labels.count` rows of features.
  ///   - labels: the rows' classes.
  ///   - weights: the flat vector.
  func forward(_ input: ArraySlice<Float>, labels: some Collection<Int32>, weights: [Float]) -> BatchResult {
    let rows = labels.count
    for (index, layer) in layers.enumerated() {
      let isHidden = index < layers.count - 1
      apply(layer, to: index == 0 ? input : layers[index - 1].output[...], rows: rows, weights: weights)
      if isHidden { Kernels.rectify(&layer.output, count: rows * layer.outputs) }
    }
    return crossEntropy(labels)
  }

  /// Carries the last layer's delta down to the first layer, after `forward`.
  func backward(rows: Int, weights: [Float]) {
    for index in stride(from: layers.count - 1, to: 0, by: -1) {
      let upper = layers[index]
      let lower = layers[index - 1]
      BLAS.multiply(
        upper.delta.span, as: .asStored, weights.span.extracting(upper.weightRange), as: .asStored,
        rows: rows, columns: upper.inputs, inner: upper.outputs, into: &lower.delta)
      Kernels.mask(&lower.delta, where: lower.output, count: rows * lower.outputs)
    }
  }

  /// target = decay * target + factor * the gradient of the batch's summed loss, after `backward`.
  ///
  /// With a negative factor and the weights as target this is a step of gradient descent.
  func accumulate(
    _ input: ArraySlice<Float>, rows: Int, factor: Float, decay: Float, into target: inout [Float]
  ) {
    for (index, layer) in layers.enumerated() {
      let below = index == 0 ? input : layers[index - 1].output[...]
      BLAS.multiply(
        layer.delta.span, as: .transposed, below.span, as: .asStored,
        rows: layer.outputs, columns: layer.inputs, inner: rows,
        alpha: factor, beta: decay, into: &target, at: layer.weightRange.lowerBound)
      if decay != 1 {
        for bias in layer.biasRange { target[bias] *= decay }
      }
      Kernels.addColumnSums(
        of: layer.delta, rows: rows, width: layer.outputs, times: factor, to: &target,
        at: layer.biasRange.lowerBound)
    }
  }

  private func apply(_ layer: Layer, to input: ArraySlice<Float>, rows: Int, weights: [Float]) {
    BLAS.multiply(
      input.span, as: .asStored, weights.span.extracting(layer.weightRange), as: .transposed,
      rows: rows, columns: layer.outputs, inner: layer.inputs, into: &layer.output)
    Kernels.add(row: weights.span.extracting(layer.biasRange), toRowsOf: &layer.output, rows: rows)
  }

  /// Softmax cross-entropy of the logits, shifted by each row's maximum so that no exponential overflows.
  /// Leaves the probabilities less the one-hot labels in the last layer's delta.
  private func crossEntropy(_ labels: some Collection<Int32>) -> BatchResult {
    let layer = layers[layers.count - 1]
    let width = layer.outputs
    var result = BatchResult(lossSum: 0, correct: 0)
    for (row, label) in labels.enumerated() {
      let start = row * width
      let target = start + Int(label)
      var best = start
      for index in (start + 1)..<(start + width) where layer.output[index] > layer.output[best] {
        best = index
      }
      let greatest = layer.output[best]
      var sum: Float = 0
      for index in start..<(start + width) {
        let exponential = exp(layer.output[index] - greatest)
        layer.delta[index] = exponential
        sum += exponential
      }
      for index in start..<(start + width) { layer.delta[index] /= sum }
      layer.delta[target] -= 1
      result.lossSum += log(Double(sum)) + Double(greatest) - Double(layer.output[target])
      if best == target { result.correct += 1 }
    }
    return result
  }
}
