public import Aggregation
public import Attribution
public import Ledger
import Updates
public import Wire

/// A validator, as a value without I/O: log records and fetched bytes go in, envelopes and errands come out.
///
/// It keeps a replica and the models, draws secrets, judges every window on its own reference set, recomputes
/// every version and attests it with its credits.
public struct Validator: Sendable {
  /// What happens to a validator.
  public enum Event: Sendable {
    /// The log's next record.
    case record(Replica.CheckedRecord)
    /// A task's first weights, as `Directive.fetchFirstWeights` asked for.
    case firstWeights(task: Digest, [Float])
    /// The packets of a window that could be fetched, by digest.
    case packets(task: Digest, window: UInt64, [Digest: [UInt8]])
    /// The end of `Directive.measureRoots`.
    case rootsMeasured(task: Digest, window: UInt64, RootUpdates)
    /// The end of `Directive.measureCredits`.
    case creditsMeasured(task: Digest, version: UInt64, CreditRow)
    /// A window of a task has been judged for so long that its committee must be silent, by the shell's
    /// clock.
    case overdue(task: Digest, window: UInt64)
  }

  /// What a validator wants done.
  public enum Directive: Sendable {
    /// Put an envelope into the log.
    case order(Envelope)
    /// Fetch a task's first weights.
    case fetchFirstWeights(task: Digest, TaskOffer)
    /// Fetch packets; those that cannot be had are left out of the answer. Asked for a second time, they were
    /// admitted by the others: without them the validator can only halt.
    case fetchPackets(task: Digest, window: UInt64, [Digest])
    /// Measure root updates at these weights on the validator's reference set.
    case measureRoots(task: Digest, window: UInt64, weights: [Float])
    /// Measure the credits of a merge on the validator's reference set.
    case measureCredits(task: Digest, version: UInt64, CreditedMerge)
    /// Store a published step.
    case store([UInt8])
    /// A version became final: announce it.
    case announce(VersionHeader, Certificate)
    /// A task cannot be worked on, for its author's fault: tell the operator. Other tasks go on.
    case decline(task: Digest, String)
    /// Tell the operator; the work goes on.
    case report(String)
    /// Others made another version final than this validator computed, or what it needs cannot be had: stop
    /// and tell the operator.
    case halt(String)
  }

  let key: SigningKey
  let secrets: ValidatorSecrets
  /// The validator's replica of the ledger.
  public internal(set) var replica: Replica
  private var isInForce: Bool
  var desks: [Digest: ValidatorDesk] = [:]

  /// Creates a validator at the start of a network's log.
  ///
  /// - Parameters:
  ///   - key: who signs
  ///   - secretSeed: 32 secret random bytes, from which the secrets and salts of all windows derive
  ///   - genesis: the network
  public init(key: SigningKey, secretSeed: Digest, genesis: Genesis) {
    self.key = key
    secrets = ValidatorSecrets(seed: secretSeed)
    replica = Replica(genesis)
    isInForce = replica.validators.contains(key.publicKey)
  }

  /// Whose validator this is.
  public var publicKey: PublicKey { key.publicKey }

  /// The model of a task, as far as this validator has computed it.
  public func model(of task: Digest) -> ModelState? { desks[task]?.state }

  /// Takes an event, and says what is to be done.
  public mutating func handle(_ event: Event) -> [Directive] { take(event).filter { !isInVain($0) } }

  private mutating func take(_ event: Event) -> [Directive] {
    switch event {
    case .record(let record):
      return replica.apply(record).flatMap { react(to: $0, record) }
    case .firstWeights(let task, let weights):
      return withDesk(task) { $0.begin(weights) }
    case .packets(let task, let window, let packets):
      return withDesk(task) { $0.received(packets, window: window) }
    case .rootsMeasured(let task, let window, let roots):
      return withDesk(task) { $0.measured(roots, window: window) }
    case .creditsMeasured(let task, let version, let credits):
      return withDesk(task) { $0.measured(credits, version: version) }
    case .overdue(let task, let window): return redraw(task, window)
    }
  }

