import Foundation
import Numerics

/// Another library's rules, on the same vectors and as many threads, in the same run.
enum AggregationPeer: String, CaseIterable, Sendable {
  case byzflNumPy = "byzfl-numpy"
  case byzflTorch = "byzfl-torch"
  case flower

  static let byzfl: [AggregationPeer] = [.byzflNumPy, .byzflTorch]

  /// What became of one rule.
  struct Answer: Decodable {
    /// The median time.
    let seconds: Double?
    /// The time after which it was stopped.
    let stopped: Double?
    /// Why it was not, or could not be, run.
    let refused: String?
  }

  /// The most seconds that one call may take.
  private static let callLimitSeconds = 6
  /// The most by which a value may differ from ours, as a part of the largest one.
  private static let tolerance: Float = 1e-4
  private static let interpreter = "Benchmarks/peers/.venv/bin/python"
  private static let script = "Benchmarks/peers/aggregation.py"

  /// Whether the peers are installed.
  static var areInstalled: Bool { FileManager.default.isExecutableFile(atPath: interpreter) }

  /// The name in reports.
  var name: String {
    switch self {
    case .byzflNumPy: "byzfl 0.0.11, NumPy"
    case .byzflTorch: "byzfl 0.0.11, PyTorch"
    case .flower: "Flower 1.42.0"
    }
  }

  /// Times every rule that the library has.
  func measure(_ sample: AggregationSample, in folder: String, threads: Int) throws -> [String: Answer] {
    let limits = ["OMP", "OPENBLAS", "MKL"].map { "\($0)_NUM_THREADS=\(threads)" }
    let numbers = [sample.batch.count, sample.batch.dimension, sample.attackers, threads].map(String.init)
    let output = try Subprocess.output(
      of: "/usr/bin/env",
      limits + [Self.interpreter, Self.script, folder] + numbers + [rawValue, "\(Self.callLimitSeconds)"])
    return try JSONDecoder().decode([String: Answer].self, from: output)
  }

  /// Refuses an answer that differs from ours by more than single precision explains.
  ///
  /// - Parameter ties: in how many places a near tie may have been decided otherwise
  func check(_ rule: String, against ours: [Float], ties: Int, in folder: String) throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(rawValue)-\(rule).f32"))
    let theirs = bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    guard theirs.count == ours.count else {
      throw BenchmarkError("\(name) answers \(theirs.count) values to \(rule), not \(ours.count)")
    }
    let limit = Self.tolerance * Kernels.maximumMagnitude(ours)
    let differing = zip(ours, theirs).count { !(abs($0 - $1) <= limit) }
    guard differing <= ties else {
      throw BenchmarkError("\(name) and Tributary differ in \(differing) values of \(rule)")
    }
  }
}
