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
///
/// Windows of the past queue up as well, and are merged and not judged. Without a model they wait for one:
/// the first weights, or the state of a later version, from which the windows after it lead on.
struct ValidatorDesk: Sendable {
  let offer: TaskOffer
  let network: Digest
  let key: SigningKey
  let secrets: ValidatorSecrets
  let seal: PacketSeal
  private(set) var state: ModelState?
  /// Why the task is left alone; nil while it is worked on.
  private(set) var fault: String?
  var judge = Judge()
  /// The first is at hand; the others wait for the version that it leads to.
  var windows: [WindowWork] = []
  /// The roots of the final versions, version 1 first: what a stored state is held against.
  private var certified: [StateRoots] = []
  private var isSearching = false
  private var queuedUpdates = 0
  /// Versions that are computed and wait for their credits, by number.
  private var unattested: [UInt64: VersionHeader] = [:]
  /// The newest attestation that this key has signed, in this life or one before.
  private var attested: OwnAttestation?
  /// Keys of merges that somebody else is to publish, by window.
  var owedReleases: [UInt64: KeyRelease] = [:]
  /// The rows that this key has committed to, in this life or one before, by window: those of the newest
  /// round. They are kept until their versions are paid.
  var rows: [UInt64: Assessment] = [:]
  /// The validators in force now, and those that made the newest final version.
  private var (epochInForce, certifiedEpoch): (UInt64, UInt64)
  private let queueUpdates: Int

  /// - Parameters:
  ///   - epoch: the validators in force
  ///   - queueUpdates: updates of windows that wait for a model; the oldest windows are given up beyond
  init(
    _ offer: TaskOffer, network: Digest, epoch: UInt64, key: SigningKey, secrets: ValidatorSecrets,
    queueUpdates: Int
  ) {
    self.offer = offer
    self.network = network
    (epochInForce, certifiedEpoch) = (epoch, 0)
    self.key = key
    self.secrets = secrets
    self.queueUpdates = queueUpdates
    seal = PacketSeal(offer, network: network)
  }

  var policy: MergePolicy { offer.specification.merge }

  // MARK: the model to start from

  /// Asks for a model to start from, unless there is one or it was asked for already.
  mutating func search() -> [Validator.Directive] {
    guard state == nil, !isSearching else { return [] }
    isSearching = true
    if certified.isEmpty { return [.fetchFirstWeights(task: offer.id, offer)] }
    let newest = UInt64(certified.count)
    return [.findState(task: offer.id, offer, versions: (windows.first?.index ?? newest)...newest)]
  }

  mutating func begin(_ weights: [Float]) -> [Validator.Directive] {
    guard state == nil else { return [] }
    guard weights.count == Int(offer.specification.parameterCount),
      let first = try? ModelState(task: offer.id, initialWeights: weights),
      first.parametersRoot == offer.specification.firstParametersRoot
    else {
      let reason = "the first weights do not match the root that the author named"
      fault = reason
      return [.decline(task: offer.id, reason)]
    }
    isSearching = false
    return leadsOn(from: 0) ? start(from: first) : search()
  }

  /// Takes up the state of a final version if it has the version's certified roots, and if the windows at
  /// hand lead on from it.
  mutating func resume(_ found: ModelState, judge memory: Judge?) -> [Validator.Directive] {
    let version = found.model.number
    guard state == nil, found.model.task == offer.id, version > 0, leadsOn(from: version),
      certified[Int(version - 1)] == StateRoots(of: found)
    else { return [] }
    guard let memory else { return start(from: found) }
    judge = memory
    let started = start(from: found)
    // A life before may not have come to name what it kept.
    return windows.isEmpty ? started + nameIfAwaited() : started
  }

  private func leadsOn(from version: UInt64) -> Bool {
    let newest = UInt64(certified.count)
    return version <= newest && windows.first?.index ?? newest <= version
  }

  private mutating func start(from found: ModelState) -> [Validator.Directive] {
    state = found
    isSearching = false
    while let first = windows.first, first.index < found.model.number { removeFirst() }
    return advance()
  }

  // MARK: what the log says

  /// - Parameters:
  ///   - validators: whose window it is
  ///   - duties: what the validator owes now; nil for nothing
  mutating func open(
    _ index: UInt64, seed: Digest, updates: [WindowUpdate], of validators: ValidatorSet,
    _ duties: ValidatorDuties?
  ) -> [Validator.Directive] {
    let window = WindowWork(
      index: index, seed: seed, updates: updates, validators: validators,
      opensPackets: seal.opens(for: key.publicKey, among: validators))
    windows.append(duties.map { owing($0, window) } ?? window)
    queuedUpdates += updates.count
    guard queuedUpdates > queueUpdates, windows.count > 1 else { return advance() }
    // The model falls too far behind: a later one is to be found.
    state = nil
    while queuedUpdates > queueUpdates, windows.count > 1 { removeFirst() }
    return duties == nil ? [] : search()
  }

