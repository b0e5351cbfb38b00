import Foundation
import Numerics

/// The rules for dense vectors against byzfl and Flower on the same vectors: milliseconds, and how far each
/// is from what the machine needs to read the vectors, or to multiply them by BLAS.
enum AggregationBenchmarks {
  private static let counts = [64, 256]
  private static let threadCounts = [1, 2]

  static func run() throws -> Report {
    var report = Report(name: "aggregation")
    if !AggregationPeer.areInstalled {
      Progress.say("  the peers are left out: `make bench-aggregation` installs them")
    }
    for count in counts {
      let sample = try AggregationSample(count: count)
      try TemporaryFolder.with { folder in
        try sample.write(to: folder)
        for threads in threadCounts {
          try measure(sample, threads: threads, peersIn: folder, to: &report)
        }
      }
    }
    return report
  }

  private static func measure(
    _ sample: AggregationSample, threads: Int, peersIn folder: String, to report: inout Report
  ) throws {
    let batch = sample.batch
    let place = "n = \(batch.count), \(threads) thread\(threads == 1 ? "" : "s")"
    let bounds = AggregationBounds(of: batch, threads: threads)
    let bytes = Double(batch.values.count * MemoryLayout<Float>.size)
    report.add("\(place): memory", bytes / bounds.readSeconds, unit: "bytes/s")
    report.add("\(place): one read", 1_000 * bounds.readSeconds, unit: "ms")
    report.add("\(place): dot products by BLAS", 1_000 * bounds.gramSeconds, unit: "ms")

    var answers: [AggregationPeer: [String: AggregationPeer.Answer]] = [:]
    if AggregationPeer.areInstalled {
      for peer in AggregationPeer.allCases {
        Progress.say("  \(place): \(peer.name)")
        answers[peer] = try peer.measure(sample, in: folder, threads: threads)
      }
    }
    for measured in AggregationCase.all(tolerating: sample.attackers) {
      var result: [Float] = []
      let seconds = try Stopwatch.medianSeconds(runs: batch.count > 100 ? 5 : 9) {
        result = try measured.run(batch, threads)
      }
      let least = bounds.seconds(measured.bound)
      let bound = (
        name: String(format: "%@ x %.2f, aim %g", measured.bound.name, seconds / least, measured.aim),
        value: 1_000 * least
      )
      let name = "\(place): \(measured.name)"
      var marks: [Report.Mark] = []
      for peer in AggregationPeer.allCases {
        guard let rule = measured.peerRule, let answer = answers[peer]?[rule] else { continue }
        if let reason = answer.refused { Progress.say("  \(name): \(peer.name): \(reason)") }
        if let limit = answer.stopped { marks.append(("\(peer.name), stopped", 1_000 * limit)) }
        guard let theirs = answer.seconds else { continue }
        marks.append((peer.name, 1_000 * theirs))
        if measured.agreeing.contains(peer) {
          try peer.check(rule, against: result, ties: measured.ties, in: folder)
        }
      }
      // The fastest peer comes first.
      marks.sort { $0.value < $1.value }
      for mark in marks.isEmpty ? [nil] : marks.map(Optional.some) {
        report.add(name, 1_000 * seconds, unit: "ms", peer: mark, bound: bound)
      }
    }
  }
}

extension AggregationCase.Bound {
  /// The bound's name in reports.
  fileprivate var name: String {
    switch self {
    case .read: "read"
    case .gramAndRead: "BLAS + read"
    }
  }
}
