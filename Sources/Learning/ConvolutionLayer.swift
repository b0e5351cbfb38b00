import Numerics

/// A convolution, a rectifier and pooling, as a matrix product over the patches around all pixels.
///
/// Patches take many times the memory of their images, so they are made for a few examples at a time, and
/// made again on the way back.
final class ConvolutionLayer: Layer {
  /// The patches that are held at once: at most as many values, or those of one example.
  private static let patchValueLimit = 1 << 18

  private let grid: PatchGrid
  private let channels: Int
  private let inputs: Int
  private let outputs: Int
  private let parameters: LayerParameters
  private let examplesAtOnce: Int
  var output: [Float]
  var delta: [Float]
  /// Which pixels of the convolved images came out.
  private var choices: [UInt8]
  /// Of a few examples.
  private var patches: [Float]
  /// The convolved images of the same examples, or the derivatives by them: a row a pixel.
  private var convolved: [Float]

  init(_ grid: PatchGrid, channels: Int, _ parameters: LayerParameters, rows: Int) {
    self.grid = grid
    self.channels = channels
    self.parameters = parameters
    let shape = LayerShape.convolution(grid, channels: channels)
    (inputs, outputs) = (shape.inputs, shape.outputs)
    let exampleValues = grid.patchCount * grid.patchLength
    examplesAtOnce = max(1, min(rows, Self.patchValueLimit / exampleValues))
    output = [Float](repeating: 0, count: rows * outputs)
    delta = output
    choices = [UInt8](repeating: 0, count: rows * outputs)
    patches = [Float](repeating: 0, count: examplesAtOnce * exampleValues)
    convolved = [Float](repeating: 0, count: examplesAtOnce * grid.patchCount * channels)
  }

  func forward(_ input: ArraySlice<Float>, rows: Int, weights: [Float]) {
    forEachGroup(rows) { group in
      let pixels = group.count * grid.patchCount
      gather(group, of: input)
      BLAS.multiply(
        patches.span, as: .asStored, weights.span.extracting(parameters.weight), as: .transposed,
        rows: pixels, columns: channels, inner: grid.patchLength, into: &convolved)
      Kernels.add(row: weights.span.extracting(parameters.bias), toRowsOf: &convolved, rows: pixels)
      Kernels.poolMaxima(
        of: convolved, count: group.count, height: grid.height, width: grid.width, channels: channels,
        into: &output, choices: &choices, at: group.lowerBound * outputs)
    }
  }

  func backward(rows: Int, weights: [Float], into below: (any Layer)?) {
    guard let below else { return }
    for index in 0..<rows * inputs { below.delta[index] = 0 }
    forEachGroup(rows) { group in
      unpool(group)
      BLAS.multiply(
        convolved.span, as: .asStored, weights.span.extracting(parameters.weight), as: .asStored,
        rows: group.count * grid.patchCount, columns: grid.patchLength, inner: channels, into: &patches)
      Kernels.addPatches(
        patches, count: group.count, grid, to: &below.delta, at: group.lowerBound * inputs)
    }
  }

  func accumulate(
    _ input: ArraySlice<Float>, rows: Int, factor: Float, decay: Float, into target: inout [Float]
  ) {
    parameters.decayBias(decay, in: &target)
    forEachGroup(rows) { group in
      let pixels = group.count * grid.patchCount
      gather(group, of: input)
      unpool(group)
      BLAS.multiply(
        convolved.span, as: .transposed, patches.span, as: .asStored,
        rows: channels, columns: grid.patchLength, inner: pixels,
        alpha: factor, beta: group.lowerBound == 0 ? decay : 1, into: &target,
        at: parameters.weight.lowerBound)
      parameters.accumulateBias(convolved, rows: pixels, factor: factor, into: &target)
    }
  }

  private func forEachGroup(_ rows: Int, _ body: (Range<Int>) -> Void) {
    for first in stride(from: 0, to: rows, by: examplesAtOnce) {
      body(first..<min(first + examplesAtOnce, rows))
    }
  }

  private func gather(_ group: Range<Int>, of input: ArraySlice<Float>) {
    let values = group.lowerBound * inputs..<group.upperBound * inputs
    Kernels.gatherPatches(
      of: input.span.extracting(values), count: group.count, grid, into: &patches)
  }

  private func unpool(_ group: Range<Int>) {
    Kernels.unpoolMaxima(
      delta, where: output, choices: choices, at: group.lowerBound * outputs, count: group.count,
      height: grid.height, width: grid.width, channels: channels, into: &convolved)
  }
}
