import Learning

/// Measures versions of a model on the test set, as far as a schedule asks for it.
struct ModelMeter: Sendable {
  /// What became a version.
  struct Merge: Sendable {
    var updates = 0
    /// Of them, those that took part.
    var merged = 0
    /// In versions.
    var meanStaleness = 0.0
  }

  private let test: NativeTrainer
  private let triggeredTest: NativeTrainer?
  private let schedule: MeasuringSchedule
  private let lastVersion: UInt64

  init(_ federation: Federation, _ settings: RunSettings) {
    test = federation.test
    triggeredTest = federation.triggeredTest
    schedule = settings.measuring
    lastVersion = settings.versions
  }

  /// A version as it was measured; nil if the schedule leaves it out.
  func measured(
    _ number: UInt64, _ weights: [Float], of merge: Merge, at seconds: Double, root: String = ""
  ) async throws(LearningError) -> RunRecord.Version? {
    guard schedule.includes(number, last: lastVersion) else { return nil }
    let evaluation = try await test.evaluate(weights)
    let backdoorSuccess = try await triggeredTest?.evaluate(weights).accuracy ?? 0
    return RunRecord.Version(
      number: number, seconds: seconds, loss: evaluation.loss, accuracy: evaluation.accuracy ?? 0,
      backdoorSuccess: backdoorSuccess, updates: merge.updates, merged: merge.merged,
      meanStaleness: merge.meanStaleness, root: root)
  }
}
