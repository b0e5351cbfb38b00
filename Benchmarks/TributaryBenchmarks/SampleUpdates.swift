import Dispatch
import Foundation
import Numerics
import Synchronization
import Updates

/// Updates as contributors send them: every chunk's kept values lie at uniform places, with Gaussian sizes.
enum SampleUpdates {
  static let keptPerChunk = 64
  static let form = PacketForm.sparse(keptPerChunk: keptPerChunk)

  /// Makes updates, each from a stream of its own.
  static func payloads(count: Int, parameterCount: Int) -> [Payload] {
    map(count: count, parameterCount: parameterCount) { $1 }
  }

  /// Makes updates on all cores, and returns what becomes of each: its number and payload are handed over.
  static func map<Result: Sendable>(
    count: Int, parameterCount: Int, _ transform: @Sendable (Int, Payload) -> Result
  ) -> [Result] {
    let results = Mutex([Result?](repeating: nil, count: count))
    let makers = min(count, ProcessInfo.processInfo.activeProcessorCount)
    DispatchQueue.concurrentPerform(iterations: makers) { first in
      var values = [Int32](repeating: 0, count: parameterCount)
      for number in stride(from: first, to: count, by: makers) {
        let payload = payload(seed: UInt64(number), keptPerChunk: keptPerChunk, in: &values)
        let result = transform(number, payload)
        results.withLock { $0[number] = result }
      }
    }
    return results.withLock { $0.compactMap(\.self) }
  }

  /// One update. Every chunk keeps as many values as the form allows, as the chunks of a trained model do.
  static func payload(
    seed: UInt64, parameterCount: Int, keptPerChunk: Int = SampleUpdates.keptPerChunk
  ) -> Payload {
    var values = [Int32](repeating: 0, count: parameterCount)
    return payload(seed: seed, keptPerChunk: keptPerChunk, in: &values)
  }

  /// Makes an update in a vector of zeros, and leaves zeros behind.
  private static func payload(seed: UInt64, keptPerChunk: Int, in values: inout [Int32]) -> Payload {
    var random = SeededRandom(seed: 11, stream: seed)
    let size = UpdateLimits.chunkParameterCount
    var kept: [Int] = []
    for start in stride(from: 0, to: values.count, by: size) {
      let length = min(size, values.count - start)
      var missing = keptPerChunk * length / size
      while missing > 0 {
        let index = start + random.integer(below: length)
        guard values[index] == 0 else { continue }
        values[index] = Int32(random.gaussian() * 100_000) | 1
        kept.append(index)
        missing -= 1
      }
    }
    defer { for index in kept { values[index] = 0 } }
    return Payload(encoding: values, form: .sparse(keptPerChunk: keptPerChunk))
  }

  /// A dense vector of uniform values between -1/2 and 1/2.
  static func direction(seed: UInt64, parameterCount: Int) -> [Float] {
    var random = SeededRandom(seed: 12, stream: seed)
    return (0..<parameterCount).map { _ in Float(random.uniform() - 0.5) }
  }
}
