import Aggregation
import Attribution
import Ledger
import Updates
import Wire

/// A validator's work on one task: the model, the judge, and the window at hand.
///
/// Answers come in any order, and other validators may decide a window before this one has judged it. So
/// every answer is noted, and `advance` does whatever has become possible.
struct ValidatorDesk: Sendable {
  /// The window at hand.
  private struct Window: Sendable {
    let index: UInt64
    let seed: Digest
    let updates: [WindowUpdate]
    var packets: [Digest: Packet?]?
    var roots: RootUpdates?
    var hasJudged = false
    var decision: (plan: MergePlan, template: VersionHeader)?
    var recomputation: Recomputation?
  }

  let offer: TaskOffer
  let network: Digest
  let key: SigningKey
  private(set) var state: ModelState?
  private var judge = Judge()
  private var window: Window?
  /// Versions that are computed and wait for their credits, by number.
  private var unattested: [UInt64: VersionHeader] = [:]

  init(_ offer: TaskOffer, network: Digest, key: SigningKey) {
    self.offer = offer
    self.network = network
    self.key = key
  }

  private var policy: MergePolicy { offer.specification.merge }

  mutating func begin(_ weights: [Float]) -> [Validator.Directive] {
    guard state == nil else { return [] }
    guard let first = try? ModelState(task: offer.id, initialWeights: weights),
      first.parametersRoot == offer.specification.firstParametersRoot
    else {
      return [.halt("task \(offer.id.short): the first weights do not match the root that its author named")]
    }
    state = first
    return advance()
  }

  mutating func open(_ index: UInt64, seed: Digest, updates: [WindowUpdate]) -> [Validator.Directive] {
    window = Window(index: index, seed: seed, updates: updates)
    var directives = [Validator.Directive.fetchPackets(task: offer.id, window: index, updates.map(\.packet))]
    if let state {
      directives.append(.measureRoots(task: offer.id, window: index, weights: state.model.weights))
    }
    return directives
  }

  mutating func received(_ packets: [Digest: [UInt8]], window index: UInt64) -> [Validator.Directive] {
    guard let open = window, open.index == index else { return [] }
    var decoded: [Digest: Packet?] = [:]
    for (digest, bytes) in packets where Packet.digest(of: bytes) == digest {
      decoded[digest] = .some(try? Packet(wireBytes: bytes, limit: UpdateLimits.messageBytesLimit))
    }
    window?.packets = decoded
    return advance()
  }

  mutating func measured(_ roots: RootUpdates, window index: UInt64) -> [Validator.Directive] {
    guard window?.index == index else { return [] }
    window?.roots = roots
    return advance()
  }

  mutating func decided(_ plan: MergePlan, _ template: VersionHeader) -> [Validator.Directive] {
    guard window?.index == plan.window else { return [] }
    window?.decision = (plan, template)
    return advance()
  }

  mutating func measured(_ credits: CreditRow, version: UInt64) -> [Validator.Directive] {
    guard let header = unattested.removeValue(forKey: version) else { return [] }
    let attestation = Attestation(header: header, credits: credits.digest).signed(by: key)
    let message = CreditedAttestation(network: network, attestation: attestation, credits: credits)
    return [.order(Transaction.attestation(message).signed(by: key))]
  }

  mutating func finalised(_ header: VersionHeader) -> [Validator.Directive] {
    guard let own = window?.recomputation?.header, own.version == header.version else { return [] }
    guard own == header else {
      return [
        .halt(
          "version \(header.version) is final with root \(header.root.short); here it is \(own.root.short)")
      ]
    }
    return []
  }

  private mutating func advance() -> [Validator.Directive] {
    judgeIfReady() + mergeIfReady()
  }

  private mutating func judgeIfReady() -> [Validator.Directive] {
    guard let window, !window.hasJudged, let packets = window.packets, let roots = window.roots else {
      return []
    }
    let candidates = window.updates.map { update in
      Candidate(
        contributor: update.contributor, packetDigest: update.packet, commitPosition: update.committedAt,
        content: packets[update.packet].map { $0.map { .packet($0) } ?? .malformed } ?? .unavailable)
    }
    let input = JudgingInput(
      task: offer.id, version: window.index, parameterCount: Int(offer.specification.parameterCount),
      candidates: candidates, rootUpdates: roots, seed: window.seed, policy: policy)
    let cells = judge.judge(input).map {
      Assessment.Cell(verdict: $0.verdict, trust: $0.trust, clip: $0.clip)
    }
    self.window?.hasJudged = true
    let row = Assessment(network: network, task: offer.id, window: window.index, cells: cells)
    return [.order(Transaction.assessment(row).signed(by: key))]
  }

  private mutating func mergeIfReady() -> [Validator.Directive] {
    guard let window, window.recomputation == nil, let decision = window.decision,
      let packets = window.packets,
      let state
    else { return [] }
    do {
      let recomputation = try Recomputation(
        decision.plan, template: decision.template, onto: state,
        payloads: packets.compactMapValues { $0?.payload },
        policy: policy)
      let merge = try CreditedMerge(
        of: recomputation.contributions, into: state, mean: recomputation.outcome.mean, policy: policy)
      self.state = recomputation.state
      judge.observe(recomputation.outcome.step)
      self.window?.recomputation = recomputation
      unattested[recomputation.header.version] = recomputation.header
      return [
        .store(recomputation.outcome.step.wireBytes),
        .measureCredits(task: offer.id, version: recomputation.header.version, merge),
      ]
    } catch {
      return [.halt("task \(offer.id.short): \(error)")]
    }
  }
}
