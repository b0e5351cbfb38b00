import Aggregation
import Attribution
import Ledger
import Updates
import Wire

/// A validator's work on one task: the model, the judge, and the windows that it has not merged yet.
///
/// Answers come in any order, and other validators may decide a window before this one has judged it, and go
/// on to the next before this one has merged it. So windows queue up, every answer is noted, and `advance`
/// does whatever has become possible for the first.
struct ValidatorDesk: Sendable {
  let offer: TaskOffer
  let network: Digest
  let key: SigningKey
  let secrets: ValidatorSecrets
  let seal: PacketSeal
  /// Whether this validator can open what contributors upload. If not, it judges nothing.
  let opensPackets: Bool
  private(set) var state: ModelState?
  private var judge = Judge()
  /// The first is at hand; the others wait for the version that it leads to.
  var windows: [WindowWork] = []
  /// Versions that are computed and wait for their credits, by number.
  private var unattested: [UInt64: VersionHeader] = [:]
  /// Keys of merges that somebody else is to publish, by window.
  var owedReleases: [UInt64: KeyRelease] = [:]

  init(_ offer: TaskOffer, genesis: Genesis, key: SigningKey, secrets: ValidatorSecrets) {
    self.offer = offer
    network = genesis.network
    self.key = key
    self.secrets = secrets
    seal = PacketSeal(offer, genesis: genesis)
    opensPackets = seal.opens(for: key.publicKey)
  }

  private var policy: MergePolicy { offer.specification.merge }

  mutating func begin(_ weights: [Float]) -> [Validator.Directive] {
    guard state == nil else { return [] }
    guard weights.count == Int(offer.specification.parameterCount),
      let first = try? ModelState(task: offer.id, initialWeights: weights),
      first.parametersRoot == offer.specification.firstParametersRoot
    else {
      return [.decline(task: offer.id, "the first weights do not match the root that the author named")]
    }
    state = first
    return noteIfLeftOut() + measureRoots()
  }

  mutating func open(
    _ index: UInt64, seed: Digest, updates: [WindowUpdate], isJudge: Bool
  ) -> [Validator.Directive] {
    windows.append(WindowWork(index: index, seed: seed, updates: updates, isJudge: isJudge))
    return windows.count == 1 ? takeUp() : advance()
  }

  /// Another committee judges a window: with this validator, or without it.
  mutating func redrawn(window index: UInt64, round: UInt64, isJudge: Bool) -> [Validator.Directive] {
    guard let place = windows.firstIndex(where: { $0.index == index }) else { return [] }
    windows[place].redraw(round: round, isJudge: isJudge)
    guard place == 0, isJudge else { return [] }
    if let cells = windows[0].row?.cells { return commit(to: cells) }
    return windows[0].roots == nil ? measureRoots() : advance()
  }

  mutating func received(_ packets: [Digest: [UInt8]], window index: UInt64) -> [Validator.Directive] {
    guard windows.first?.index == index else { return [] }
    windows[0].receive(packets, under: seal, by: key)
    return advance()
  }

  mutating func measured(_ roots: RootUpdates, window index: UInt64) -> [Validator.Directive] {
    guard windows.first?.index == index else { return [] }
    guard roots.balanced.count == Int(offer.specification.parameterCount) else {
      return [halt("the root updates have \(roots.balanced.count) values; the trainer is another task's")]
    }
    windows[0].roots = roots
    return advance()
  }

  /// Others are bound to their rows, so that this one's may be seen.
  mutating func rowsCommitted(window index: UInt64) -> [Validator.Directive] {
    guard let place = windows.firstIndex(where: { $0.index == index }) else { return [] }
    windows[place].mayReveal = true
    return reveal(windows[place])
  }

  /// Orders the row, if it is there and others may see it.
  private func reveal(_ window: WindowWork) -> [Validator.Directive] {
    guard window.isJudge, window.mayReveal, let row = window.row else { return [] }
    return [.order(Transaction.assessment(row).signed(by: key))]
  }

  mutating func decided(_ plan: MergePlan, _ template: VersionHeader) -> [Validator.Directive] {
    guard let place = windows.firstIndex(where: { $0.index == plan.window }) else { return [] }
    windows[place].decision = (plan, template)
    return advance()
  }

  mutating func measured(_ credits: CreditRow, version: UInt64) -> [Validator.Directive] {
    guard let header = unattested.removeValue(forKey: version) else { return [] }
    let attestation = Attestation(header: header, credits: credits.digest).signed(by: key)
    let message = CreditedAttestation(network: network, attestation: attestation, credits: credits)
    return [.order(Transaction.attestation(message).signed(by: key))]
  }

  mutating func finalised(_ header: VersionHeader) -> [Validator.Directive] {
    let overdue = releaseOverdue(header.version - 1)
    guard let place = windows.firstIndex(where: { $0.version == header.version }) else { return overdue }
    windows[place].final = header
    return overdue + disagreement(in: windows[place])
  }

