public import Aggregation
public import Attribution
public import Ledger
import Updates
public import Wire

/// A validator, as a value without I/O: log records and fetched bytes go in, envelopes and errands come out.
///
/// It keeps a replica and the models, draws secrets, judges every window on its own reference set, recomputes
/// every version and attests it with its credits.
///
/// A validator that starts on a log which is there already reads it without a word, and asks for the models
/// only once it has `caughtUp`: then it looks at its replica for what it owes. Versions of the past are
/// merged from a stored state on, and neither judged nor attested.
public struct Validator: Sendable {
  /// Where a validator starts.
  public struct Start: Sendable {
    /// Whether it acts from the first record on; if not, from `Event.caughtUp` on.
    public var isLive: Bool
    /// The orders of attestations that the key has signed in a life before, the newest of each task.
    public var attestations: [Envelope] = []
    /// The rows that the key has committed to in a life before, of windows that may not be paid yet.
    public var rows: [Assessment] = []
    /// Updates of windows that may wait for a model, a task: the oldest are given up beyond.
    public var queueUpdates = 1 << 20

    /// At the beginning of a network.
    public static let live = Start(isLive: true)
    /// On a log that is there.
    public static let behind = Start(isLive: false)
  }

  /// What happens to a validator.
  public enum Event: Sendable {
    /// The log's next record.
    case record(Replica.CheckedRecord)
    /// The record before was the log's last.
    case caughtUp
    /// Many records are to come that others wrote long ago.
    case fellBehind
    /// A task's first weights, as `Directive.fetchFirstWeights` asked for.
    case firstWeights(task: Digest, [Float])
    /// A state that `Directive.findState` asked for, with what the judge remembers if it is this validator's
    /// own. It was right if `model(of:)` is there afterwards.
    case stateFound(ModelState, Judge?)
    /// The packets of a window that could be fetched, by digest.
    case packets(task: Digest, window: UInt64, [Digest: [UInt8]])
    /// The end of `Directive.measureRoots`.
    case rootsMeasured(task: Digest, window: UInt64, RootUpdates)
    /// The end of `Directive.measureCredits`.
    case creditsMeasured(task: Digest, version: UInt64, CreditRow)
    /// A committee that `Directive.watch` named may have had enough time by the shell's clock.
    case overdue(task: Digest, window: UInt64, round: UInt64)
    /// A task cannot be worked on here, and why.
    case unworkable(task: Digest, String)
  }

  /// What a validator wants done.
  public enum Directive: Sendable {
    /// Put an envelope into the log.
    case order(Envelope)
    /// Keep a row so that a later life can reveal it, and then put the commitment to it into the log. Whoever
    /// judges a window again need not come to the same row.
    case commit(row: Assessment, Envelope)
    /// Say `Event.overdue` once a window's committee has had enough time.
    case watch(task: Digest, window: UInt64, round: UInt64)
    /// Fetch a task's first weights.
    case fetchFirstWeights(task: Digest, TaskOffer)
    /// Find the state of a version in this range, where 0 stands for the first weights: one that this
    /// validator has kept, one that others have named, or one that is recomputed.
    case findState(task: Digest, TaskOffer, versions: ClosedRange<UInt64>)
    /// Fetch packets; those that cannot be had are left out of the answer. Asked for a second time, they were
    /// admitted by the others: without them the validator can only halt.
    case fetchPackets(task: Digest, window: UInt64, [Digest])
    /// Measure root updates at these weights on the validator's reference set.
    case measureRoots(task: Digest, window: UInt64, weights: [Float])
    /// Measure the credits of a merge on the validator's reference set.
    case measureCredits(task: Digest, version: UInt64, CreditedMerge)
    /// Store a published step.
    case store([UInt8])
    /// A version is final as this validator computed it: keep what a restart goes on from. If it is awaited,
    /// name it to others too: there are validators that cannot compute it, and cannot go on without it.
    case keep(ValidatorMemory, isAwaited: Bool)
    /// A version became final: announce it.
    case announce(VersionHeader, Certificate)
    /// A task cannot be worked on, for its author's fault: tell the operator. Other tasks go on.
    case decline(task: Digest, String)
    /// Tell the operator; the work goes on.
    case report(String)
    /// Others made another version final than this validator computed, or what it needs cannot be had: it
    /// leaves the task alone. Tell the operator. Other tasks go on.
    case halt(task: Digest, String)
  }

  let key: SigningKey
  let secrets: ValidatorSecrets
  /// The validator's replica of the ledger.
  public internal(set) var replica: Replica
  /// Whether the validator acts on what it reads.
  public private(set) var isLive: Bool
  var desks: [Digest: ValidatorDesk] = [:]
  private var attestations: [Digest: OwnAttestation] = [:]
  private var rows: [Assessment]
  private var doubleSigning = DoubleSigning()
  private let queueUpdates: Int

