import Aggregation
import Foundation
import Numerics
import Testing

/// What Tests/Fixtures/make_spectrum.py wrote.
private struct SpectrumFixture: Decodable {
  struct Case: Decodable {
    let name: String
    let count: Int
    let buckets: Int
    let sketches: [Float]
    let weights: [Double]
    let direction: [Double]
    let projections: [Double]
    let varianceShare: Double
  }

  struct Missing: Error {}

  let cases: [Case]

  static func load() throws -> SpectrumFixture {
    guard
      let url = Bundle.module.url(forResource: "spectrum", withExtension: "json", subdirectory: "Fixtures")
    else { throw Missing() }
    return try JSONDecoder().decode(SpectrumFixture.self, from: Data(contentsOf: url))
  }
}

struct SketchSpectrumTests {
  @Test func spectraAgreeWithNumpy() throws {
    for golden in try SpectrumFixture.load().cases {
      let spectrum = SketchSpectrum(
        sketches: golden.sketches, count: golden.count, buckets: golden.buckets, weights: golden.weights)
      let offAxis = zip(spectrum.direction, golden.direction).map { abs(Double($0) - $1) }.max() ?? 1
      #expect(offAxis < 1e-4, "\(golden.name)")
      let farthest = golden.projections.map(\.magnitude).max() ?? 0
      let offPlace = zip(spectrum.projections, golden.projections).map { abs($0 - $1) }.max() ?? 1
      #expect(offPlace < 1e-4 * max(1, farthest), "\(golden.name)")
      #expect(abs(spectrum.varianceShare - golden.varianceShare) < 1e-5, "\(golden.name)")
    }
  }

  /// A crowd that pulls one way stands out at both shapes of the matrix.
  @Test(arguments: [(60, 1_024), (400, 64)])
  func colludersStandOut(count: Int, buckets: Int) {
    for seed in UInt64(0)..<3 {
      var random = SeededRandom(seed: seed)
      let pull = random.gaussianVector(count: buckets, deviation: 1)
      let rows = (0..<count).map { row -> [Float] in
        var values = random.gaussianVector(count: buckets, deviation: 1)
        if row < count / 5 { Kernels.axpy(2, pull, &values) }
        return values
      }
      let spectrum = SketchSpectrum(
        sketches: rows.flatMap(\.self), count: count, buckets: buckets,
        weights: [Double](repeating: 1, count: count))
      let scores = spectrum.projections.map { $0 * $0 }
      let least = scores[..<(count / 5)].min() ?? 0
      #expect(scores[(count / 5)...].allSatisfy { $0 < least }, "seed \(seed)")
      #expect(abs(Kernels.norm(spectrum.direction) - 1) < 1e-5)
      #expect(Kernels.cosine(spectrum.direction, pull) > 0.8, "seed \(seed)")
    }
  }

  @Test func equalSketchesHaveNoDirection() {
    for (count, weights) in [(1, [2.0]), (3, [1, 1, 1]), (3, [0, 0, 4])] {
      let row: [Float] = [0.5, -1, 2]
      let spectrum = SketchSpectrum(
        sketches: (0..<count).flatMap { _ in row }, count: count, buckets: 3, weights: weights)
      #expect(spectrum.direction == [0, 0, 0])
      #expect(spectrum.projections == [Double](repeating: 0, count: count))
      #expect(spectrum.varianceShare == 0)
    }
  }
}
