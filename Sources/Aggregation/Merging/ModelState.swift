public import Updates
public import Wire

/// What replicas hold of a model: the published version, and what the compression of its steps has left out.
///
/// Everything a merge computes is integer arithmetic but for one addition to each weight, in the function
/// that followers use as well. So a state is the same to the bit on every machine, and followers hold the
/// same weights.
public struct ModelState: Sendable, Hashable {
  /// The published version.
  public private(set) var model: ModelVersion
  /// What the steps have left out so far.
  public private(set) var feedback: ErrorFeedback

  /// Starts a task from its first weights.
  public init(task: Digest, initialWeights: [Float]) throws(AggregationError) {
    model = try ModelVersion(task: task, weights: initialWeights)
    feedback = ErrorFeedback(parameterCount: initialWeights.count)
  }

  /// Takes up a stored state.
  ///
  /// - Throws: `AggregationError.wrongLength`, or `.update` for a residual out of range.
  public init(model: ModelVersion, residual: [Int32]) throws(AggregationError) {
    guard residual.count == model.weights.count else {
      throw .wrongLength(what: "the residual", count: residual.count, expected: model.weights.count)
    }
    self.model = model
    do {
      feedback = try ErrorFeedback(residual: residual)
    } catch {
      throw .update(error.description)
    }
  }

  /// The point that the merges have led to exactly: published weights plus residual.
  ///
  /// Seen from here a merge moves by its uncompressed mean, whatever compression does to the published
  /// weights: the perturbed iterate of Stich and Karimireddy (arXiv:1909.05350, section 3). Credits are
  /// measured along its path.
  public var virtualWeights: [Float] {
    zip(model.weights, feedback.residual).map { $0 + Float($1) * FixedPoint.quantum }
  }

  /// The root over the published weights' chunks.
  public var parametersRoot: Digest { ChunkTree.over(model.weights).root }

  /// The root over the residual's chunks.
  public var residualRoot: Digest { ChunkTree.over(feedback.residual).root }

  /// Merges the updates of a closed window into the next version.
  ///
  /// D = round(rate * sum of w_i * v_i / sum of w_i), per parameter, in quanta. The step is what the codec
  /// keeps of D and the residual; what it leaves out is the next residual. The result depends neither on the
  /// order of the contributions nor on the number of threads. With no weight at all D is zero and nothing is
  /// taken from the residual: the step is empty, and the version moves on.
  ///
  /// - Parameters:
  ///   - contributions: updates with their weights; weight zero takes no part
  ///   - policy: gives the server's learning rate and the step's form
  ///   - threads: how many threads add up
  /// - Throws: `AggregationError.tooManyContributions`, `.wrongLength`; the state is then unchanged.
  public mutating func merge(
    _ contributions: [Contribution], policy: MergePolicy, threads: Int = 1
  ) throws(AggregationError) -> MergeOutcome {
    let mean = try WeightedMean(
      of: contributions, parameterCount: model.weights.count, rateQ16: policy.serverLearningRateQ16,
      threads: threads)
    let payload =
      mean.totalWeight == 0
      ? Payload(encoding: mean.quanta, form: policy.downForm)
      : feedback.compress(mean.quanta, form: policy.downForm)
    let step = Step(task: model.task, version: model.number + 1, payload: payload)
    try model.apply(step)
    return MergeOutcome(step: step, mean: mean)
  }
}

/// An update and its weight in a merge.
public struct Contribution: Sendable, Hashable {
  /// The update's values.
  public let payload: Payload
  /// The weight in units of 1/65535: `MergeWeight`.
  public let weight: UInt16

  /// Pairs an update with its weight.
  public init(payload: Payload, weight: UInt16) {
    self.payload = payload
    self.weight = weight
  }
}

/// What a merge has done.
public struct MergeOutcome: Sendable, Hashable {
  /// What is published: the compressed step to the new version.
  public let step: Step
  /// What the updates came to before compression.
  public let mean: WeightedMean

  /// Reports a merge.
  init(step: Step, mean: WeightedMean) {
    self.step = step
    self.mean = mean
  }
}
