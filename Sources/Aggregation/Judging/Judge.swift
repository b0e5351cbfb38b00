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
  private var standings = Standings()
  private var recentSteps: [SparseVector] = []
  private var recentContent: [Set<Digest>] = []

  /// Knows nobody yet.
  public init() {}

  /// Remembers a published step, to tell replays by.
  public mutating func observe(_ step: Step) {
    let vector = step.payload.sparseValues()
    guard !vector.values.isEmpty else { return }
    recentSteps.append(vector)
    if recentSteps.count > JudgingThresholds.recentSteps { recentSteps.removeFirst() }
  }

  /// Judges a closed window.
  ///
  /// - Parameter input: root updates must be as long as the model
  /// - Returns: a judgement for each candidate, in the order of the candidates. Their order has no influence.
  public mutating func judge(_ input: JudgingInput) -> [Judgement] {
    precondition(
      input.rootUpdates.balanced.count == input.parameterCount, "root updates are as long as the model")
    var window = JudgedWindow(input)
    window.checkForm()
    guard input.policy.rule != .mean else {
      window.admitAlike()
      return window.judgements
    }
    window.checkEmpty()
    window.checkDuplicates(recent: recentContent)
    window.checkRate()
    window.unpack()
    if input.policy.rule == .trust {
      window.checkCopies(recentSteps: recentSteps)
      window.checkNorms()
      weigh(&window)
    } else {
      window.weighByRule()
    }
    remember(window.admittedContent)
    return window.judgements
  }

  private mutating func remember(_ content: Set<Digest>) {
    recentContent.append(content)
    if recentContent.count > JudgingThresholds.recentWindows { recentContent.removeFirst() }
  }

  /// Turns measures against the root updates into trust.
  private mutating func weigh(_ window: inout JudgedWindow) {
    let roots = window.input.rootUpdates
    let open = window.openIndices
    let measures = open.map { index in
      let entry = window.entries[index]
      return entry.vector.map { MixtureFit(of: $0, norm: entry.norm, to: roots) }
    }
    let median = measures.compactMap { $0?.fit }.median ?? 0
    for (index, measure) in zip(open, measures) {
      guard let measure else { continue }
      let contributor = window.entries[index].candidate.contributor
      let standing = standings.record(
        relativeFit: median > 0 ? measure.fit / median : 0, alignment: measure.alignment, of: contributor,
        at: window.input.version)
      let trust = roots.directions.count > 1 ? standing.trust : standing.trustByAlignment
      if trust < JudgingThresholds.leastTrust {
        window.reject(index, .distrusted, measured: trust, limit: JudgingThresholds.leastTrust)
      } else {
        window.admit(index, trust: trust)
      }
    }
  }
}
