import Foundation
import Learning
import Numerics

/// A native convolutional net on one thread: how many images of MNIST's size it trains on a second, beside
/// PyTorch on as many threads in the same run.
enum TrainingBenchmarks {
  private static let name = "conv(28x28x1,3x3x16,3x3x32,64,10)"
  private static let batchSize = 32
  private static let stepCount = 40
  private static let runs = 5
  private static let epochCount = 4
  private static let mnistFolder = "../shared/data/mnist"
  private static let interpreter = "Benchmarks/peers/.venv/bin/python"
  private static let script = "Benchmarks/peers/convolution.py"

  /// The peer's answer.
  private struct Answer: Decodable {
    let seconds: Double
  }

  static func run() async throws -> Report {
    var report = Report(name: "training")
    BLAS.setThreads(1)
    let specification = try ModelSpecification(parsing: name)
    var random = SeededRandom(seed: 21)
    let count = batchSize * stepCount
    let examples = try Dataset(
      features: (0..<count * specification.featureCount).map { _ in Float(random.uniform()) },
      featureCount: specification.featureCount,
      labels: (0..<count).map { _ in Int32(random.integer(below: specification.classCount)) },
      classCount: specification.classCount)
    let trainer = try NativeTrainer(specification, examples)
    let weights = specification.initialWeights(seed: 22)
    let configuration = TrainingConfiguration(
      .steps(stepCount), batchSize: batchSize, learningRate: 0.01)
    var training: [Double] = []
    var judging: [Double] = []
    for _ in 0..<runs {
      let start = Stopwatch.coreSeconds
      Stopwatch.keep(try await trainer.train(weights, configuration).steps)
      let trained = Stopwatch.coreSeconds
      Stopwatch.keep(try await trainer.gradient(weights).gradient.count)
      training.append(trained - start)
      judging.append(Stopwatch.coreSeconds - trained)
    }
    report.add(
      "train \(name)", Double(count) / Stopwatch.median(training), unit: "images/s a core",
      peer: try peer(examples: count))
    report.add("gradient over all images", Double(count) / Stopwatch.median(judging), unit: "images/s a core")
    try await mnist(specification, in: &report)
    return report
  }

  /// Trains on MNIST, from beside the repository as in the tournament, and measures on its test images.
  private static func mnist(_ specification: ModelSpecification, in report: inout Report) async throws {
    guard FileManager.default.fileExists(atPath: mnistFolder) else {
      Progress.say("  there is no \(mnistFolder); MNIST is left out")
      return
    }
    let weights = specification.initialWeights(seed: 23)
    let configuration = TrainingConfiguration(
      .epochs(epochCount), batchSize: batchSize, learningRate: 0.1, seed: 24)
    let trained = try await NativeTrainer(specification, try examples("train")).train(weights, configuration)
    let found = try await NativeTrainer(specification, try examples("t10k")).evaluate(trained.weights)
    report.add("accuracy on MNIST, \(epochCount) epochs", 100 * (found.accuracy ?? 0), unit: "%")
  }

  private static func examples(_ part: String) throws -> Dataset {
    func read(_ name: String) throws -> [UInt8] {
      let path = "\(mnistFolder)/\(part)-\(name)-ubyte.gz"
      return try Gzip.inflate([UInt8](try Data(contentsOf: URL(fileURLWithPath: path))))
    }
    return try IDX.dataset(images: try read("images-idx3"), labels: try read("labels-idx1"))
  }

  private static func peer(examples: Int) throws -> Report.Mark? {
    guard FileManager.default.isExecutableFile(atPath: interpreter) else {
      Progress.say("  there is no \(interpreter): `scripts/setup-peers` makes it; PyTorch is left out")
      return nil
    }
    let output = try Subprocess.output(of: interpreter, [script, "\(batchSize)", "\(stepCount)", "\(runs)"])
    return ("PyTorch", Double(examples) / (try JSONDecoder().decode(Answer.self, from: output).seconds))
  }
}
