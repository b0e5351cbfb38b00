import Foundation
import Numerics
import Testing

@testable import Simulation

/// Distributions over devices, held to their moments.
struct DeviceSpreadTests {
  private static let count = 40_000
  /// About one in a million draws of a mean lies further off.
  private static let standardErrors = 5.0

  @Test(arguments: [1, 2, 3] as [UInt64]) func logNormalsHaveTheirMoments(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let (median, sigma) = (250.0, 0.7)
    let logs = DeviceSpread.logNormal(median: median, sigma: sigma).values(Self.count, using: &random).map {
      log($0)
    }
    let mean = logs.reduce(0, +) / Double(Self.count)
    let variance = logs.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(Self.count - 1)
    let root = Double(Self.count).squareRoot()
    #expect(abs(mean - log(median)) < Self.standardErrors * sigma / root, "seed \(seed): \(mean)")
    // The variance of a sample variance is 2 sigma^4 / (n - 1).
    let deviation = sigma * sigma * 2.0.squareRoot() / root
    #expect(abs(variance - sigma * sigma) < Self.standardErrors * deviation, "seed \(seed): \(variance)")
  }

  @Test(arguments: [1, 2, 3] as [UInt64]) func bucketsTakeTheirPartsAndFillTheirRanges(_ seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let buckets = [
      DeviceSpread.Bucket(parts: 5, from: 1, to: 2), .init(parts: 3, from: 3, to: 5),
      .init(parts: 2, from: 50, to: 80),
    ]
    let values = DeviceSpread.buckets(buckets).values(Self.count, using: &random)
    for (bucket, expected) in zip(buckets, [20_000, 12_000, 8_000]) {
      let found = values.filter { (bucket.from...bucket.to).contains($0) }
      #expect(found.count == expected, "seed \(seed)")
      let mean = found.reduce(0, +) / Double(expected)
      // A uniform distribution's deviation is its width over the root of 12.
      let deviation = (bucket.to - bucket.from) / 12.0.squareRoot() / Double(expected).squareRoot()
      #expect(
        abs(mean - (bucket.from + bucket.to) / 2) < Self.standardErrors * deviation, "seed \(seed): \(mean)")
    }
    let half = values.prefix(Self.count / 2).count { $0 < 2.5 }
    #expect(abs(half - 10_000) < 500, "seed \(seed): the order says nothing, but the first half has \(half)")
  }

  @Test(arguments: 1...40) func everyDeviceHasABucket(_ count: Int) {
    var random = SeededRandom(seed: 5)
    let spread = DeviceSpread.buckets([
      .init(parts: 1, from: 1, to: 1), .init(parts: 1, from: 2, to: 2), .init(parts: 1, from: 3, to: 3),
    ])
    let values = spread.values(count, using: &random)
    #expect(values.count == count)
    for value in [1.0, 2, 3] { #expect(abs(3 * values.count { $0 == value } - count) <= 2) }
  }
}