  mutating func decided(_ plan: MergePlan, _ template: VersionHeader) -> [Validator.Directive] {
    guard let place = windows.firstIndex(where: { $0.index == plan.window }) else { return [] }
    windows[place].decision = (plan, template)
    return advance()
  }

  mutating func finalised(_ header: VersionHeader) -> [Validator.Directive] {
    certified.append(StateRoots(of: header))
    certifiedEpoch = header.epoch
    rows = rows.filter { $0.key + 1 >= header.version }
    let overdue = releaseOverdue(header.version - 1)
    guard let place = windows.firstIndex(where: { $0.version == header.version }) else { return overdue }
    windows[place].final = header
    return overdue + settled(place) + skipOutOfReach()
  }

  /// The log was read to its end: takes over what is still owed.
  mutating func catchUp(_ duties: ValidatorDuties) -> [Validator.Directive] {
    windows = windows.map { owing(duties, $0) }
    return takeUpRows(duties) + search() + advance()
  }

  /// A window with what is owed for it.
  private func owing(_ duties: ValidatorDuties, _ work: WindowWork) -> WindowWork {
    var window = work
    // What was asked for in order to merge is too little to judge by.
    if window.fetching == .notAsked {
      window.owesRow = duties.row == window.index && rows[window.index] == nil
    }
    window.owesKeys = duties.keyReleases.contains(window.index)
    let isSigned = unattested[window.version] != nil
    window.owesAttestation = duties.attestations.contains(window.version) && !isSigned
    return window
  }

  /// Takes note of what this key has attested: in a life before, or as it stands in the log.
  mutating func note(_ own: OwnAttestation) {
    if own.header.version > attested?.header.version ?? 0 { attested = own }
  }

  /// Leaves the task alone from now on.
  mutating func giveUp(_ reason: String) -> [Validator.Directive] { [halt(reason)] }

  // MARK: answers

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

  mutating func measured(_ credits: CreditRow, version: UInt64) -> [Validator.Directive] {
    guard let header = unattested.removeValue(forKey: version) else { return [] }
    if let done = attestedBefore(header) { return done }
    let attestation = Attestation(header: header, credits: credits.digest).signed(by: key)
    let message = CreditedAttestation(network: network, attestation: attestation, credits: credits)
    let envelope = Transaction.attestation(message).signed(by: key)
    note(OwnAttestation(header: header, envelope: envelope))
    return [.order(envelope)]
  }

  // MARK: the windows

  mutating func advance() -> [Validator.Directive] {
    let done = judgeIfReady() + mergeIfReady()
    if windows.count > 1, let step = windows[0].recomputation?.outcome.step {
      if !windows[0].hasJudged { judge.observe(step) }
      removeFirst()
    }
    return done + skipOutOfReach()
  }

  /// Goes past windows whose merges cannot be computed here, once others have made their versions final. What
  /// follows them is computed from the state of a later version, as validators hand it over to those who
  /// follow them. Then asks for what the window at hand needs.
  private mutating func skipOutOfReach() -> [Validator.Directive] {
    var reports: [Validator.Directive] = []
    while let window = windows.first, window.final != nil, isOutOfReach(window) {
      removeFirst()
      guard state != nil else { continue }
      state = nil
      let name = "task \(offer.id.short): the packets of window \(window.index)"
      reports.append(
        .report("\(name) are sealed to others than \(key.publicKey.short); a later version's state is needed")
      )
    }
    return reports + ask()
  }

  /// Whether a merge takes in what only others can open, and is never to be opened by anybody else.
  private func isOutOfReach(_ window: WindowWork) -> Bool {
    !window.opensPackets && seal.privacy == .sealedKept && window.decision?.plan.entries.isEmpty == false
  }

  private mutating func removeFirst() { queuedUpdates -= windows.removeFirst().updates.count }

