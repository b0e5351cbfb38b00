import Dispatch
import Numerics
import Synchronization
import Updates

/// Updates as contributors send them: every chunk's kept values lie at uniform places, with Gaussian sizes.
enum SampleUpdates {
  static let keptPerChunk = 64
  static let form = PacketForm.sparse(keptPerChunk: keptPerChunk)

  /// Makes updates, each from a stream of its own.
  static func payloads(count: Int, parameterCount: Int) -> [Payload] {
    let payloads = Mutex([Payload?](repeating: nil, count: count))
    DispatchQueue.concurrentPerform(iterations: count) { number in
      let payload = payload(seed: UInt64(number), parameterCount: parameterCount)
      payloads.withLock { $0[number] = payload }
    }
    return payloads.withLock { $0.compactMap(\.self) }
  }

  /// One update. Every chunk keeps as many values as the form allows, as the chunks of a trained model do.
  static func payload(
    seed: UInt64, parameterCount: Int, keptPerChunk: Int = SampleUpdates.keptPerChunk
  ) -> Payload {
    var random = SeededRandom(seed: 11, stream: seed)
    var values = [Int32](repeating: 0, count: parameterCount)
    let size = UpdateLimits.chunkParameterCount
    for start in stride(from: 0, to: parameterCount, by: size) {
      let length = min(size, parameterCount - start)
      var missing = keptPerChunk * length / size
      while missing > 0 {
        let index = start + random.integer(below: length)
        guard values[index] == 0 else { continue }
        values[index] = Int32(random.gaussian() * 100_000) | 1
        missing -= 1
      }
    }
    return Payload(encoding: values, form: .sparse(keptPerChunk: keptPerChunk))
  }

  /// A dense vector of uniform values between -1/2 and 1/2.
  static func direction(seed: UInt64, parameterCount: Int) -> [Float] {
    var random = SeededRandom(seed: 12, stream: seed)
    return (0..<parameterCount).map { _ in Float(random.uniform() - 0.5) }
  }
}
