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
    let packets = try window.packets(of: honest, from: 0)
    self.init { hostile in
      window.merged(packets + ((try? window.packets(of: hostile, from: packets.count)) ?? []))
    }
  }
}

/// A window that attackers run through by themselves before they send anything.
private struct RehearsedWindow: Sendable {
  let policy: MergePolicy
  let roots: RootUpdates
  let seed: Digest

  private var parameterCount: Int { roots.balanced.count }

  /// The updates as they are sent by contributors of their own, who are numbered from `first` on.
  func packets(of updates: [[Float]], from first: Int) throws(AggregationError) -> [Packet] {
    var packets: [Packet] = []
    for update in updates {
      guard update.count == parameterCount else {
        throw .wrongLength(what: "an update", count: update.count, expected: parameterCount)
      }
      // Nobody signs in a rehearsal, so that a number is name enough.
      let number = first + packets.count
      let bytes = (0..<PublicKey.byteCount).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
      guard let key = PublicKey(bytes: bytes) else { continue }
      do {
        let payload = Payload(
          encoding: try FixedPoint.quantize(update), form: policy.upForm,
          rotation: Rotation(task: seed, contributor: key, baseVersion: 0))
        packets.append(Packet(task: seed, baseVersion: 0, contributor: key, sequence: 1, payload: payload))
      } catch {
        throw .update(error.description)
      }
    }
    return packets
  }

  /// The weighted mean of what the judge admits; zeros if that is nothing.
  func merged(_ packets: [Packet]) -> [Float] {
    let candidates = packets.enumerated().compactMap { index, packet -> Candidate? in
      guard let name = Digest(bytes: packet.header.contributor.bytes) else { return nil }
      return Candidate(
        contributor: packet.header.contributor, packetDigest: name, commitPosition: UInt64(index),
        content: .packet(packet))
    }
    var judge = Judge()
    let judgements = judge.judge(
      JudgingInput(
        task: seed, version: 0, parameterCount: parameterCount, candidates: candidates, rootUpdates: roots,
        seed: seed, policy: policy))
    let contributions = zip(packets, judgements).map { packet, judgement in
      Contribution(
        payload: packet.payload,
        weight: MergeWeight.of(trust: judgement.trust, discount: StalenessDiscount.one, clip: judgement.clip))
    }
    let mean = try? WeightedMean(of: contributions, parameterCount: parameterCount, rateQ16: 1 << 16)
    return mean?.values ?? [Float](repeating: 0, count: parameterCount)
  }
}