  /// Creates a validator at the start of a network's log.
  ///
  /// - Parameters:
  ///   - key: who signs
  ///   - secretSeed: 32 secret random bytes, from which the secrets and salts of all windows derive
  ///   - genesis: the network
  ///   - start: whether the log is there already, and what is left of a life before
  public init(key: SigningKey, secretSeed: Digest, genesis: Genesis, start: Start = .live) {
    self.key = key
    secrets = ValidatorSecrets(seed: secretSeed)
    replica = Replica(genesis)
    isLive = start.isLive
    queueUpdates = start.queueUpdates
    rows = start.rows
    for envelope in start.attestations {
      guard let own = OwnAttestation(envelope, by: key.publicKey) else { continue }
      attestations[own.header.task] = own
    }
  }

  /// Whose validator this is.
  public var publicKey: PublicKey { key.publicKey }

  /// The model of a task, as far as this validator has computed it.
  public func model(of task: Digest) -> ModelState? { desks[task]?.state }

  /// Why a task is left alone; nil if it is not.
  public func fault(of task: Digest) -> String? { desks[task]?.fault }

  /// Takes an event, and says what is to be done.
  public mutating func handle(_ event: Event) -> [Directive] { take(event).filter { !isInVain($0) } }

  private mutating func take(_ event: Event) -> [Directive] {
    switch event {
    case .record(let record):
      let events = replica.apply(record)
      noteOwn(record)
      doubleSigning.note(record, in: replica)
      return events.flatMap { react(to: $0, record) } + accuse()
    case .caughtUp: return catchUp()
    case .fellBehind:
      isLive = false
      return []
    case .firstWeights(let task, let weights):
      return withDesk(task) { $0.begin(weights) }
    case .stateFound(let state, let judge):
      return withDesk(state.model.task) { $0.resume(state, judge: judge) }
    case .packets(let task, let window, let packets):
      return withDesk(task) { $0.received(packets, window: window) }
    case .rootsMeasured(let task, let window, let roots):
      return withDesk(task) { $0.measured(roots, window: window) }
    case .creditsMeasured(let task, let version, let credits):
      return withDesk(task) { $0.measured(credits, version: version) }
    case .overdue(let task, let window, let round): return redraw(task, window, round)
    case .unworkable(let task, let reason):
      return withDesk(task) { $0.giveUp(reason) }
    }
  }

  // What the log has under this key was said, whichever life said it.
  private mutating func noteOwn(_ record: Replica.CheckedRecord) {
    guard let envelope = record.envelope, envelope.signer == publicKey,
      let own = OwnAttestation(envelope, by: publicKey)
    else { return }
    desks[own.header.task]?.note(own)
  }

  /// Brings evidence that still costs somebody a bond.
  private mutating func accuse() -> [Directive] {
    guard isLive else { return [] }
    return doubleSigning.takeEvidence().compactMap { evidence -> Directive? in
      let envelope = Transaction.evidence(evidence).signed(by: key)
      let record = Replica.CheckedRecord(envelope.wireBytes, id: envelope.id)
      return replica.refusal(of: record) == nil ? .order(envelope) : nil
    }
  }

  private mutating func react(to event: ReplicaEvent, _ record: Replica.CheckedRecord) -> [Directive] {
    switch event {
    case .taskOpened(let task): return open(task, record)
    // It opens when the one before closes.
    case .windowOpened(let task, _): return isLive ? orderSecrets(task) : []
    case .seedDrawn(let task, let window, let seed, let updates):
      guard let validators = replica.tasks[task]?.validators(of: window) else { return [] }
      let duties = duties(task)
      return withDesk(task) { $0.open(window, seed: seed, updates: updates, of: validators, duties) }
        + watch(task)
    case .committeeRedrawn(let task, let window, let round):
      let duties = duties(task)
      return withDesk(task) { $0.redrawn(window, round: round, duties) } + watch(task)
    case .rowsCommitted(let task, let window):
      let duties = duties(task)
      return withDesk(task) { $0.rowsCommitted(window, duties) }
    case .mergeDecided(let plan, let template):
      return withDesk(plan.task) { $0.decided(plan, template) }
    case .keysReleased(let task, let window, let keys):
      return withDesk(task) { $0.released(keys, window: window) }
    case .versionFinal(let header, let certificate):
      let isWorking = duties(header.task) != nil
      return withDesk(header.task) { $0.finalised(header) + (isWorking ? $0.search() : []) }
        + [.announce(header, certificate)]
    case .validatorsChanged(let handover):
      let epoch = handover.validators.epoch
      let handedOver = desks.keys.sorted().flatMap { withDesk($0) { $0.handedOver(to: epoch) } }
      // Who has come into force owes what it could not say before.
      return handedOver + (isLive ? takeUp() : [])
    case .refused, .committed, .submitted, .windowClosed, .receipts, .paid, .slashed, .unbonded: return []
    }
  }

