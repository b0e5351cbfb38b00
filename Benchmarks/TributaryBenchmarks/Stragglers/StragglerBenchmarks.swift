import Aggregation
import Foundation
import JSON5
import Learning
import Settings
import Simulation

/// Virtual time to an accuracy with stragglers: Tributary beside synchronous and asynchronous methods, on the
/// same contributors, devices and local training, each with its own tuned rates.
///
/// A third of the devices trains 50 to 80 times as long as an ordinary one (FADAS; Wang et al., 2024).
/// Tributary runs through its contributors, validators and gateway, with judging and compression.
enum StragglerBenchmarks {
  private static let skews = [0.1, 0.3]
  private static let seeds: [UInt64] = Array(1...10)
  private static let tuningSeeds: [UInt64] = Array(101...105)
  private static let targets = [0.8, 0.85]
  private static let secondsLimit = 400_000.0
  private static let folder = "Benchmarks/out/stragglers"

  private static var mnistFolder: String {
    ProcessInfo.processInfo.environment["MNIST"] ?? "../shared/data/mnist"
  }

  static func run() async throws -> Report {
    var report = Report(name: "stragglers")
    let images = "\(mnistFolder)/train-images-idx3-ubyte.gz"
    guard FileManager.default.fileExists(atPath: images) else {
      Progress.say("  there is no \(images); name MNIST's folder with MNIST=FOLDER")
      return report
    }
    let dataset = try DatasetLoader.load(
      .idx(images: images, labels: "\(mnistFolder)/train-labels-idx1-ubyte.gz"))
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    let track = RaceTrack(
      dataset: dataset, store: try await RaceStore(path: "\(folder)/runs.jsonl"), target: targets[1])
    let outcomes = try await outcomes(on: track)
    await track.store.close()
    for skew in skews { try add(skew, outcomes, to: &report) }
    return report
  }

  /// A contestant on one skew of the data.
  private struct Entry: Hashable {
    let contestant: Contestant
    let skew: Double
  }

  /// What a contestant was tuned to, and how its runs went, a seed each.
  private struct Outcome {
    let values: [Double]
    let runs: [[RunRecord.Version]]
  }

  /// Tunes and runs all contestants, so many of them at a time.
  private static func outcomes(on track: RaceTrack) async throws -> [Entry: Outcome] {
    let jobs = ProcessInfo.processInfo.environment["JOBS"].flatMap(Int.init)
    var waiting = skews.flatMap { skew in Contestant.allCases.map { Entry(contestant: $0, skew: skew) } }[...]
    var outcomes: [Entry: Outcome] = [:]
    try await withThrowingTaskGroup(of: (Entry, Outcome).self) { group in
      for entry in waiting.prefix(jobs ?? ProcessInfo.processInfo.activeProcessorCount) {
        group.addTask { (entry, try await outcome(of: entry, on: track)) }
        waiting.removeFirst()
      }
      while let (done, outcome) = try await group.next() {
        outcomes[done] = outcome
        if let entry = waiting.popFirst() {
          group.addTask { (entry, try await Self.outcome(of: entry, on: track)) }
        }
      }
    }
    return outcomes
  }

  private static func outcome(of entry: Entry, on track: RaceTrack) async throws -> Outcome {
    let values = try await track.tuned(
      entry.contestant, skew: entry.skew, seeds: tuningSeeds, within: secondsLimit)
    var runs: [[RunRecord.Version]] = []
    for seed in seeds {
      let cell = RaceCell(
        contestant: entry.contestant, skew: entry.skew, seed: seed, values: values,
        secondsLimit: secondsLimit,
        scenario: RaceTrack.scenarioText)
      runs.append(try await track.versions(cell))
    }
    return Outcome(values: values, runs: runs)
  }

  /// Reports one skew of the data, and draws the first seed's curves.
  private static func add(_ skew: Double, _ outcomes: [Entry: Outcome], to report: inout Report) throws {
    let found = Contestant.allCases.compactMap { contestant in
      outcomes[Entry(contestant: contestant, skew: skew)].map { (contestant: contestant, outcome: $0) }
    }
    for (contestant, outcome) in found {
      for (axis, value) in zip(contestant.axes, outcome.values) {
        report.add("tuned \(axis.name), Dirichlet \(skew), \(contestant.rawValue)", value, unit: "")
      }
    }
    for target in targets {
      let times = found.map { Stopwatch.median($0.outcome.runs.map { seconds(to: target, $0) }) }
      for ((contestant, _), time) in zip(found, times) {
        report.add(
          "virtual time to \(Int(100 * target)) %, Dirichlet \(skew), \(contestant.rawValue)", time,
          unit: "s", peer: contestant == .tributary ? nil : ("Tributary", times[0]))
      }
    }
    let path = "\(folder)/accuracy-dirichlet-\(skew).svg"
    let curves = found.map { (name: $0.contestant.rawValue, versions: $0.outcome.runs[0]) }
    try Data(RacePlot.svg(curves).utf8).write(to: URL(fileURLWithPath: path))
    Progress.say("  curves: \(path)")
  }

