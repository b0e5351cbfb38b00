import Numerics

@testable import Updates

/// Vectors that try to break a codec. The seed that made one is in its description.
struct TestVector: CustomStringConvertible, Sendable {
  let description: String
  let values: [Int32]

  /// Vectors of a length: gaussian, mostly zero, all zero, extreme, tied, tiny and clustered ones.
  static func all(count: Int, seed: UInt64) -> [TestVector] {
    var random = SeededRandom(seed: seed)
    func make(_ name: String, _ value: (Int) -> Int32) -> TestVector {
      TestVector(description: "\(name), count \(count), seed \(seed)", values: (0..<count).map(value))
    }
    let maximum = FixedPoint.maximum
    return [
      make("gaussian") { _ in Int32(random.gaussian() * 50_000) },
      make("mostly zero") { _ in
        random.integer(below: 100) == 0 ? Int32(random.integer(below: 2_000) - 1_000) : 0
      },
      make("zero") { _ in 0 },
      make("extreme") { _ in random.integer(below: 2) == 0 ? maximum : -maximum },
      make("tied") { $0 % 3 == 0 ? 5_000 : -5_000 },
      make("tiny") { _ in Int32(random.integer(below: 7) - 3) },
      make("clustered") { $0 < count / 8 ? Int32(random.integer(below: 1 << 30)) : 0 },
      make("one at the end") { $0 == count - 1 ? -77 : 0 },
      make("wide") { _ in Int32(truncatingIfNeeded: 1 << random.integer(below: 30)) },
    ]
  }

  static let forms: [PacketForm] = [
    .sparse(keptPerChunk: 1), .sparse(keptPerChunk: 64), .sparse(keptPerChunk: 1_000),
    .sparse(keptPerChunk: 4_096), .dense8, .dense4,
    .rotated(signsPerChunk: 64), .rotated(signsPerChunk: 4_096),
  ]
}