  private mutating func open(_ task: Digest, _ record: Replica.CheckedRecord) -> [Directive] {
    guard let envelope = record.envelope,
      let offer = try? TaskOffer(opening: envelope, network: replica.network)
    else {
      return []
    }
    var desk = ValidatorDesk(
      offer, network: replica.network, epoch: replica.validators.epoch, key: key, secrets: secrets,
      queueUpdates: queueUpdates)
    if let own = attestations[task] { desk.note(own) }
    for row in rows where row.task == task && row.network == replica.network { desk.note(row) }
    let directives = isLive ? desk.search() : []
    desks[task] = desk
    return directives
  }

  private mutating func catchUp() -> [Directive] {
    guard !isLive else { return [] }
    isLive = true
    return accuse() + takeUp() + desks.keys.sorted().flatMap { watch($0) }
  }

  /// Takes up what is owed as the log stands, task by task.
  private mutating func takeUp() -> [Directive] {
    var directives: [Directive] = []
    for task in desks.keys.sorted() {
      let duties = duties(task)
      directives += orderSecrets(task)
      directives += withDesk(task) { desk in duties.map { desk.catchUp($0) } ?? desk.search() }
    }
    return directives
  }

  /// What is owed for a task; nil for nothing.
  private func duties(_ task: Digest) -> ValidatorDuties? {
    isLive ? replica.duties(of: publicKey, in: task) : nil
  }

  /// What a task's windows still want for their seeds: the commitment to a secret of the collecting one, and
  /// the secret of the closed one.
  private func orderSecrets(_ task: Digest) -> [Directive] {
    guard fault(of: task) == nil, let duties = duties(task) else { return [] }
    var directives: [Directive] = []
    if let reveal = duties.seedReveal {
      let secret = secrets.secret(task: task, window: reveal.window)
      // Whoever has lost the secret seed cannot reveal what it is bound to.
      if SeedReveal.commitment(to: secret) == reveal.commitment {
        directives.append(
          order(
            .seedReveal(
              SeedReveal(network: replica.network, task: task, window: reveal.window, secret: secret))))
      }
    }
    if let window = duties.seedCommitment {
      let commitment = SeedReveal.commitment(to: secrets.secret(task: task, window: window))
      directives.append(
        order(
          .seedCommitment(
            SeedCommitment(network: replica.network, task: task, window: window, commitment: commitment))))
    }
    return directives
  }

  private func order(_ transaction: Transaction) -> Directive { .order(transaction.signed(by: key)) }

  private mutating func withDesk(_ task: Digest, _ change: (inout ValidatorDesk) -> [Directive])
    -> [Directive]
  {
    guard var desk = desks.removeValue(forKey: task) else { return [] }
    defer { desks[task] = desk }
    return desk.fault == nil ? change(&desk) : []
  }

  /// Has the shell watch the committee that judges a task's window, if one does.
  private func watch(_ task: Digest) -> [Directive] {
    guard isLive, fault(of: task) == nil, let window = replica.tasks[task]?.judgedWindow,
      let round = replica.tasks[task]?.committeeRound(of: window)
    else { return [] }
    return [.watch(task: task, window: window, round: round)]
  }

  /// Asks for another committee in place of one that judges the window still.
  private func redraw(_ task: Digest, _ window: UInt64, _ round: UInt64) -> [Directive] {
    guard isLive, replica.tasks[task]?.committeeRound(of: window) == round else { return [] }
    return [
      order(
        .committeeRedraw(
          CommitteeRedraw(network: replica.network, task: task, window: window, round: round)))
    ]
  }

  /// Whether a directive orders what cannot count: something that only validators may say, from one that is
  /// not in force, or a row after the plan was decided without it.
  ///
  /// A record stands in the log once. What was ordered too early could not be ordered again.
  private func isInVain(_ directive: Directive) -> Bool {
    let envelope: Envelope
    switch directive {
    case .order(let ordered), .commit(_, let ordered): envelope = ordered
    default: return false
    }
    switch replica.refusal(of: Replica.CheckedRecord(envelope.wireBytes, id: envelope.id)) {
    case nil: return false
    case .notValidator: return true
    default: return envelope.kind == Transaction.Kind.assessment.rawValue
    }
  }
}
