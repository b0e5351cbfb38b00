import Numerics
import Wire

/// What this machine can do at most, measured once in the same run as the figures that are held against it.
enum Machine {
  /// Bytes that one core reads and writes a second in y = a x + y over vectors far larger than any cache.
  static let memoryBytesPerSecond: Double = {
    let count = 32 << 20
    let x = [Float](repeating: 1, count: count)
    var y = [Float](repeating: 1, count: count)
    let seconds = Stopwatch.fastestSeconds { Kernels.axpy(0.5, x, &y) }
    return Double(3 * count * MemoryLayout<Float>.size) / seconds
  }()

  /// Bytes that one core hashes a second with BLAKE2b, in pieces as long as a model's chunk.
  static let hashedBytesPerSecond: Double = {
    let (piece, count) = ([UInt8](repeating: 7, count: 16_384), 1_024)
    let seconds = Stopwatch.fastestSeconds {
      for _ in 0..<count { Stopwatch.keep(Int(truncatingIfNeeded: Digest(of: piece, in: .blob).leadingWord)) }
    }
    return Double(piece.count * count) / seconds
  }()

  /// Ed25519 signatures that one core checks a second.
  static let verificationsPerSecond: Double = {
    guard let key = try? SigningKey(seed: [UInt8](repeating: 7, count: SigningKey.seedByteCount)) else {
      preconditionFailure("a seed of the right length makes a key")
    }
    let (message, count) = ([UInt8](repeating: 3, count: Digest.byteCount), 1_000)
    let signature = key.sign(message)
    let seconds = Stopwatch.fastestSeconds {
      for _ in 0..<count { Stopwatch.keep(key.publicKey.verifies(signature, over: message) ? 1 : 0) }
    }
    return Double(count) / seconds
  }()

  /// The limits as a suite of their own.
  static func run() -> Report {
    var report = Report(name: "machine")
    report.add("memory, y = a x + y", memoryBytesPerSecond, unit: "bytes/s")
    report.add("BLAKE2b-256", hashedBytesPerSecond, unit: "bytes/s")
    report.add("Ed25519 verification", verificationsPerSecond, unit: "signatures/s")
    return report
  }
}
