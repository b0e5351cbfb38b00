public import Updates
import Wire

/// A validator's judgement of the updates of one task, window after window.
///
/// A judge is a value: it remembers how well each contributor's updates have fitted so far, the latest global
/// steps and the content of the latest windows. Checks go from cheap to dear, and the first that fails
/// decides: availability and form, emptiness, duplicates, rate, near copies and replays, norm, trust.
///
/// Trust is soft. A measure against the root updates is averaged over a contributor's windows, because a
/// single update from few examples says little; and no update is refused for raising the loss of a reference
/// set on its own, which under label skew would refuse the honest. A policy may choose a classic rule in
/// place of trust; the checks up to the rate then come first, and the rule decides.
///
/// ```swift
/// var judge = Judge()
/// let judgements = judge.judge(window)         // one for each candidate, in the same order
/// judge.observe(step)                          // what the merge published
/// ```
public struct Judge: Sendable {
  var standings = Standings()
  var recentSteps: [Payload] = []
  var recentUpdates: [RecentUpdate] = []
  var recentContent: [Set<Digest>] = []
  var recentNorms = RecentNorms()

  /// Knows nobody yet.
  public init() {}

  /// Whether everything that is remembered is about models of this length.
  public func fits(parameterCount: Int) -> Bool {
    (recentSteps + recentUpdates.map(\.payload)).allSatisfy { $0.parameterCount == parameterCount }
  }

  /// Remembers a published step, to tell replays by.
  public mutating func observe(_ step: Step) {
    guard step.payload.codedValueCount > 0 else { return }
    recentSteps.append(step.payload)
    if recentSteps.count > JudgingThresholds.recentSteps { recentSteps.removeFirst() }
  }

  /// Judges a closed window.
  ///
  /// The time grows with the number of values that the updates hold and, on the sketches alone, with the
  /// number of pairs. Beside the input it takes about 10 KB an update.
  ///
  /// - Parameters:
  ///   - input: root updates and steps observed must be as long as the model
  ///   - threads: how many threads divide the work. The judgements do not depend on it. Matrix products come
  ///     on top unless `BLAS.setThreads(1)` keeps each on its own thread.
  ///   - didFinish: called on this thread after each stage, in order; a rule that does not need a stage
  ///     leaves it out
  /// - Returns: a judgement for each candidate, in the order of the candidates. Their order has no influence.
  public mutating func judge(
    _ input: JudgingInput, threads: Int = 1, didFinish: (JudgingStage) -> Void = { _ in }
  ) -> [Judgement] {
    precondition(
      input.rootUpdates.balanced.count == input.parameterCount, "root updates are as long as the model")
    precondition(
      recentSteps.allSatisfy { $0.parameterCount == input.parameterCount }, "steps are as long as the model")
    var window = JudgedWindow(input)
    window.checkForm()
    guard input.policy.rule != .mean else {
      window.admitAlike()
      didFinish(.checks)
      return window.judgements
    }
    window.checkEmpty()
    window.checkDuplicates(recent: recentContent, threads: threads)
    window.checkRate()
    didFinish(.checks)
    let isTrust = input.policy.rule == .trust
    window.measure(against: isTrust ? input.rootUpdates : nil, threads: threads)
    didFinish(.sketch)
    if isTrust {
      window.checkCopies(recentSteps: recentSteps, recentUpdates: recentUpdates, threads: threads)
      window.checkNorms(recent: &recentNorms)
      didFinish(.copies)
      let likeness = window.likeness(threads: threads)
      didFinish(.likeness)
      weigh(&window, likeness)
    } else {
      window.weighByRule()
    }
    remember(window)
    didFinish(.trust)
    return window.judgements
  }

  private mutating func remember(_ window: JudgedWindow) {
    recentContent.append(window.admittedContent)
    let updates = recentUpdates + window.admittedUpdates
    recentUpdates = Array(updates.suffix(JudgingThresholds.recentUpdates))
    if recentContent.count > JudgingThresholds.recentWindows { recentContent.removeFirst() }
  }

  /// Turns what was measured into trust.
  private mutating func weigh(_ window: inout JudgedWindow, _ likeness: ResidualLikeness) {
    for (index, latest) in zip(window.openIndices, window.trustMeasures(likeness)) {
      let measures = standings.record(
        latest, of: window.entries[index].candidate.contributor, at: window.input.version)
      let factors = measures.factors
      let trust = factors.reduce(1) { $0 * $1.value }
      if trust < JudgingThresholds.leastTrust, let least = factors.min(by: { $0.value < $1.value }) {
        window.reject(index, least.reason, measured: least.measured, limit: least.ramp.full)
      } else {
        window.admit(index, trust: trust)
      }
    }
  }
}

/// A part of judging a window.
public enum JudgingStage: String, Sendable, CaseIterable {
  /// Form, emptiness, duplicates and rate: everything that looks at no values.
  case checks
  /// The pass over the values: sketches, norms and dot products with the root updates.
  case sketch
  /// Near copies and replays, and norms.
  case copies
  /// Likeness beyond the labels, between all pairs.
  case likeness
  /// Trust.
  case trust
}
