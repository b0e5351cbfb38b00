import Numerics
import Wire

/// Keys that are the same in every run.
enum SampleKeys {
  static func key(_ number: Int) throws -> SigningKey {
    var random = SeededRandom(seed: 13, stream: UInt64(number))
    return try SigningKey(seed: (0..<SigningKey.seedByteCount).map { _ in UInt8(random.integer(below: 256)) })
  }
}
