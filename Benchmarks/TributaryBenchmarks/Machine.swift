import Foundation
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

  /// A line of the kernel's account of a process's memory, such as `VmRSS`, in bytes.
  static func memoryBytes(_ name: String, of process: String = "self") throws -> Double {
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix("\(name):") }
    guard
      let kilobytes = line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap({ Double($0) })
    else { throw BenchmarkError("the kernel does not say \(name) of process \(process)") }
    return kilobytes * 1_024
  }

  /// The seconds for which cores have run a process so far, to a hundredth.
  static func coreSeconds(of process: String) throws -> Double {
    let line = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    // The name, in parentheses, may hold anything; user and system time are the 14th and 15th field.
    let fields = line.split(separator: ")").last?.split(separator: " ") ?? []
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else {
      throw BenchmarkError("the kernel does not say how long process \(process) ran")
    }
    return (user + system) / Double(sysconf(CInt(_SC_CLK_TCK)))
  }

  /// The limits as a suite of their own.
  static func run() -> Report {
    var report = Report(name: "machine")
    report.add("memory, y = a x + y", memoryBytesPerSecond, unit: "bytes/s")
    report.add("BLAKE2b-256", hashedBytesPerSecond, unit: "bytes/s")
    report.add("Ed25519 verification", verificationsPerSecond, unit: "signatures/s")
    return report
  }
}
