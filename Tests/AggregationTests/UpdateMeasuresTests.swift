import Numerics
import Testing
import Updates

@testable import Aggregation

/// The pass over the values against unpacked vectors.
struct UpdateMeasuresTests {
  private static let forms: [PacketForm] = [
    .sparse(keptPerChunk: 1), .sparse(keptPerChunk: 64), .sparse(keptPerChunk: 4_096), .dense8, .dense4,
  ]

  private static func payloads(parameterCount: Int, using random: inout SeededRandom) -> [Payload] {
    forms.map { form in
      Payload(encoding: Support.randomQuanta(parameterCount, using: &random), form: form)
    } + [Payload(encoding: [Int32](repeating: 0, count: parameterCount), form: .dense8)]
  }

  @Test(
    arguments: [
      (1, 1), (50, 0), (4_096, 3), (4_097, 15), (20_000, 16), (40_000, 17), (70_001, 11), (9_000, 70),
    ])
  func measuresAreThoseOfTheUnpackedVectors(parameterCount: Int, directionCount: Int) throws {
    let seed = UInt64(parameterCount + directionCount)
    var random = SeededRandom(seed: seed)
    let payloads = Self.payloads(parameterCount: parameterCount, using: &random)
    let directions = (0..<directionCount).map { _ in
      random.gaussianVector(count: parameterCount, deviation: 1)
    }
    let roots = try directions.isEmpty ? nil : RootUpdates(directions)
    let measures = UpdateMeasures(
      of: payloads, sketch: CountSketch(seed: seed, bucketCount: 1_024), roots: roots)
    for (update, payload) in payloads.enumerated() {
      let values = payload.denseValues().map { Double($0) }
      let norm = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(abs(measures.norms[update] - norm) <= 1e-12 * norm, "seed \(seed), update \(update)")
      #expect(measures.dots(of: update).count == directionCount)
      let scaledValues = zip(values, roots?.scale ?? []).map { $0 * Double($1) }
      let scaledNorm = scaledValues.reduce(0) { $0 + $1 * $1 }.squareRoot()
      #expect(abs(measures.scaledNorms[update] - scaledNorm) <= 1e-5 * scaledNorm, "seed \(seed), \(update)")
      for (number, dot) in measures.dots(of: update).enumerated() {
        var (expected, size) = (0.0, 0.0)
        for (place, value) in values.enumerated() {
          let scale = Double(roots?.scale[place] ?? 0)
          let product = value * Double(directions[number][place]) * scale * scale
          expected += product
          size += product.magnitude
        }
        #expect(abs(dot - expected) <= 2e-6 * size, "seed \(seed), update \(update), direction \(number)")
      }
    }
  }

  @Test(arguments: [2, 3, 8])
  func theNumberOfThreadsDoesNotMatter(threads: Int) throws {
    let seed: UInt64 = 12
    var random = SeededRandom(seed: seed)
    let payloads = Self.payloads(parameterCount: 50_000, using: &random)
    let directions = (0..<5).map { _ in random.gaussianVector(count: 50_000, deviation: 1) }
    let roots = try RootUpdates(directions)
    func measures(_ threads: Int) -> UpdateMeasures {
      UpdateMeasures(
        of: payloads, sketch: CountSketch(seed: seed, bucketCount: 1_024), roots: roots, threads: threads)
    }
    let (one, several) = (measures(1), measures(threads))
    #expect(one.sketches.values == several.sketches.values)
    #expect(one.norms == several.norms)
    #expect(one.scaledNorms == several.scaledNorms)
    for update in payloads.indices {
      #expect(one.dots(of: update) == several.dots(of: update))
    }
  }

  @Test func noUpdatesHaveNoMeasures() throws {
    let measures = UpdateMeasures(
      of: [], sketch: CountSketch(seed: 1, bucketCount: 8), roots: try RootUpdates([[1, 2]]), threads: 4)
    #expect(measures.sketches.count == 0)
    #expect(measures.norms.isEmpty)
  }
}