  /// What is to be said if others made another version final than this validator computed.
  private func disagreement(in window: WindowWork) -> [Validator.Directive] {
    guard let final = window.final, let own = window.recomputation?.header, own != final else { return [] }
    return [
      halt("version \(final.version) is final with root \(final.root.short); here it is \(own.root.short)")
    ]
  }

  private func halt(_ reason: String) -> Validator.Directive { .halt("task \(offer.id.short): \(reason)") }

  /// Asks for what the window at hand needs.
  private func takeUp() -> [Validator.Directive] {
    guard let window = windows.first else { return [] }
    let packets = window.updates.map(\.packet)
    return [.fetchPackets(task: offer.id, window: window.index, packets)] + measureRoots()
  }

  private func measureRoots() -> [Validator.Directive] {
    guard let window = windows.first, window.isJudge, window.roots == nil, let state else { return [] }
    return [.measureRoots(task: offer.id, window: window.index, weights: state.model.weights)]
  }

  mutating func advance() -> [Validator.Directive] {
    let done = judgeIfReady() + mergeIfReady()
    guard windows.count > 1, let step = windows[0].recomputation?.outcome.step else { return done }
    if !windows[0].hasJudged { judge.observe(step) }
    windows.removeFirst()
    return done + takeUp()
  }

  private mutating func judgeIfReady() -> [Validator.Directive] {
    guard opensPackets, let window = windows.first, window.isJudge, !window.hasJudged,
      let packets = window.packets,
      let roots = window.roots
    else { return [] }
    let candidates = window.updates.map { update in
      Candidate(
        contributor: update.contributor, packetDigest: update.packet, commitPosition: update.committedAt,
        content: packets[update.packet].map { $0.map { .packet($0) } ?? .malformed } ?? .unavailable)
    }
    let input = JudgingInput(
      task: offer.id, version: window.index, parameterCount: Int(offer.specification.parameterCount),
      candidates: candidates, rootUpdates: roots, seed: window.seed, policy: policy)
    let cells = judge.judge(input).map { Assessment.Cell($0) }
    if let step = window.recomputation?.outcome.step { judge.observe(step) }
    return commit(to: cells)
  }

  /// Makes a row of the window at hand out of cells, and commits to it.
  private mutating func commit(to cells: [Assessment.Cell]) -> [Validator.Directive] {
    let (index, round) = (windows[0].index, windows[0].round)
    windows[0].row = Assessment(
      network: network, task: offer.id, window: index, cells: cells,
      salt: secrets.salt(task: offer.id, window: index, round: round), round: round)
    return orderRow()
  }

  /// Commits to the row of the window at hand, if it is there, and reveals it if others may see it.
  func orderRow() -> [Validator.Directive] {
    guard let window = windows.first, window.isJudge, let row = window.row else { return [] }
    let commitment = AssessmentCommitment(to: row, by: key.publicKey)
    return [.order(Transaction.assessmentCommitment(commitment).signed(by: key))] + reveal(window)
  }

  private mutating func mergeIfReady() -> [Validator.Directive] {
    guard let window = windows.first, window.recomputation == nil, let decision = window.decision,
      let packets = window.packets, let state
    else { return [] }
    let closed = decision.plan.entries.map(\.packet).filter { packets[$0] == nil }
    let missing = closed.filter { window.unopened[$0] == nil }
    guard missing.isEmpty else { return fetchAgain(missing) }
    // What others can open and this validator cannot has to wait for its key.
    guard closed.isEmpty else { return [] }
    do {
      let recomputation = try Recomputation(
        decision.plan, template: decision.template, onto: state,
        payloads: packets.compactMapValues { $0?.payload },
        policy: policy)
      let merge = try CreditedMerge(
        of: recomputation.contributions, into: state, mean: recomputation.outcome.mean, policy: policy)
      self.state = recomputation.state
      // A step must not be held against the updates that it is made of.
      if window.hasJudged { judge.observe(recomputation.outcome.step) }
      windows[0].recomputation = recomputation
      let disagreement = disagreement(in: windows[0])
      guard disagreement.isEmpty else { return disagreement }
      unattested[recomputation.header.version] = recomputation.header
      return [.store(recomputation.outcome.step.wireBytes)] + release(after: window, decision.plan) + [
        .measureCredits(task: offer.id, version: recomputation.header.version, merge)
      ]
    } catch {
      return [halt("\(error)")]
    }
  }

  /// Asks once more for packets that others admitted, for the merge is theirs as well; what is still missing
  /// then is no delay.
  private mutating func fetchAgain(_ missing: [Digest]) -> [Validator.Directive] {
    switch windows[0].secondFetch {
    case .notNeeded:
      windows[0].secondFetch = .asked
      return [.fetchPackets(task: offer.id, window: windows[0].index, missing)]
    case .asked: return []
    case .answered:
      let names = missing.map(\.hex).joined(separator: ", ")
      return [halt("version \(windows[0].version) needs packets that cannot be had: \(names)")]
    }
  }
}
