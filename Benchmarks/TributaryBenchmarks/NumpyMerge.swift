import Aggregation
import Foundation
import Updates

/// The same merge by numpy, over indices and values that were decoded before, in the same run.
///
/// It is left out where the repository has no Python environment with numpy.
enum NumpyMerge {
  private static let interpreter = ".venv/bin/python"
  private static let script = "Benchmarks/peers/merge.py"

  /// The peer's answer.
  private struct Answer: Decodable {
    let seconds: Double
    let checksum: UInt64
  }

  /// Measures numpy, and checks that it arrives at the same sums.
  ///
  /// - Returns: its updates a second; nil without numpy
  static func measure(_ contributions: [Contribution], sums: [Int64]) throws -> Report.Mark? {
    guard FileManager.default.isExecutableFile(atPath: interpreter) else {
      Progress.say("  there is no \(interpreter): `make setup` makes it; numpy is left out")
      return nil
    }
    return try TemporaryFolder.with { folder in
      try write(contributions, to: folder)
      let output = try Subprocess.output(of: interpreter, [script, folder, "\(sums.count)"])
      let answer = try JSONDecoder().decode(Answer.self, from: output)
      guard answer.checksum == checksum(sums) else {
        throw BenchmarkError("numpy's sums differ from the merge's")
      }
      return ("numpy", Double(contributions.count) / answer.seconds)
    }
  }

  /// Every sum times its place from 1, modulo 2^64, so that no two sums can change places unseen.
  private static func checksum(_ sums: [Int64]) -> UInt64 {
    var checksum: UInt64 = 0
    for (index, sum) in sums.enumerated() {
      checksum &+= UInt64(bitPattern: sum) &* UInt64(index + 1)
    }
    return checksum
  }

  private static func write(_ contributions: [Contribution], to folder: String) throws {
    let vectors = contributions.map { $0.payload.sparseValues() }
    try write(vectors.map { UInt32($0.indices.count) }, to: "\(folder)/counts.u32")
    try write(contributions.map { UInt32($0.weight) }, to: "\(folder)/weights.u32")
    try write(vectors.flatMap(\.indices), to: "\(folder)/indices.u32")
    try write(vectors.flatMap(\.values), to: "\(folder)/values.i32")
  }

  private static func write<Word: FixedWidthInteger>(_ words: [Word], to path: String) throws {
    let bytes = words.withUnsafeBytes { Data($0) }
    try bytes.write(to: URL(fileURLWithPath: path))
  }
}
