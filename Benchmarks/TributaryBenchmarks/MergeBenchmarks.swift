import Aggregation
import Numerics
import Updates
import Wire

/// The integer merge of a window of 64 updates: each part alone, then the whole, on one and two threads.
enum MergeBenchmarks {
  private static let updateCount = 64

  static func run() throws -> Report {
    var report = Report(name: "merge")
    for (parameterCount, size) in [(1_000_000, "1 M"), (10_000_000, "10 M")] {
      try Window(parameterCount: parameterCount, size: size).measure(&report)
    }
    return report
  }

  /// A window of updates of one length, and what their merge must at least move through memory.
  private struct Window {
    let parameterCount: Int
    let size: String
    let contributions: [Contribution]
    let policy = MergePolicy(windowSize: UInt32(updateCount))
    // Fewer where a run is long.
    let runs: Int

    init(parameterCount: Int, size: String) {
      self.parameterCount = parameterCount
      self.size = size
      runs = parameterCount > 1_000_000 ? 5 : 9
      contributions = SampleUpdates.payloads(count: updateCount, parameterCount: parameterCount).map {
        Contribution(payload: $0, weight: 40_000)
      }
    }

    func measure(_ report: inout Report) throws {
      try accumulate(&report)
      let mean = try mean(&report)
      try parts(mean, &report)
      try whole(&report)
    }

    /// Exact sums, against numpy's over the same updates, decoded before.
    private func accumulate(_ report: inout Report) throws {
      let updates = contributions.map { WeightedPayload($0.payload, weight: Int32($0.weight)) }
      var sums = [Int64](repeating: 0, count: parameterCount)
      Payload.accumulate(updates, into: &sums)
      let peer = try NumpyMerge.measure(contributions, sums: sums)
      let seconds = Stopwatch.medianSeconds(runs: runs) { Payload.accumulate(updates, into: &sums) }
      let rate = Double(updateCount) / seconds
      report.add(
        "\(size): decode and accumulate", rate, unit: "updates/s a core", peer: peer, bound: scatterBound)
      report.add("\(size): accumulate", seconds * 1_000, unit: "ms")
    }

    /// The rate of adding decoded values one by one to sums that stay in the cache.
    private var scatterBound: Report.Mark {
      let vectors = contributions.map { $0.payload.sparseValues() }
      let length = Self.cachedChunks * UpdateLimits.chunkParameterCount
      let parts = vectors.map { vector in
        let indices = Array(vector.indices.prefix { $0 < length })
        return (indices: indices, values: Array(vector.values.prefix(indices.count)))
      }
      var sums = [Int64](repeating: 0, count: length)
      let seconds = Stopwatch.medianSeconds(runs: runs) {
        for part in parts {
          Kernels.scatterAdd(weight: 40_000, indices: part.indices, values: part.values, into: &sums)
        }
      }
      let added = parts.reduce(0) { $0 + $1.indices.count }
      let wanted = vectors.reduce(0) { $0 + $1.indices.count }
      return ("scatter in cache", Double(updateCount) / seconds * Double(added) / Double(wanted))
    }

    /// A quarter of a megabyte of sums.
    private static let cachedChunks = 8

    private func mean(_ report: inout Report) throws -> WeightedMean {
      let mean = try mean(threads: 1)
      for threads in [1, 2] {
        let seconds = try Stopwatch.medianSeconds(runs: runs) {
          Stopwatch.keep(Int(try self.mean(threads: threads).quanta[0]))
        }
        report.add("\(size): accumulate and round, \(Self.name(threads))", seconds * 1_000, unit: "ms")
      }
      return mean
    }

    private func mean(threads: Int) throws -> WeightedMean {
      try WeightedMean(
        of: contributions, parameterCount: parameterCount, rateQ16: policy.serverLearningRateQ16,
        threads: threads)
    }

    /// What a merge does to the mean, and the roots that are attested.
    private func parts(_ mean: WeightedMean, _ report: inout Report) throws {
      var feedback = ErrorFeedback(parameterCount: parameterCount)
      var payload = feedback.compress(mean.quanta, form: policy.downForm)
      let compressing = Stopwatch.medianSeconds(runs: runs) {
        payload = feedback.compress(mean.quanta, form: policy.downForm)
      }
      // The mean is read, the residual read and written.
      report.add(
        "\(size): compress", compressing * 1_000, unit: "ms", bound: memoryBound(bytesPerParameter: 12))
      var model = try ModelVersion(task: .zero, weights: weights)
      let stepping = try Stopwatch.medianSeconds(runs: runs) {
        try model.apply(Step(task: .zero, version: model.number + 1, payload: payload))
      }
      report.add("\(size): step", stepping * 1_000, unit: "ms")
      let state = try ModelState(model: model, residual: feedback.residual)
      let hashing = Stopwatch.medianSeconds(runs: 3) {
        Stopwatch.keep(state.parametersRoot.hashValue ^ state.residualRoot.hashValue)
      }
      let hashed = Double(parameterCount * 8) / Machine.hashedBytesPerSecond
      report.add("\(size): roots", hashing * 1_000, unit: "ms", bound: ("BLAKE2b", hashed * 1_000))
    }

    /// A version from a window, without the roots.
    private func whole(_ report: inout Report) throws {
      for threads in [1, 2] {
        var state = try ModelState(task: .zero, initialWeights: weights)
        let seconds = try Stopwatch.medianSeconds(runs: runs) {
          _ = try state.merge(contributions, policy: policy, threads: threads)
        }
        let name = "\(size): ModelState.merge, \(Self.name(threads))"
        // The mean is written and read, the residual read and written.
        report.add(name, seconds * 1_000, unit: "ms a version", bound: memoryBound(bytesPerParameter: 16))
      }
    }

    private var weights: [Float] { SampleUpdates.direction(seed: 0, parameterCount: parameterCount) }

    private func memoryBound(bytesPerParameter: Int) -> Report.Mark {
      ("memory", Double(bytesPerParameter * parameterCount) / Machine.memoryBytesPerSecond * 1_000)
    }

    private static func name(_ threads: Int) -> String { threads == 1 ? "1 thread" : "\(threads) threads" }
  }
}
