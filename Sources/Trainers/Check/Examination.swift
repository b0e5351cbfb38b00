import JSON5
import Learning
import Numerics

/// One check of a running trainer. What a part needs and an earlier part did not get, it leaves out: the
/// fault is among the findings already.
struct Examination {
  private typealias Finding = TrainerCheck.Finding

  let trainer: ProcessTrainer
  let settings: TrainerCheck.Settings
  private let startSeconds: Double
  private(set) var report = TrainerCheck.Report()
  var calls: [(name: String, seconds: [Double], peakMemoryBytes: Int)] = []

  init(_ trainer: ProcessTrainer, _ settings: TrainerCheck.Settings, startSeconds: Double) {
    self.trainer = trainer
    self.settings = settings
    self.startSeconds = startSeconds
  }

  /// Goes through all parts.
  ///
  /// - Throws: `LearningError.cancelled`.
  consuming func run() async throws(LearningError) -> TrainerCheck.Report {
    report.name = trainer.name
    try await noteCost("describe", startSeconds)
    let layout = trainer.layout
    pass(
      "describe",
      "\(layout.tensors.count) tensors with \(layout.count) values, \(trainer.examples) examples in "
        + "\(trainer.groupCount) groups")
    if let weights = try await initialize() {
      let before = try await evaluate(weights)
      if let gradient = try await gradient(weights) {
        try await groups(weights, gradient)
        if let before { try await slopes(weights, before, gradient) }
      }
      try await train(weights, before)
    }
    report.costs = calls.map { name, seconds, peak in
      let median = seconds.sorted()[seconds.count / 2]
      return TrainerCheck.Cost(
        call: name, count: seconds.count, medianSeconds: median, peakMemoryBytes: peak)
    }
    return report
  }

  // MARK: Findings

  mutating func pass(_ subject: String, _ text: String) { add(.passed, subject, text, "") }

  mutating func note(_ subject: String, _ text: String, _ remedy: String) {
    add(.noted, subject, text, remedy)
  }

  mutating func fail(_ subject: String, _ text: String, _ remedy: String) {
    add(.failed, subject, text, remedy)
  }

  private mutating func add(_ verdict: Finding.Verdict, _ subject: String, _ text: String, _ remedy: String) {
    report.findings.append(Finding(verdict: verdict, subject: subject, text: text, remedy: remedy))
  }

  // MARK: Parts

  /// First weights: the same for one seed, others for another.
  private mutating func initialize() async throws(LearningError) -> [Float]? {
    let seed = settings.seed
    guard let first = try await initialWeights(seed: seed) else { return nil }
    guard let second = try await initialWeights(seed: seed),
      let other = try await initialWeights(seed: seed &+ 1)
    else { return first }
    let differing = zip(first, second).count { $0.bitPattern != $1.bitPattern }
    if differing > 0 {
      fail(
        "initialize", "two calls with one seed differ in \(differing) of \(first.count) values",
        "seed every source of randomness that the model's construction uses with 'seed'")
    } else if first == other {
      note(
        "initialize", "two seeds give the same weights",
        "this is right if training starts from fixed weights; otherwise use 'seed'")
    } else {
      pass("initialize", "one seed gives the same weights twice, another seed gives others")
    }
    return first
  }

  /// The judgement of some weights: the same each time.
  private mutating func evaluate(_ weights: [Float]) async throws(LearningError) -> Evaluation? {
    guard let first = try await evaluation(weights), let second = try await evaluation(weights) else {
      return nil
    }
    compare(first, second, "two calls with the same weights", "turn dropout off, and draw nothing at random")
    if first.examples != trainer.examples {
      note(
        "evaluate", "it judged \(first.examples) examples, and describes itself with \(trainer.examples)",
        "judge all examples, so that two judgements can be compared")
    }
    return first
  }

  /// Holds two judgements of the same weights against each other.
  mutating func compare(_ first: Evaluation, _ second: Evaluation, _ occasion: String, _ remedy: String) {
    let (values, others) = (Self.values(of: first), Self.values(of: second))
    guard first != second else {
      let text = values.map { "\($0.name) \($0.value)" }.joined(separator: ", ")
      return pass("evaluate", "\(occasion) agree: \(text)")
    }
    guard values.map(\.name) == others.map(\.name), first.examples == second.examples else {
      return fail("evaluate", "\(occasion) have other metrics, or other examples", remedy)
    }
    let apart = zip(values, others).filter { abs($0.value - $1.value) > Self.roundingShare * abs($0.value) }
    if apart.isEmpty {
      note("evaluate", "\(occasion) differ in the last digits", "this does no harm")
    } else {
      let texts = apart.map { "\($0.name) \($0.value), then \($1.value)" }
      fail("evaluate", "\(occasion) differ: \(texts.joined(separator: "; "))", remedy)
    }
  }

  /// The share of a value by which sums differ whose terms are added up in another order, in single
  /// precision.
  static let roundingShare = 1e-5

  private static func values(of evaluation: Evaluation) -> [(name: String, value: Double)] {
    let metrics = evaluation.metrics.sorted { $0.key < $1.key }
    return [("loss", evaluation.loss)] + metrics.map { (JSON5Text.printable($0.key), $0.value) }
  }
}
