import Learning

// The calls of an examination: nil of one that failed, which is a finding then.
extension Examination {
  mutating func initialWeights(seed: UInt64) async throws(LearningError) -> [Float]? {
    let trainer = trainer
    return try await call("initialize") { () throws(LearningError) in
      try await trainer.initialWeights(seed: seed)
    }
  }

  mutating func evaluation(_ weights: [Float]) async throws(LearningError) -> Evaluation? {
    let trainer = trainer
    return try await call("evaluate") { () throws(LearningError) in try await trainer.evaluate(weights) }
  }

  mutating func gradient(
    _ weights: [Float], group: Int? = nil
  ) async throws(LearningError) -> GradientResult? {
    let trainer = trainer
    return try await call("gradient") { () throws(LearningError) in
      try await trainer.gradient(weights, group: group)
    }
  }

  mutating func training(_ weights: [Float], steps: Int) async throws(LearningError) -> TrainingResult? {
    let trainer = trainer
    let configuration = TrainingConfiguration(
      .steps(steps), batchSize: settings.batchSize, learningRate: settings.learningRate, seed: settings.seed)
    return try await call("train") { () throws(LearningError) in
      try await trainer.train(weights, configuration)
    }
  }

  /// Makes a call, and takes its time. The same fault of one kind of call is one finding.
  private mutating func call<Value: Sendable>(
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
      if !isKnown { fail(name, "\(error)", "mend what the error or the last lines name, and check again") }
      return nil
    }
  }

  mutating func noteCost(_ name: String, _ duration: Double) async throws(LearningError) {
    let peak = try await trainer.peakMemoryBytes()
    if let place = calls.firstIndex(where: { $0.name == name }) {
      calls[place].seconds.append(duration)
      calls[place].peakMemoryBytes = max(calls[place].peakMemoryBytes, peak)
    } else {
      calls.append((name, [duration], peak))
    }
  }
}
