import Foundation
import Learning
import Numerics

/// Random examples: Gaussian features, uniform labels.
func randomDataset(count: Int, features: Int, classes: Int, seed: UInt64) throws -> Dataset {
  var random = SeededRandom(seed: seed)
  return try Dataset(
    features: random.gaussianVector(count: count * features, deviation: 1), featureCount: features,
    labels: (0..<count).map { _ in Int32(random.integer(below: classes)) }, classCount: classes)
}

/// What Tests/Fixtures/make_gradients.py wrote.
struct GradientFixture: Decodable {
  struct Case: Decodable {
    let model: String
    let weights: [Float]
    let features: [Float]
    let labels: [Int32]
    let loss: Double
    let gradient: [Float]
    let learningRate: Float
    let weightDecay: Float
    let trained: [Float]
  }

  struct DigitsCase: Decodable {
    let model: String
    let loss: Double
    let accuracy: Double
    let gradientEvery97th: [Float]
    let gradientNorm: Double
  }

  struct Missing: Error {}

  let cases: [Case]
  let digits: [DigitsCase]

  static func load() throws -> GradientFixture {
    guard
      let url = Bundle.module.url(forResource: "gradients", withExtension: "json", subdirectory: "Fixtures")
    else { throw Missing() }
    return try JSONDecoder().decode(GradientFixture.self, from: Data(contentsOf: url))
  }
}

/// The largest |a_i - b_i|.
func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
  a.count == b.count ? zip(a, b).map { abs($0 - $1) }.max() ?? 0 : .infinity
}
