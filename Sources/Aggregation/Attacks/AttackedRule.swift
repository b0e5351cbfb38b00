import Numerics
import Updates
public import Wire

/// The rule that attackers are up against, as they see it: something that they can ask.
public struct AttackedRule: Sendable {
  private let merge: @Sendable ([[Float]]) -> [Float]

  /// Takes over a rule.
  ///
  /// - Parameter merge: the mean that the rule makes of the honest updates of a window and these hostile
  ///   ones; without any, of the honest updates alone
  public init(_ merge: @escaping @Sendable (_ hostile: [[Float]]) -> [Float]) {
    self.merge = merge
  }

  /// The mean that the rule makes of a window's honest updates and these.
  public func merged(with hostile: [[Float]]) -> [Float] { merge(hostile) }
}

extension AttackedRule {
  /// A task's policy, as a validator applies it that judges its first window: packets are encoded, judged and
  /// weighted for real.
  ///
  /// - Parameters:
  ///   - policy: the task's
  ///   - honest: the honest updates, each as long as the model
  ///   - roots: the validator's root updates at the version that is attacked
  ///   - seed: the window's seed, which a real attacker could only guess
  /// - Throws: `AggregationError` for updates that are not as long as the model, or not finite
  public init(
    _ policy: MergePolicy, honest: [[Float]], roots: RootUpdates, seed: Digest
  ) throws(AggregationError) {
    let window = RehearsedWindow(policy: policy, roots: roots, seed: seed)
    let payloads = try honest.map { update throws(AggregationError) in try window.payload(of: update) }
    self.init { hostile in
      let attempt: [Payload]? = try? hostile.map { update throws(AggregationError) in
        try window.payload(of: update)
      }
      return window.merged(payloads + (attempt ?? []))
    }
  }
}

/// A window that attackers run through by themselves before they send anything.
private struct RehearsedWindow: Sendable {
  let policy: MergePolicy
  let roots: RootUpdates
  let seed: Digest

  private var parameterCount: Int { roots.balanced.count }

  func payload(of update: [Float]) throws(AggregationError) -> Payload {
    guard update.count == parameterCount else {
      throw .wrongLength(what: "an update", count: update.count, expected: parameterCount)
    }
    do {
      return Payload(encoding: try FixedPoint.quantize(update), form: policy.upForm)
    } catch {
      throw .update(error.description)
    }
  }

  /// The weighted mean of what the judge admits; zeros if that is nothing.
  func merged(_ payloads: [Payload]) -> [Float] {
    let candidates = payloads.enumerated().compactMap { index, payload -> Candidate? in
      // Nobody signs in a rehearsal, so that a number is name enough.
      let bytes = (0..<PublicKey.byteCount).map { UInt8(truncatingIfNeeded: index >> (8 * $0)) }
      guard let key = PublicKey(bytes: bytes), let name = Digest(bytes: bytes) else { return nil }
      let packet = Packet(task: seed, baseVersion: 0, contributor: key, sequence: 1, payload: payload)
      return Candidate(
        contributor: key, packetDigest: name, commitPosition: UInt64(index), content: .packet(packet))
    }
    var judge = Judge()
    let judgements = judge.judge(
      JudgingInput(
        task: seed, version: 0, parameterCount: parameterCount, candidates: candidates, rootUpdates: roots,
        seed: seed, policy: policy))
    let contributions = zip(payloads, judgements).map { payload, judgement in
      Contribution(
        payload: payload,
        weight: MergeWeight.of(trust: judgement.trust, discount: StalenessDiscount.one, clip: judgement.clip))
    }
    let mean = try? WeightedMean(of: contributions, parameterCount: parameterCount, rateQ16: 1 << 16)
    return mean?.values ?? [Float](repeating: 0, count: parameterCount)
  }
}
