import Aggregation
import Numerics
import Updates
import Wire

/// Judging a window of 64 updates against root updates of ten labels.
///
/// Every update gets through all checks up to trust: none is a copy, and all have one norm.
enum JudgeBenchmarks {
  private static let updateCount = 64
  private static let labelCount = 10
  /// As many published steps as a judge remembers, to tell replays by.
  private static let stepCount = 8
  private static let policy = MergePolicy(windowSize: UInt32(updateCount), upForm: SampleUpdates.form)

  static func run() throws -> Report {
    var report = Report(name: "judge")
    for (parameterCount, size) in [(1_000_000, "1 M"), (10_000_000, "10 M")] {
      try measure(parameterCount, size, &report)
    }
    return report
  }

  private static func measure(_ parameterCount: Int, _ size: String, _ report: inout Report) throws {
    let runs = parameterCount > 1_000_000 ? 3 : 7
    let payloads = SampleUpdates.payloads(count: updateCount, parameterCount: parameterCount)
    let roots = try RootUpdates(
      (0..<labelCount).map { SampleUpdates.direction(seed: UInt64($0), parameterCount: parameterCount) })
    let decoding = Stopwatch.medianSeconds(runs: runs) {
      for payload in payloads { Stopwatch.keep(payload.sparseValues().indices.count) }
    }
    report.add("\(size): decode", Double(updateCount) / decoding, unit: "updates/s a core")
    let gathering = gatherSeconds(payloads, roots, runs: runs)
    report.add(
      "\(size): dot products with \(labelCount + 1) directions", Double(updateCount) / gathering,
      unit: "updates/s a core")
    let bound = ("decode and dot products", Double(updateCount) / (decoding + gathering))
    let window = try window(payloads, roots, parameterCount: parameterCount)
    var judge = Judge()
    for past in [0, stepCount] {
      if past > 0 { observe(past, &judge, parameterCount: parameterCount) }
      let seconds = Stopwatch.medianSeconds(runs: runs) {
        var fresh = judge
        Stopwatch.keep(fresh.judge(window).count)
      }
      report.add(
        "\(size): judge, \(past) past steps", Double(updateCount) / seconds, unit: "updates/s a core",
        bound: bound)
    }
  }

  private static func gatherSeconds(_ payloads: [Payload], _ roots: RootUpdates, runs: Int) -> Double {
    let vectors = payloads.map { $0.sparseValues() }
    let directions = roots.directions + [roots.balanced]
    return Stopwatch.medianSeconds(runs: runs) {
      for vector in vectors {
        for direction in directions {
          let dot = Kernels.gatherDot(indices: vector.indices, values: vector.values, dense: direction)
          Stopwatch.keep(dot > 0 ? 1 : 0)
        }
      }
    }
  }

  private static func window(
    _ payloads: [Payload], _ roots: RootUpdates, parameterCount: Int
  ) throws -> JudgingInput {
    let candidates = try payloads.enumerated().map { number, payload in
      let key = try SampleKeys.key(number)
      let packet = Packet(
        task: .zero, baseVersion: 0, contributor: key.publicKey, sequence: 1, payload: payload)
      return Candidate(
        contributor: key.publicKey, packetDigest: packet.digest, commitPosition: UInt64(number),
        content: .packet(packet))
    }
    return JudgingInput(
      task: .zero, version: 0, parameterCount: parameterCount, candidates: candidates, rootUpdates: roots,
      seed: Digest(of: [1], in: .blob), policy: policy)
  }

  private static func observe(_ count: Int, _ judge: inout Judge, parameterCount: Int) {
    guard case .sparse(let kept) = policy.downForm else { return }
    for number in 1...count {
      let payload = SampleUpdates.payload(
        seed: UInt64(updateCount + number), parameterCount: parameterCount, keptPerChunk: kept)
      judge.observe(Step(task: .zero, version: UInt64(number), payload: payload))
    }
  }
}
