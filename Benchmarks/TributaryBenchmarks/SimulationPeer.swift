import Foundation
import Learning
import Numerics
import Settings
import Simulation

/// Other software that simulates federated learning, on the same examples in the same run.
enum SimulationPeer: String, CaseIterable {
  case numpy
  case pfl
  case flower
  case flwrRun = "flwr-run"

  /// What became of a run.
  struct Answer: Decodable {
    let clientRounds: Int
    let seconds: Double
    /// 0...1.
    let accuracy: Double
  }

  /// What the peer reads.
  private struct Job: Encodable {
    let layers: [Int]
    let clients: [[Int]]
    let test: [Int]
    let epochs: Int
    let batchSize: Int
    let learningRate: Double
  }

  private static let interpreter = "Benchmarks/peers/.venv-simulation/bin/python"
  private static let script = "Benchmarks/peers/simulation.py"

  /// Whether the peers are installed.
  static var areInstalled: Bool { FileManager.default.isExecutableFile(atPath: interpreter) }

  /// The name in reports.
  var name: String {
    switch self {
    case .numpy: "a NumPy loop"
    case .pfl: "pfl-research 0.6.0"
    case .flower: "Flower 1.42.0, run_simulation"
    case .flwrRun: "Flower 1.42.0, flwr run"
    }
  }

  /// Runs federated averaging, a core's worth of BLAS each.
  func measure(rounds: Int, in folder: String) throws -> Answer {
    let output = try Subprocess.output(
      of: "/usr/bin/env",
      [
        "OMP_NUM_THREADS=1", "OPENBLAS_NUM_THREADS=1", Self.interpreter, Self.script, folder, rawValue,
        "\(rounds)",
      ])
    // Software talks on standard output as well; the answer comes last.
    let lines = output.split(separator: UInt8(ascii: "\n"))
    guard let last = lines.last else { throw BenchmarkError("\(name) said nothing") }
    return try JSONDecoder().decode(Answer.self, from: Data(last))
  }

  /// Writes what a scenario deals out.
  static func write(_ scenario: Scenario, to folder: String) throws {
    let source = try DatasetLoader.load(scenario.data.source)
    let specification = try ModelSpecification(parsing: scenario.model)
    let data = try DealtData(try DealingPlan(scenario), of: source)
    guard case .epochs(let epochs) = scenario.training.duration else {
      throw BenchmarkError("peers train by epochs")
    }
    let job = Job(
      layers: specification.layers.map(\.inputs) + [specification.classCount],
      clients: data.contributors.map(\.indices), test: data.test.indices, epochs: epochs,
      batchSize: scenario.training.batchSize, learningRate: scenario.training.learningRate)
    func write(_ bytes: [UInt8], as name: String) throws {
      try Data(bytes).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    try write([UInt8](try JSONEncoder().encode(job)), as: "job.json")
    try write(Kernels.littleEndianBytes(of: source.features[...]), as: "features.f32")
    try write(Kernels.littleEndianBytes(of: source.labels[...]), as: "labels.i32")
    let weights = specification.initialWeights(seed: scenario.seed)
    try write(Kernels.littleEndianBytes(of: weights[...]), as: "weights.f32")
  }
}
