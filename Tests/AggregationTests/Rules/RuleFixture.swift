import Foundation
import Numerics

/// What Tests/Fixtures/make_rules.py wrote.
struct RuleFixture: Decodable {
  struct Case: Decodable, CustomStringConvertible {
    let count: Int
    let dimension: Int
    let tolerated: Int
    let seed: UInt64
    let offset: Double
    let order: [Int]
    let clippingLimit: Double
    let norms: [Double]
    let results: [String: [Float]]

    var description: String { "\(count) vectors of \(dimension), \(tolerated) hostile, offset \(offset)" }

    /// The vectors, and the root update after them, as the generator draws them.
    func inputs() throws -> (batch: VectorBatch, root: [Float]) {
      var draws = MMIX(state: seed)
      let centre = (0..<dimension).map { _ in draws.uniform(1) }
      let rows = (0..<count).map { row in
        let isHostile = row % 3 == 0 && row / 3 < tolerated
        let pull = isHostile ? -0.75 : 1
        let spread = isHostile ? 0.25 + 0.125 * Double(row) : 1 + 0.0625 * Double(row)
        return centre.map { Float(offset + pull * $0 + draws.uniform(spread)) }
      }
      let root = centre.map { Float(offset + $0 + draws.uniform(1)) }
      return (try VectorBatch(rows: rows), root)
    }
  }

  struct Missing: Error {}

  let cases: [Case]

  static func load() throws -> RuleFixture {
    guard let url = Bundle.module.url(forResource: "rules", withExtension: "json", subdirectory: "Fixtures")
    else { throw Missing() }
    return try JSONDecoder().decode(RuleFixture.self, from: Data(contentsOf: url))
  }
}

/// Knuth's MMIX generator, as in Tests/Fixtures/make_rules.py.
private struct MMIX {
  var state: UInt64

  mutating func uniform(_ reach: Double) -> Double {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return (Double(state >> 33) / Double(1 << 30) - 1) * reach
  }
}

/// The norm of a - b over the norm of b.
func relativeError(_ a: [Float], _ b: [Float]) -> Double {
  guard a.count == b.count else { return .infinity }
  let scale = Reference.norm(b)
  return Reference.squaredDistance(a, b).squareRoot() / (scale > 0 ? scale : 1)
}
