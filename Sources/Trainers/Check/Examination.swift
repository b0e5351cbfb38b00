import JSON5
import Learning
import Numerics

/// One check of a running trainer. What a part needs and an earlier part did not get, it leaves out: the fault is
/// among the findings already.
struct Examination {
  private typealias Finding = TrainerCheck.Finding

  let trainer: ProcessTrainer
  let settings: TrainerCheck.Settings
  private let startSeconds: Double
  private(set) var report = TrainerCheck.Report()
  private var seconds: [(call: String, values: [Double], peakMemoryBytes: Int)] = []

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
      if let gradient = try await gradient(weights, before) {
        try await groups(weights, gradient)
        if let before { try await derivatives(weights, before, gradient.gradient) }
      }
      try await train(weights, before)
    }
    report.costs = seconds.map { call, values, peak in
      TrainerCheck.Cost(
        call: call, count: values.count, medianSeconds: values.sorted()[values.count / 2], peakMemoryBytes: peak)
    }
    return report
  }

  // MARK: Findings

  mutating func pass(_ subject: String, _ text: String) { add(.passed, subject, text, "") }

  mutating func note(_ subject: String, _ text: String, _ remedy: String) { add(.noted, subject, text, remedy) }

  mutating func fail(_ subject: String, _ text: String, _ remedy: String) { add(.failed, subject, text, remedy) }

  private mutating func add(_ verdict: Finding.Verdict, _ subject: String, _ text: String, _ remedy: String) {
    report.findings.append(Finding(verdict: verdict, subject: subject, text: text, remedy: remedy))
  }

  /// Makes a call, and takes its time; a call that fails becomes a finding, once for each kind.
  mutating func call<Value: Sendable>(
    _ name: String, _ body: () async throws(LearningError) -> Value
  ) async throws(LearningError) -> Value? {
    let start = ContinuousClock.now
    do throws(LearningError) {
      let value = try await body()
      try await noteCost(name, (ContinuousClock.now - start) / .seconds(1))
      return value
    } catch {
      if error == .cancelled { throw error }
      let isKnown = report.findings.contains { $0.subject == name && $0.text == "\(error)" }
      if !isKnown { fail(name, "\(error)", "mend what the trainer or its last lines name, and check again") }
      return nil
    }
  }

  private mutating func noteCost(_ name: String, _ duration: Double) async throws(LearningError) {
    let peak = try await trainer.peakMemoryBytes()
    if let place = seconds.firstIndex(where: { $0.call == name }) {
      seconds[place].values.append(duration)
      seconds[place].peakMemoryBytes = max(seconds[place].peakMemoryBytes, peak)
    } else {
      seconds.append((name, [duration], peak))
    }
  }

  // MARK: Parts

  /// First weights: the same for one seed, others for another.
  private mutating func initialize() async throws(LearningError) -> [Float]? {
    let (trainer, seed) = (trainer, settings.seed)
    func weights(_ seed: UInt64) async throws(LearningError) -> [Float] {
      try await trainer.initialWeights(seed: seed)
    }
    guard let first = try await call("initialize", { () throws(LearningError) in try await weights(seed) })
    else { return nil }
    let second = try await call("initialize") { () throws(LearningError) in try await weights(seed) }
    let other = try await call("initialize") { () throws(LearningError) in try await weights(seed &+ 1) }
    guard let second, let other else { return first }
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
    let trainer = trainer
    func evaluation() async throws(LearningError) -> Evaluation { try await trainer.evaluate(weights) }
    guard let first = try await call("evaluate", { () throws(LearningError) in try await evaluation() }),
      let second = try await call("evaluate", { () throws(LearningError) in try await evaluation() })
    else { return nil }
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

  /// The share of a value by which sums differ whose terms are added up in another order, in single precision.
  static let roundingShare = 1e-5

  private static func values(of evaluation: Evaluation) -> [(name: String, value: Double)] {
    let metrics = evaluation.metrics.sorted { $0.key < $1.key }
    return [("loss", evaluation.loss)] + metrics.map { (JSON5Text.printable($0.key), $0.value) }
  }
}
