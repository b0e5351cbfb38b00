import Glibc
import Numerics

/// The working memory of one native model for batches up to a fixed size, and the passes over it.
///
/// All buffers are made once, so a step allocates nothing. An instance belongs to one training run.
struct Network {
  /// What a batch adds up to.
  struct BatchResult {
    /// The sum of the examples' cross-entropies, in nats.
    var lossSum: Double
    /// How many examples have their label as the likeliest class.
    var correct: Int
  }

  private let layers: [any Layer]
  /// The last of the layers, which gives the logits.
  private let last: AffineLayer

  /// Buffers for batches of up to `rows` examples.
  init(_ specification: ModelSpecification, rows: Int) {
    var layers: [any Layer] = []
    let tensors = specification.layout.tensors
    for (index, shape) in specification.layers.dropLast().enumerated() {
      let parameters = LayerParameters(weight: tensors[2 * index].range, bias: tensors[2 * index + 1].range)
      switch shape {
      case .affine(let inputs, let outputs):
        layers.append(
          AffineLayer(inputs: inputs, outputs: outputs, parameters, isRectified: true, rows: rows))
      case .convolution(let grid, let channels):
        layers.append(ConvolutionLayer(grid, channels: channels, parameters, rows: rows))
      }
    }
    last = AffineLayer(
      inputs: specification.layers[layers.count].inputs, outputs: specification.classCount,
      LayerParameters(weight: tensors[tensors.count - 2].range, bias: tensors[tensors.count - 1].range),
      isRectified: false, rows: rows)
    self.layers = layers + [last]
  }

  /// Computes the logits of a batch, its loss, and the last layer's delta.
  ///
  /// - Parameters:
  ///   - input: `labels.count` rows of features.
  ///   - labels: the rows' classes.
  ///   - weights: the flat vector.
  func forward(_ input: ArraySlice<Float>, labels: some Collection<Int32>, weights: [Float]) -> BatchResult {
    for (index, layer) in layers.enumerated() {
      layer.forward(index == 0 ? input : layers[index - 1].output[...], rows: labels.count, weights: weights)
    }
    return crossEntropy(labels)
  }

  /// Carries the last layer's delta down to the first layer, after `forward`.
  func backward(rows: Int, weights: [Float]) {
    for index in layers.indices.reversed() {
      layers[index].backward(rows: rows, weights: weights, into: index == 0 ? nil : layers[index - 1])
    }
  }

  /// target = decay * target + factor * the gradient of the batch's summed loss, after `backward`.
  ///
  /// With a negative factor and the weights as target this is a step of gradient descent.
  func accumulate(
    _ input: ArraySlice<Float>, rows: Int, factor: Float, decay: Float, into target: inout [Float]
  ) {
    for (index, layer) in layers.enumerated() {
      layer.accumulate(
        index == 0 ? input : layers[index - 1].output[...], rows: rows, factor: factor, decay: decay,
        into: &target)
    }
  }

  /// Softmax cross-entropy of the logits, shifted by each row's maximum so that no exponential overflows.
  /// Leaves the probabilities less the one-hot labels in the last layer's delta.
  private func crossEntropy(_ labels: some Collection<Int32>) -> BatchResult {
    let layer = last
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
