import Aggregation
import Attribution
import Learning
import Numerics
import Updates
import Wire

/// What one more update costs in a window's credits at 1 M parameters: one dot product with the gradient.
enum CreditBenchmarks {
  private static let parameterCount = 1_000_000
  private static let updateCount = 64

  static func run() async throws -> Report {
    var report = Report(name: "credits")
    let payloads = SampleUpdates.payloads(count: updateCount, parameterCount: parameterCount)
    let gradient = SampleUpdates.direction(seed: 0, parameterCount: parameterCount)
    dotProducts(payloads, gradient, &report)
    try await row(payloads, gradient, &report)
    return report
  }

  private static func dotProducts(_ payloads: [Payload], _ gradient: [Float], _ report: inout Report) {
    let vectors = payloads.map { $0.sparseValues() }
    let dense = SampleUpdates.direction(seed: 1, parameterCount: parameterCount)
    let seconds = Stopwatch.medianSeconds {
      for vector in vectors {
        let dot = Kernels.gatherDot(indices: vector.indices, values: vector.values, dense: gradient)
        Stopwatch.keep(dot > 0 ? 1 : 0)
      }
    } against: {
      for _ in vectors { Stopwatch.keep(Kernels.dot(dense, gradient) > 0 ? 1 : 0) }
    }
    report.add(
      "dot product of an update", seconds.first / Double(updateCount) * 1e6, unit: "us",
      peer: ("dense dot product", seconds.second / Double(updateCount) * 1e6))
    let decoding = Stopwatch.medianSeconds {
      for payload in payloads {
        let vector = payload.sparseValues()
        let dot = Kernels.gatherDot(indices: vector.indices, values: vector.values, dense: gradient)
        Stopwatch.keep(dot > 0 ? 1 : 0)
      }
    }
    report.add("credit of an update, decoded", decoding / Double(updateCount) * 1e6, unit: "us")
  }

  /// All credits of a window, with a trainer that answers at once: everything but the gradients.
  private static func row(
    _ payloads: [Payload], _ gradient: [Float], _ report: inout Report
  ) async throws {
    let contributions = payloads.map { Contribution(payload: $0, weight: 40_000) }
    let policy = MergePolicy(windowSize: UInt32(updateCount))
    let state = try ModelState(task: .zero, initialWeights: gradient)
    let mean = try WeightedMean(
      of: contributions, parameterCount: parameterCount, rateQ16: policy.serverLearningRateQ16)
    let merge = try CreditedMerge(of: contributions, into: state, mean: mean, policy: policy)
    let trainer = try ConstantTrainer(gradient: gradient)
    for quadrature in AumannShapley.Quadrature.allCases {
      let credits = AumannShapley(quadrature)
      let seconds = try await Stopwatch.medianSeconds {
        Stopwatch.keep(try await credits.credits(of: merge, by: trainer).credits.count)
      }
      report.add(
        "credits of \(updateCount) updates, \(quadrature), less gradients", seconds * 1_000, unit: "ms")
    }
  }
}

/// A trainer whose loss is linear: it has its answers ready.
private struct ConstantTrainer: Trainer {
  let layout: ParameterLayout
  let gradient: [Float]

  init(gradient: [Float]) throws {
    layout = try ParameterLayout([(name: "weights", shape: [gradient.count])])
    self.gradient = gradient
  }

  func initialWeights(seed: UInt64) -> [Float] { gradient }

  func train(_ weights: [Float], _ configuration: TrainingConfiguration) async -> TrainingResult {
    TrainingResult(weights: weights, examples: 0, steps: 0, loss: 1)
  }

  func evaluate(_ weights: [Float]) async -> Evaluation { Evaluation(loss: 1, examples: 1) }

  func gradient(_ weights: [Float]) async -> GradientResult {
    GradientResult(loss: 1, gradient: gradient, examples: 1)
  }
}
