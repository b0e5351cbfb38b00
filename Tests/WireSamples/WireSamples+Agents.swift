import Agents
import Aggregation
import Ledger
import Updates
import Wire

extension WireSamples {
  private static let network = digest(61)
  private static let task = digest(62)
  private static let contributor = key(63)
  private static let parameterCount = 12

  /// What agents keep, and what stands in it.
  static let agents: [WireSample] = {
    let packet = Packet(
      task: task, baseVersion: 4, contributor: contributor.publicKey, sequence: 5,
      payload: payload(.dense8, parameterCount: parameterCount))
    let update = PackedUpdate(
      packet: packet.wireBytes,
      commitment: Envelope(kind: 7, body: Array("a commitment".utf8), signedBy: contributor),
      submission: Envelope(kind: 8, body: Array("a submission".utf8), signedBy: contributor))
    var samples = [
      WireSample(update, "full"), WireSample(Judge(), "least"), WireSample(judge, "three windows"),
      WireSample(memory(last: sent, update: update), "under way"),
      WireSample(memory(last: nil, update: nil), "at first"),
      WireSample(sent, "full"), WireSample(SentUpdate(baseVersion: 0, epoch: 0, packet: .zero), "least"),
    ]
    if let state {
      samples.append(WireSample(state, "full"))
      samples.append(
        WireSample(ValidatorMemory(network: network, state: state, judge: judge), "full"))
    }
    return samples
  }()

  private static let sent = SentUpdate(baseVersion: 4, epoch: 2, packet: digest(64))

  private static func memory(last: SentUpdate?, update: PackedUpdate?) -> ContributorMemory {
    var feedback = ErrorFeedback(parameterCount: parameterCount)
    if update != nil { _ = feedback.compress((0..<12).map { 1 << $0 }, form: .sparse(keptPerChunk: 2)) }
    return ContributorMemory(
      network: network, task: task, contributor: contributor.publicKey, feedback: feedback,
      sequence: update == nil ? 0 : 5, last: last, update: update,
      reportedWindows: update == nil ? 0 : 3)
  }

  private static let state: ModelState? = {
    let weights = (0..<parameterCount).map { Float($0) / 8 - 0.5 }
    guard let model = try? ModelVersion(task: task, number: 9, weights: weights) else { return nil }
    return try? ModelState(model: model, residual: (0..<12).map { ($0 - 6) << 20 })
  }()

  /// A judge that has seen three windows of three contributors.
  private static let judge: Judge = {
    var judge = Judge()
    let direction = (0..<parameterCount).map { Float($0) - 5 }
    guard let roots = try? RootUpdates([direction]) else { return judge }
    for window in 0..<3 as Range<UInt64> {
      let candidates = (0..<3 as Range<UInt64>).map { number in
        let values = direction.enumerated().map { place, value in
          Int32(value * 65_536) + Int32(place + 1) * Int32(number * 700 + window * 91)
        }
        let packet = Packet(
          task: task, baseVersion: window, contributor: key(70 + number).publicKey, sequence: window + 1,
          payload: Payload(encoding: values, form: .dense8))
        return Candidate(
          contributor: key(70 + number).publicKey, packetDigest: packet.digest,
          commitPosition: 10 * window + number, content: .packet(packet))
      }
      _ = judge.judge(
        JudgingInput(
          task: task, version: window, parameterCount: parameterCount, candidates: candidates,
          rootUpdates: roots, seed: digest(80 + window), policy: MergePolicy(upForm: .dense8)))
      judge.observe(
        Step(task: task, version: window + 1, payload: payload(.dense8, parameterCount: parameterCount)))
    }
    return judge
  }()
}