  /// Asks for another committee, if one judges the window.
  private func redraw(_ task: Digest, _ window: UInt64) -> [Directive] {
    guard let round = replica.tasks[task]?.committeeRound(of: window) else { return [] }
    return [
      order(
        .committeeRedraw(
          CommitteeRedraw(network: replica.network, task: task, window: window, round: round)))
    ]
  }

  private mutating func react(to event: ReplicaEvent, _ record: Replica.CheckedRecord) -> [Directive] {
    switch event {
    case .taskOpened(let task):
      guard let envelope = record.envelope,
        let offer = try? TaskOffer(opening: envelope, network: replica.network)
      else {
        return []
      }
      desks[task] = ValidatorDesk(offer, genesis: replica.genesis, key: key, secrets: secrets)
      return [.fetchFirstWeights(task: task, offer)]
    case .windowOpened(let task, let window):
      return [bind(task, window)]
    case .windowClosed(let task, let window):
      let reveal = SeedReveal(
        network: replica.network, task: task, window: window,
        secret: secrets.secret(task: task, window: window))
      return [order(.seedReveal(reveal))]
    case .seedDrawn(let task, let window, let seed, let updates):
      let isJudge = isJudge(task, window)
      return withDesk(task) { $0.open(window, seed: seed, updates: updates, isJudge: isJudge) }
    case .committeeRedrawn(let task, let window, let round):
      let isJudge = isJudge(task, window)
      return withDesk(task) { $0.redrawn(window: window, round: round, isJudge: isJudge) }
    case .rowsCommitted(let task, let window):
      return withDesk(task) { $0.rowsCommitted(window: window) }
    case .mergeDecided(let plan, let template):
      return withDesk(plan.task) { $0.decided(plan, template) }
    case .keysReleased(let task, let window, let keys):
      return withDesk(task) { $0.released(keys, window: window) }
    case .versionFinal(let header, let certificate):
      return withDesk(header.task) { $0.finalised(header) } + [.announce(header, certificate)]
    case .validatorsChanged(let handover): return change(to: handover.validators)
    case .refused, .committed, .submitted, .receipts, .paid, .slashed, .unbonded: return []
    }
  }

  /// Commits to the secret of a window that collects.
  private func bind(_ task: Digest, _ window: UInt64) -> Directive {
    let commitment = SeedReveal.commitment(to: secrets.secret(task: task, window: window))
    return order(
      .seedCommitment(
        SeedCommitment(network: replica.network, task: task, window: window, commitment: commitment)))
  }

  /// Makes up for what a validator has not ordered while it was none.
  private mutating func change(to validators: ValidatorSet) -> [Directive] {
    defer { isInForce = validators.contains(key.publicKey) }
    guard !isInForce, validators.contains(key.publicKey) else { return [] }
    return desks.keys.sorted().flatMap { task in
      [bind(task, replica.tasks[task]?.collectingWindow ?? 0)] + (desks[task]?.orderRow() ?? [])
    }
  }

  private func isJudge(_ task: Digest, _ window: UInt64) -> Bool {
    replica.tasks[task]?.isJudge(publicKey, of: window) ?? false
  }

  private func order(_ transaction: Transaction) -> Directive { .order(transaction.signed(by: key)) }

  private mutating func withDesk(_ task: Digest, _ change: (inout ValidatorDesk) -> [Directive])
    -> [Directive]
  {
    guard var desk = desks.removeValue(forKey: task) else { return [] }
    defer { desks[task] = desk }
    return change(&desk)
  }

  /// Whether a directive orders what cannot count: something that only validators may say, from one that is
  /// not in force, or a row after the plan was decided without it.
  ///
  /// A record stands in the log once. What was ordered too early could not be ordered again.
  private func isInVain(_ directive: Directive) -> Bool {
    guard case .order(let envelope) = directive else { return false }
    switch replica.refusal(of: Replica.CheckedRecord(envelope.wireBytes, id: envelope.id)) {
    case nil: return false
    case .notValidator: return true
    default: return envelope.kind == Transaction.Kind.assessment.rawValue
    }
  }
}