  private static func seconds(to target: Double, _ versions: [RunRecord.Version]) -> Double {
    versions.seconds(to: target, over: RaceTrack.averagedVersions) ?? .infinity
  }
}

/// Where contestants run.
struct RaceTrack {
  let dataset: Dataset
  let store: RaceStore
  /// The accuracy that ends a run.
  let target: Double

  private static let mostWindows = 10_000
  /// After how many times the fastest values' median a run with other values is given up.
  private static let patience = 1.3
  /// The accuracy is the mean of so many versions: under skewed data single ones are off by some per cent.
  static let averagedVersions = 5

  /// What all runs have in common. An ordinary machine trains 400 examples in 20 s; links are those of mobile
  /// networks, on which a dense model takes about 2 s.
  static let scenarioText = """
    { validators: { count: 1 }, testExamples: 2000, referenceExamplesPerValidator: 200,
      contributors: {
        count: \(Contestant.devices), hostile: {},
        devices: {
          slowness: { buckets: [{ from: 1, to: 2 }, { from: 3, to: 5 }, { from: 50, to: 80 }] },
          upBytesPerSecond: { logNormal: { median: 64e3, sigma: 0.5 } },
          downBytesPerSecond: { logNormal: { median: 256e3, sigma: 0.5 } },
        },
      },
      data: { source: { idx: { images: "MNIST", labels: "MNIST" } } },
      model: "softmax(784,10)", training: { steps: 20, batchSize: 20, learningRate: 0.1 }, windows: 10000,
      merge: { windowSize: \(Contestant.windowUpdates), updatesPerContributorPerWindow: 1 },
      packetPrivacy: "plain", signatures: false }
    """

  /// The versions that a run makes, up to the target.
  func versions(_ cell: RaceCell) async throws -> [RunRecord.Version] {
    if let kept = await store.versions(of: cell) { return kept }
    let start = ContinuousClock.now
    var scenario = try Scenario(json5: Array(cell.scenario.utf8), name: "stragglers")
    scenario.seed = cell.seed
    scenario.data.partition = .dirichletLabels(alpha: cell.skew)
    scenario.training.learningRate = cell.values[0]
    scenario.targetAccuracy = target
    scenario.windows = Self.mostWindows * cell.contestant.versionsPerWindow
    var race = Race(scenario, on: dataset, threads: 1)
    race.secondsLimit = cell.secondsLimit
    race.averagedVersions = Self.averagedVersions
    race.measuredInterval = UInt64(cell.contestant.versionsPerWindow)
    let versions: [RunRecord.Version]
    do {
      if let method = cell.contestant.method(cell.values) {
        versions = try await race.run(method).versions
      } else {
        race.scenario.merge.serverLearningRateQ16 = UInt32(cell.values[1] * 65_536)
        if let forms = cell.contestant.packetForms {
          (race.scenario.merge.upForm, race.scenario.merge.downForm) = forms
        }
        versions = try await race.run().versions
      }
    } catch let error as LearningError {
      Progress.say("  diverged: \(error)")
      versions = []
    }
    let wall = (ContinuousClock.now - start) / .seconds(1)
    let end = versions.last.map { String(format: "%.1f %% at %.0f s", 100 * $0.accuracy, $0.seconds) } ?? "-"
    Progress.say(
      "  \(cell.contestant.rawValue), Dirichlet \(cell.skew), seed \(cell.seed), \(cell.values): \(end) "
        + String(format: "(version %d, %.1f s)", versions.last?.number ?? 0, wall))
    try await store.keep(cell, versions)
    return versions
  }

  /// The values with which a contestant is fastest, in the median of the seeds. Runs end when they are much
  /// slower than the fastest values so far.
  func tuned(
    _ contestant: Contestant, skew: Double, seeds: [UInt64], within limit: Double
  ) async throws -> [Double] {
    var best: (values: [Double], seconds: Double) = ([], .infinity)
    for values in contestant.combinations {
      let secondsLimit = min(limit, Self.patience * best.seconds)
      var times: [Double] = []
      // Values by which most runs were given up are done with.
      while times.count < seeds.count, times.count(where: \.isInfinite) * 2 <= seeds.count {
        let cell = RaceCell(
          contestant: contestant, skew: skew, seed: seeds[times.count], values: values,
          secondsLimit: secondsLimit, scenario: Self.scenarioText)
        times.append(try await versions(cell).seconds(to: target, over: Self.averagedVersions) ?? .infinity)
      }
      let seconds = Stopwatch.median(times)
      if best.values.isEmpty || seconds < best.seconds { best = (values, seconds) }
    }
    return best.values
  }
}
