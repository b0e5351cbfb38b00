import Aggregation
import Attribution
import Learning
import Numerics
import Testing
import Updates
import Wire

/// Credits of real windows against exact Shapley values: eight contributors on the optical digits, of which
/// one has flipped labels and one sends noise without training.
struct DigitsCreditTests {
  private struct Window {
    let row: CreditRow
    let exact: [Double]

    var credits: [Double] { row.credits.map(LossUnits.nats) }
  }

  private static let playerCount = 8
  private static let labelFlipper = 6
  private static let freeRider = 7

  private static func windows(
    _ count: Int, model: String, quadrature: AumannShapley.Quadrature, seed: UInt64
  ) async throws -> [Window] {
    let digits = try Digits.load()
    let specification = try ModelSpecification(parsing: model)
    let split = try ReferenceSplit(of: digits, validators: 1, examplesPerClass: 20, testCount: 0, seed: seed)
    let reference = try NativeTrainer(specification, try digits.subset(split.references[0]))
    let training = try digits.subset(split.training.prefix(400))
    var shards = try Partition(
      .dirichletLabels(alpha: 1), of: training, nodes: playerCount, minimumExamples: 8, seed: seed
    ).datasets(from: training)
    shards[labelFlipper] = try shards[labelFlipper].relabelled((0..<10).map { 9 - $0 })
    let trainers = try shards.map { try NativeTrainer(specification, $0) }

    let policy = MergePolicy(rule: .mean, upForm: .dense8, downForm: .sparse(keptPerChunk: 1_024))
    let task = Digest(of: Array(model.utf8), in: HashDomain("test.task"))
    var state = try ModelState(task: task, initialWeights: try reference.initialWeights(seed: seed))
    var random = SeededRandom(seed: seed)
    var windows: [Window] = []
    for _ in 0..<count {
      let before = state
      var contributions: [Contribution] = []
      for (index, trainer) in trainers.enumerated() {
        let delta = try await delta(
          of: trainer, isFreeRider: index == freeRider, from: state.model, using: &random)
        let payload = Payload(encoding: try FixedPoint.quantize(delta), form: policy.upForm)
        contributions.append(Contribution(payload: payload, weight: UInt16(40_000 + 3_000 * index)))
      }
      let outcome = try state.merge(contributions, policy: policy)
      let merge = try CreditedMerge(of: contributions, into: before, mean: outcome.mean, policy: policy)
      windows.append(
        Window(
          row: try await AumannShapley(quadrature).credits(of: merge, by: reference),
          exact: try await ExactShapley.values(of: merge, by: reference)))
    }
    return windows
  }

  private static func delta(
    of trainer: NativeTrainer, isFreeRider: Bool, from model: ModelVersion, using random: inout SeededRandom
  ) async throws -> [Float] {
    let configuration = TrainingConfiguration(.epochs(3), batchSize: 8, learningRate: 0.1, seed: model.number)
    let trained = try await trainer.train(model.weights, configuration)
    let honest = Kernels.difference(trained.weights, model.weights)
    guard isFreeRider else { return honest }
    return FreeRiderAttack(relativeNoise: 0.1).delta(AttackContext(honestDelta: honest), using: &random)
  }

  private static func ranks(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    for (rank, index) in order.enumerated() { ranks[index] = Double(rank) }
    return ranks
  }

  /// Spearman's rank correlation of values without ties.
  private static func spearman(_ left: [Double], _ right: [Double]) -> Double {
    let squares = zip(ranks(left), ranks(right)).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let count = Double(left.count)
    return 1 - 6 * squares / (count * (count * count - 1))
  }

  private static func relativeError(_ values: [Double], _ exact: [Double]) -> Double {
    let error = zip(values, exact).reduce(0.0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    let size = exact.reduce(0.0) { $0 + $1 * $1 }
    return (error / size).squareRoot()
  }

  private static func summed(_ rows: [[Double]]) -> [Double] {
    rows.reduce([Double](repeating: 0, count: playerCount)) { zip($0, $1).map { $0 + $1 } }
  }

  @Test(.timeLimit(.minutes(10)), arguments: ["softmax(64,10)", "mlp(64,16,10)"], [UInt64(91), 101, 102])
  func gaussCreditsAreCloseToExactShapleyValues(model: String, seed: UInt64) async throws {
    let windows = try await Self.windows(5, model: model, quadrature: .gauss, seed: seed)
    var correlations: [Double] = []
    for (number, window) in windows.enumerated() {
      correlations.append(Self.spearman(window.credits, window.exact))
      let error = Self.relativeError(window.credits, window.exact)
      let sum = LossUnits.nats(window.row.credits.reduce(0, +))
      let drop = LossUnits.nats(window.row.lossDrop)
      let place = "seed \(seed), \(model), window \(number)"
      #expect(error <= 0.05, "\(place): relative error \(error)")
      #expect(
        abs(sum - drop) <= 0.03 * abs(drop), "\(place): credits sum to \(sum), the loss drops by \(drop)")
      #expect(abs(window.exact.reduce(0, +) - drop) <= 0.001 * abs(drop), "\(place): Shapley is efficient")
    }
    let place = "seed \(seed), \(model)"
    // Of eight contributors two that are nearly level may swap in one window, which alone makes 0.976.
    let mean = correlations.reduce(0, +) / Double(correlations.count)
    #expect(mean >= 0.98 && correlations.allSatisfy { $0 > 0.97 }, "\(place): Spearman \(correlations)")
    let credits = Self.summed(windows.map(\.credits))
    let exact = Self.summed(windows.map(\.exact))
    #expect(Self.spearman(credits, exact) >= 0.98, "\(place): \(credits) against \(exact)")
    #expect(Self.relativeError(credits, exact) <= 0.05, "\(place): \(credits) against \(exact)")
    let honest = credits[..<Self.labelFlipper]
    #expect(
      honest.allSatisfy { $0 > max(credits[Self.labelFlipper], credits[Self.freeRider]) },
      "\(place): \(credits)")
  }

  @Test(.timeLimit(.minutes(10)))
  func midpointCreditsAreCloseAsWell() async throws {
    let windows = try await Self.windows(4, model: "mlp(64,16,10)", quadrature: .midpoint, seed: 91)
    let credits = Self.summed(windows.map(\.credits))
    let exact = Self.summed(windows.map(\.exact))
    #expect(Self.spearman(credits, exact) >= 0.98, "\(credits) against \(exact)")
    #expect(Self.relativeError(credits, exact) <= 0.1, "\(credits) against \(exact)")
  }
}