  /// Asks for what the window at hand needs, each thing once.
  private mutating func ask() -> [Validator.Directive] {
    guard let window = windows.first, !isOutOfReach(window) else { return [] }
    var directives: [Validator.Directive] = []
    // Without a model only a window of the present is sure to be needed.
    if window.fetching == .notAsked, window.owesRow || state != nil, let packets = window.neededPackets {
      windows[0].fetching = .asked
      directives.append(.fetchPackets(task: offer.id, window: window.index, packets))
    }
    if window.owesRow, !window.isMeasuringRoots, let state {
      windows[0].isMeasuringRoots = true
      directives.append(.measureRoots(task: offer.id, window: window.index, weights: state.model.weights))
    }
    return directives
  }

  private mutating func mergeIfReady() -> [Validator.Directive] {
    guard let window = windows.first, let decision = window.decision, let packets = window.packets,
      let state
    else { return [] }
    guard window.recomputation == nil else { return attestIfOwed() }
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
      if window.owesAttestation || window.final == nil {
        windows[0].merge = try CreditedMerge(
          of: recomputation.contributions, into: state, mean: recomputation.outcome.mean, policy: policy)
      }
      self.state = recomputation.state
      // A step must not be held against the updates that it is made of.
      if window.hasJudged { judge.observe(recomputation.outcome.step) }
      windows[0].recomputation = recomputation
      let settled = settled(0)
      guard fault == nil else { return settled }
      return [.store(recomputation.outcome.step.wireBytes)] + settled
        + release(after: windows[0], decision.plan) + attestIfOwed()
    } catch {
      return [halt("\(error)")]
    }
  }

  /// Has the credits of the computed version measured, to attest it with them.
  private mutating func attestIfOwed() -> [Validator.Directive] {
    guard let window = windows.first, window.owesAttestation, let merge = window.merge,
      let header = window.recomputation?.header
    else { return [] }
    windows[0].owesAttestation = false
    windows[0].merge = nil
    // Of older versions it is not known what a life before has signed.
    if let attested, attested.header.version > header.version { return [] }
    if let done = attestedBefore(header) { return done }
    unattested[header.version] = header
    return [.measureCredits(task: offer.id, version: header.version, merge)]
  }

  /// What is to be done if this key has attested the version before; nil if it has not.
  ///
  /// What was signed is ordered as it was, and never are there two headers of one version by one key.
  private mutating func attestedBefore(_ header: VersionHeader) -> [Validator.Directive]? {
    guard let attested, attested.header.version == header.version else { return nil }
    if attested.header == header { return [.order(attested.envelope)] }
    let (root, own) = (attested.header.root.short, header.root.short)
    return [halt("this key has attested version \(header.version) with root \(root); here it is \(own)")]
  }

  /// What follows once a window's version is both final and computed.
  private mutating func settled(_ place: Int) -> [Validator.Directive] {
    guard let final = windows[place].final, let own = windows[place].recomputation?.header, let state else {
      return []
    }
    guard own == final else {
      return [
        halt("version \(final.version) is final with root \(final.root.short); here it is \(own.root.short)")
      ]
    }
    return [keep(state, isAwaited: windows[place].validators.epoch < epochInForce)]
  }

  /// Others have come into force.
  mutating func handedOver(to epoch: UInt64) -> [Validator.Directive] {
    epochInForce = epoch
    return nameIfAwaited()
  }

  /// Names the newest final version to those who have followed its validators: some of them could open
  /// nothing so far, and go on from it.
  private func nameIfAwaited() -> [Validator.Directive] {
    guard seal.privacy == .sealedKept, certifiedEpoch < epochInForce, let state,
      state.model.number > 0, state.model.number == UInt64(certified.count)
    else { return [] }
    return [keep(state, isAwaited: true)]
  }

  private func keep(_ state: ModelState, isAwaited: Bool) -> Validator.Directive {
    .keep(
      ValidatorMemory(network: network, state: state, judge: judge),
      isAwaited: isAwaited && seal.privacy == .sealedKept)
  }

  /// Asks once more for packets that others admitted, for the merge is theirs as well; what is still missing
  /// then is no delay.
  private mutating func fetchAgain(_ missing: [Digest]) -> [Validator.Directive] {
    switch windows[0].fetching {
    case .answered:
      windows[0].fetching = .askedAgain
      return [.fetchPackets(task: offer.id, window: windows[0].index, missing)]
    case .notAsked, .asked, .askedAgain: return []
    case .answeredAgain:
      let names = missing.map(\.hex).joined(separator: ", ")
      return [halt("version \(windows[0].version) needs packets that cannot be had: \(names)")]
    }
  }

  private mutating func halt(_ reason: String) -> Validator.Directive {
    fault = reason
    windows = []
    return .halt(task: offer.id, reason)
  }
}
