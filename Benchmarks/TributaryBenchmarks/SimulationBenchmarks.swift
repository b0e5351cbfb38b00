import Aggregation
import Foundation
import JSON5
import Learning
import Numerics
import Settings
import Simulation

/// Simulations beside those of other software, on the same model, examples and local steps in the same run,
/// and how their speed and memory grow with the number of contributors.
///
/// Other software averages dense updates and checks nothing. Ours is `tributary simulate` as a process of its
/// own: compressed packets with error feedback, a ledger, and a validator that merges them by plain
/// averaging.
enum SimulationBenchmarks {
  private static let mnistFolder = "../shared/data/mnist"
  private static let contributorCounts = [100, 1_000, 10_000, 50_000]
  private static let peerRounds: [SimulationPeer: Int] = [.numpy: 40, .pfl: 20, .flower: 5, .flwrRun: 10]

  static func run() throws -> Report {
    var report = Report(name: "simulation")
    BLAS.setThreads(1)
    let digits = try measure(try smallModel(), named: "softmax on the digits", in: &report)
    try addPeers(
      SimulationPeer.allCases, of: try smallModel(), named: "softmax on the digits", digits, in: &report)
    try addArithmetic(of: digits, examples: 5, parameters: (first: 640, all: 650), in: &report)
    try addGrowth(in: &report)
    guard FileManager.default.fileExists(atPath: mnistFolder) else {
      Progress.say("  there is no \(mnistFolder); MNIST is left out")
      return report
    }
    let mnist = try measure(try perceptron(), named: "perceptron on MNIST", in: &report)
    try addPeers(
      [.numpy, .pfl, .flower], of: try perceptron(), named: "perceptron on MNIST", mnist, in: &report)
    try addArithmetic(of: mnist, examples: 1, parameters: (first: 25_088, all: 25_450), in: &report)
    return report
  }

  // MARK: the jobs

  /// A hundred contributors and a model of 650 parameters: whatever is not arithmetic shows.
  private static func smallModel() throws -> Scenario {
    try Scenario(
      json5: Array(
        """
        { validators: { count: 1 }, contributors: { count: 100, devices: { slowness: 1 }, hostile: {} },
          data: { source: "digits", partition: "iid" }, model: "softmax(64,10)",
          training: { epochs: 5, batchSize: 8, learningRate: 0.2 }, windows: 300,
          merge: { rule: "mean", windowSize: 100, updatesPerContributorPerWindow: 1 },
          packetPrivacy: "plain", signatures: false, residuals: "compact" }
        """.utf8), name: "digits")
  }

  private static func perceptron() throws -> Scenario {
    try Scenario(
      json5: Array(
        """
        { validators: { count: 1 }, testExamples: 2000, referenceExamplesPerValidator: 200,
          contributors: { count: 200, devices: { slowness: 1 }, hostile: {} },
          data: { source: { idx: { images: "\(mnistFolder)/train-images-idx3-ubyte.gz",
            labels: "\(mnistFolder)/train-labels-idx1-ubyte.gz" } }, partition: { sampled: 60 } },
          model: "mlp(784,32,10)", training: { epochs: 1, batchSize: 20, learningRate: 0.1 }, windows: 50,
          merge: { rule: "mean", windowSize: 200, updatesPerContributorPerWindow: 1, upForm: "sparse:64" },
          packetPrivacy: "plain", signatures: false, residuals: "compact" }
        """.utf8), name: "mnist")
  }

  // MARK: ours

  private static func measure(_ scenario: Scenario, named name: String, in report: inout Report) throws
    -> SimulationRecord
  {
    let record = try simulate(scenario)
    report.add("client-rounds, \(name)", record.cost.clientRoundsPerSecond, unit: "/s")
    report.add(
      "client-rounds a core-second, \(name)", Double(record.cost.clientRounds) / record.cost.coreSeconds,
      unit: "/s")
    report.add("accuracy, \(name)", 100 * record.figures.accuracy, unit: "%")
    return record
  }

  private static func simulate(_ scenario: Scenario) throws -> SimulationRecord {
    try TemporaryFolder.with { folder in
      let path = "\(folder)/scenario.json5"
      try Data(scenario.documented.utf8).write(to: URL(fileURLWithPath: path))
      _ = try Subprocess.output(
        of: try DemoBenchmarks.command(), ["simulate", path, "--out", "\(folder)/out"])
      let bytes = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/out/simulation.json"))
      return try SimulationRecord(json: Array(bytes))
    }
  }

  /// What training computes a second of a core, beside what OpenBLAS does at most.
  ///
  /// - Parameters:
  ///   - examples: passes over the examples for one update
  ///   - parameters: those of the first layer's weights, and all
  private static func addArithmetic(
    of record: SimulationRecord, examples passes: Int, parameters: (first: Int, all: Int),
    in report: inout Report
  ) throws {
    let met = record.run.contributors.reduce(0) { $0 + $1.examples } / record.run.contributors.count * passes
    // Forward, gradient, and what is carried down to all layers but the first: two operations a parameter.
    let operations = Double(record.cost.clientRounds * met * (6 * parameters.all - 2 * parameters.first))
    report.add("training, of the cores' time", 100 * record.cost.trainingShare, unit: "%")
    report.add(
      "training arithmetic", operations / record.cost.trainingCoreSeconds / 1e9, unit: "GFLOP/s a core",
      bound: ("OpenBLAS, 1024 x 1024", peakOperationsPerSecond / 1e9))
  }

  private static let peakOperationsPerSecond: Double = {
    let size = 1_024
    let (left, right) = ([Float](repeating: 1, count: size * size), [Float](repeating: 2, count: size * size))
    var product = left
    let seconds = Stopwatch.fastestSeconds {
      BLAS.multiply(
        left.span, as: .asStored, right.span, as: .asStored, rows: size, columns: size, inner: size,
        into: &product)
    }
    return 2 * Double(size * size * size) / seconds
  }()

  private static func addGrowth(in report: inout Report) throws {
    for count in contributorCounts {
      var scenario = try smallModel()
      scenario.contributors.count = count
      scenario.data.partition = .sampled(examples: 12)
      scenario.merge.windowSize = UInt32(max(100, count / 10))
      scenario.windows = max(12, 20_000 / Int(scenario.merge.windowSize))
      let record = try simulate(scenario)
      report.add("client-rounds, \(count) contributors", record.cost.clientRoundsPerSecond, unit: "/s")
      report.add(
        "resident memory a contributor, \(count)", Double(record.cost.bytesPerContributor), unit: "bytes")
    }
  }

  // MARK: others

  private static func addPeers(
    _ peers: [SimulationPeer], of scenario: Scenario, named name: String, _ ours: SimulationRecord,
    in report: inout Report
  ) throws {
    guard SimulationPeer.areInstalled else {
      Progress.say("  the peers are not installed: `scripts/setup-peers` does it; they are left out")
      return
    }
    try TemporaryFolder.with { folder in
      try SimulationPeer.write(scenario, to: folder)
      for peer in peers {
        guard let rounds = peerRounds[peer] else { continue }
        let answer = try peer.measure(rounds: rounds, in: folder)
        report.add(
          "client-rounds, \(name), beside \(peer.name)", ours.cost.clientRoundsPerSecond, unit: "/s",
          peer: (peer.name, Double(answer.clientRounds) / answer.seconds))
        report.add(
          "accuracy of \(peer.name) after \(rounds) rounds, \(name)", 100 * answer.accuracy, unit: "%")
      }
    }
  }
}
