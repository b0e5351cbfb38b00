import Foundation
import Learning
import Numerics
import Trainers

/// What it costs to ask a trainer in another process: an evaluation whose trainer copies the weights out of
/// the shared memory, as one that uses them has to, and answers.
enum TrainerBenchmarks {
  private static let script = """
    import json, mmap, os, struct, sys
    count = int(sys.argv[1])
    def answer(request, result):
        body = json.dumps({"id": request["id"], "result": result}).encode()
        os.write(1, b"TRBF" + struct.pack("<I", len(body)) + body)
    def read():
        _, length = struct.unpack("<4sI", sys.stdin.buffer.read(8) or sys.exit(0))
        return json.loads(sys.stdin.buffer.read(length))
    tensors = [{"name": "weights", "shape": [count]}]
    answer(read(), {"tensors": tensors, "examples": 1, "groups": 1, "name": "echo"})
    weights = bytearray(4 * count)
    memory = None
    while True:
        request = read()
        memory = memory or mmap.mmap(3, 0)
        weights[:] = memoryview(memory)[: 4 * count]
        answer(request, {"examples": 1, "loss": struct.unpack_from("<f", weights)[0], "metrics": {}})
    """

  static func run() async throws -> Report {
    var report = Report(name: "trainer")
    for (count, size) in [(1_000, "1 k"), (1_000_000, "1 M"), (10_000_000, "10 M")] {
      let roundTrip = try await roundTrip(count)
      report.add(
        "\(size): evaluate in another process", roundTrip * 1_000, unit: "ms",
        bound: ("two copies", copyingTwice(count) * 1_000))
    }
    return report
  }

  private static func roundTrip(_ count: Int) async throws -> Double {
    let weights = SampleUpdates.direction(seed: 0, parameterCount: count)
    return try await TemporaryFolder.with { folder in
      try Data(script.utf8).write(to: URL(fileURLWithPath: "\(folder)/echo.py"))
      let command = TrainerCommand(["python3", "echo.py", "\(count)"], folder: folder)
      let trainer = try await ProcessTrainer.start(command, expecting: nil) { _ in }
      let seconds = try await Stopwatch.medianSeconds(runs: 25) {
        let evaluation = try await trainer.evaluate(weights)
        guard evaluation.loss == Double(weights[0]) else {
          throw BenchmarkError("the trainer read other weights")
        }
      }
      await trainer.stop()
      return seconds
    }
  }

  /// The time of copying a vector into memory that is in use, and on to other such memory.
  private static func copyingTwice(_ count: Int) -> Double {
    let source = SampleUpdates.direction(seed: 0, parameterCount: count)
    var (first, second) = ([Float](repeating: 0, count: count), [Float](repeating: 0, count: count))
    return Stopwatch.medianSeconds(runs: 25) {
      copy(source, to: &first)
      copy(first, to: &second)
      Stopwatch.keep(second.count)
    }
  }

  @inline(never)
  private static func copy(_ source: [Float], to target: inout [Float]) {
    target.withUnsafeMutableBytes { target in source.withUnsafeBytes { target.copyMemory(from: $0) } }
  }
}
