public import Updates
public import Wire

/// One version of a task's model, as everyone who follows the published steps holds it.
///
/// ```swift
/// var model = try ModelVersion(task: task, weights: initialWeights)
/// try model.apply(step)               // version 1, the same bits as every other follower's
/// ```
public struct ModelVersion: Sendable, Hashable {
  /// The task whose model this is.
  public let task: Digest
  /// How many steps the model has taken.
  public private(set) var number: UInt64
  /// The flat vector of weights.
  public private(set) var weights: [Float]

  /// Takes up a version, by default the first one.
  ///
  /// - Throws: `AggregationError.weightNotFinite`, `AggregationError.parameterCountOutOfRange`.
  public init(task: Digest, number: UInt64 = 0, weights: [Float]) throws(AggregationError) {
    guard (1...UpdateLimits.parameterCountLimit).contains(weights.count) else {
      throw .parameterCountOutOfRange(weights.count)
    }
    if let index = weights.firstIndex(where: { !$0.isFinite }) { throw .weightNotFinite(index: index) }
    self.task = task
    self.number = number
    self.weights = weights
  }

  /// Moves on to the next version: adds every value of the step, as a `Float`, to the weight at its index.
  ///
  /// - Throws: `AggregationError.wrongTask`, `.wrongVersion` or `.wrongLength`; the model is then unchanged.
  public mutating func apply(_ step: Step) throws(AggregationError) {
    guard step.task == task else { throw .wrongTask(expected: task.short, found: step.task.short) }
    guard number < .max, step.version == number + 1 else {
      throw .wrongVersion(expected: number &+ 1, found: step.version)
    }
    guard step.payload.parameterCount == weights.count else {
      throw .wrongLength(what: "the step", count: step.payload.parameterCount, expected: weights.count)
    }
    step.payload.add(to: &weights)
    number = step.version
  }
}
