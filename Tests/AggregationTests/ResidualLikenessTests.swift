import Numerics
import Testing

@testable import Aggregation

struct ResidualLikenessTests {
  private static func matrix(_ rows: [[Float]]) -> SketchMatrix {
    SketchMatrix(count: rows.count, bucketCount: rows.first?.count ?? 4, values: rows.flatMap(\.self))
  }

  /// The definition, pair by pair in `Double`.
  private static func reference(_ rows: [[Float]], _ directions: [[Float]]) -> [[Double]] {
    var basis: [[Double]] = []
    func residual(_ row: [Float]) -> [Double] {
      basis.reduce(row.map(Double.init)) { rest, axis in
        let part = zip(rest, axis).reduce(0) { $0 + $1.0 * $1.1 }
        return zip(rest, axis).map { $0 - part * $1 }
      }
    }
    func unit(_ row: [Double]) -> [Double] {
      let norm = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return norm > 0 ? row.map { $0 / norm } : row
    }
    for direction in directions { basis.append(unit(residual(direction))) }
    let units = rows.map { unit(residual($0)) }
    return units.indices.map { i in
      units.indices.map { j in zip(units[i], units[j]).reduce(0) { $0 + $1.0 * $1.1 } }
    }
  }

  @Test(arguments: [1, 2, 9, 40, 300]) func followsTheDefinition(count: Int) {
    let seed = UInt64(count)
    var random = SeededRandom(seed: seed)
    let directions = (0..<3).map { _ in random.gaussianVector(count: 50, deviation: 1) }
    let rows = (0..<count).map { number in
      var row = random.gaussianVector(count: 50, deviation: 1)
      Kernels.axpy(Float(number % 5), directions[number % 3], &row)
      return row
    }
    let likeness = ResidualLikeness(Self.matrix(rows), without: Self.matrix(directions), threads: 1)
    let expected = Self.reference(rows, directions)
    for row in rows.indices {
      let nearest = expected[row][..<row].max() ?? 0
      #expect(abs(likeness.nearest[row] - nearest) < 1e-4, "seed \(seed), row \(row)")
      let others = expected[row].indices.filter { $0 != row }.map { expected[row][$0] }.sorted(by: >)
      let group = others.prefix(min(count / 8, 16))
      let mean = group.count < 2 ? 0 : group.reduce(0, +) / Double(group.count)
      #expect(abs(likeness.group[row] - mean) < 1e-4, "seed \(seed), row \(row)")
    }
    let threaded = ResidualLikeness(Self.matrix(rows), without: Self.matrix(directions), threads: 3)
    #expect(threaded.nearest == likeness.nearest && threaded.group == likeness.group, "seed \(seed)")
  }

  /// What pulls towards one label alike is no twin; what shares anything beyond it is.
  @Test func labelsMakeNoTwins() {
    var random = SeededRandom(seed: 3)
    let label = random.gaussianVector(count: 2_000, deviation: 1)
    let aim = random.gaussianVector(count: 2_000, deviation: 1)
    func row(_ label: [Float], _ share: Float) -> [Float] {
      var row = random.gaussianVector(count: 2_000, deviation: 1)
      Kernels.axpy(share, label, &row)
      return row
    }
    let rows = (0..<8).map { _ in row(label, 3) } + (0..<3).map { _ in row(aim, 2) }
    let likeness = ResidualLikeness(Self.matrix(rows), without: Self.matrix([label]), threads: 1)
    #expect(likeness.nearest[..<8].allSatisfy { $0 < 0.15 }, "\(likeness.nearest)")
    #expect(likeness.nearest[8] < 0.15 && likeness.nearest[9...].allSatisfy { $0 > 0.7 })
  }

  @Test func nothingIsLikeNothing() {
    let none = ResidualLikeness(Self.matrix([]), without: Self.matrix([]), threads: 2)
    #expect(none.nearest.isEmpty && none.group.isEmpty)
    let zeros = Self.matrix([[0, 0, 0, 0], [0, 0, 0, 0]])
    let likeness = ResidualLikeness(zeros, without: zeros, threads: 1)
    #expect(likeness.nearest == [0, 0] && likeness.group == [0, 0])
    // Directions that the earlier ones span already take nothing away twice.
    let doubled = Self.matrix([[2, 0, 0, 0], [4, 0, 0, 0], [0, 3, 0, 0]]).orthonormal
    #expect(doubled.values == [1, 0, 0, 0, 0, 1, 0, 0])
  }
}
