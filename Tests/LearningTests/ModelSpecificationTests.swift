import Learning
import Numerics
import Testing

@Suite(.timeLimit(.minutes(10))) struct ModelSpecificationTests {
  @Test(arguments: [
    "softmax(64,10)", "mlp(64,128,10)", "mlp(1,1,2)", "mlp(784,300,100,10)",
    "conv(28x28x1,3x3x16,5x5x32,64,10)", "conv(2x3x4,1x1x1,2)", "conv(32x32x3,15x15x8,10)",
  ])
  func namesRoundTrip(name: String) throws {
    #expect(try ModelSpecification(parsing: name).description == name)
  }

  @Test(arguments: [
    "", "softmax", "softmax()", "softmax(64)", "softmax(64,10,10)", "mlp(64,10)", "softmax(64, 10)",
    "softmax(064,10)", "softmax(+64,10)", "softmax(64,10) ", " softmax(64,10)", "Softmax(64,10)",
    "softmax(64,10))", "softmax((64,10)", "softmax(64,,10)", "softmax(64,10,)", "softmax(0,10)",
    "softmax(-1,10)", "softmax(64,1)", "softmax(64,1e1)", "softmax(99999999999999999999,10)",
    "softmax(1048577,2)", "mlp(1048576,1048576,2)", "softmax(6٤,10)",
    "mlp(1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2)", "mlp(28x28x1,10,10)", "conv", "conv()", "conv(28x28x1,10)",
    "conv(28x28x1,3x3x8)", "conv(28x28x1,3x3x8,1)", "conv(28x28,3x3x8,10)", "conv(784,3x3x8,10)",
    "conv(28x28x1,2x2x8,10)", "conv(28x28x1,3x5x8,10)", "conv(28x28x1,17x17x8,10)", "conv(28x28x1,3x3,10)",
    "conv(28x28x1,3x3x8,10,3x3x8)", "conv(28x28x1,03x3x8,10)", "conv(28x28x1,3x3x0,10)",
    "conv(28x28x1,3X3x8,10)", "conv(28x28x1,3x3x8x,10)", "conv(1x28x1,3x3x8,10)",
    "conv(4x4x1,3x3x2,3x3x2,3x3x2,10)", "conv(1024x1024x2,1x1x1,2)",
    "conv(1048576x1048576x1048576,1x1x1048576,2)",
  ])
  func otherSpellingsAndSizesAreRefused(name: String) {
    #expect(throws: LearningError.self) { try ModelSpecification(parsing: name) }
  }

  @Test func longNamesAreRefused() {
    let name = "mlp(" + String(repeating: "1,", count: 1_000) + "2)"
    #expect(throws: LearningError.self) { try ModelSpecification(parsing: name) }
  }

  @Test func layoutNamesEveryLayer() throws {
    let specification = try ModelSpecification.perceptron(features: 4, hidden: [3], classes: 2)
    #expect(
      specification.layout.tensors.map(\.name) == [
        "layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias",
      ])
    #expect(specification.layout["layers.0.weight"]?.shape == [3, 4])
    #expect(specification.layout.count == 4 * 3 + 3 + 3 * 2 + 2)
    #expect(specification.featureCount == 4)
    #expect(specification.classCount == 2)
  }

  @Test func convolutionsHaveTheirShapes() throws {
    let specification = try ModelSpecification(parsing: "conv(28x15x3,5x5x8,3x3x4,20,10)")
    #expect(specification.featureCount == 28 * 15 * 3)
    #expect(specification.classCount == 10)
    #expect(
      specification.layout.tensors.map(\.shape) == [
        [8, 5, 5, 3], [8], [4, 3, 3, 8], [4], [20, 7 * 3 * 4], [20], [10, 20], [10],
      ])
    // A patch's values are what an output adds up: He's bound is sqrt(6 / 75).
    let weights = specification.initialWeights(seed: 3)[specification.layout.tensors[0].range]
    #expect(weights.allSatisfy { abs($0) <= 0.2829 } && weights.contains { abs($0) > 0.25 })
  }

  @Test func firstWeightsAreBoundedSpreadAndReproducible() throws {
    let specification = try ModelSpecification.perceptron(features: 60, hidden: [50], classes: 40)
    let weights = specification.initialWeights(seed: 9)
    #expect(weights == specification.initialWeights(seed: 9))
    #expect(weights != specification.initialWeights(seed: 10))
    let tensors = specification.layout.tensors
    for (index, bound) in [(0, (6.0 / 60).squareRoot()), (2, (6.0 / 90).squareRoot())] {
      let values = weights[tensors[index].range].map(Double.init)
      #expect(values.allSatisfy { abs($0) <= bound })
      let variance = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
      #expect(abs(variance / (bound * bound / 3) - 1) < 0.1, "seed 9, tensor \(index)")
    }
    #expect(weights[tensors[1].range].allSatisfy { $0 == 0 })
    #expect(weights[tensors[3].range].allSatisfy { $0 == 0 })
  }
}
