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
  let secretSeed: Digest
  /// The validator's replica of the ledger.
  public internal(set) var replica: Replica
  var desks: [Digest: ValidatorDesk] = [:]

  /// Creates a validator at the start of a network's log.
  ///
  /// - Parameters:
  ///   - key: who signs
  ///   - secretSeed: 32 secret random bytes, from which the secrets of all windows derive
  ///   - genesis: the network
  public init(key: SigningKey, secretSeed: Digest, genesis: Genesis) {
    self.key = key
    self.secretSeed = secretSeed
    replica = Replica(genesis)
  }

  /// Whose validator this is.
  public var publicKey: PublicKey { key.publicKey }

  /// The model of a task, as far as this validator has computed it.
  public func model(of task: Digest) -> ModelState? { desks[task]?.state }

  /// Takes an event, and says what is to be done.
  public mutating func handle(_ event: Event) -> [Directive] {
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
    }
  }

  private mutating func react(to event: ReplicaEvent, _ record: Replica.CheckedRecord) -> [Directive] {
    switch event {
    case .taskOpened(let task):
      guard let envelope = record.envelope,
        let offer = try? TaskOffer(opening: envelope, network: replica.network)
      else {
        return []
      }
      desks[task] = ValidatorDesk(offer, genesis: replica.genesis, key: key)
      return [.fetchFirstWeights(task: task, offer)]
    case .windowOpened(let task, let window):
      let commitment = SeedReveal.commitment(to: secret(task, window))
      return [
        order(
          .seedCommitment(
            SeedCommitment(network: replica.network, task: task, window: window, commitment: commitment)))
      ]
    case .windowClosed(let task, let window):
      let reveal = SeedReveal(
        network: replica.network, task: task, window: window, secret: secret(task, window))
      return [order(.seedReveal(reveal))]
    case .seedDrawn(let task, let window, let seed, let updates):
      return withDesk(task) { $0.open(window, seed: seed, updates: updates) }
    case .mergeDecided(let plan, let template):
      return withDesk(plan.task) { $0.decided(plan, template) }
    case .keysReleased(let task, let window, let keys):
      return withDesk(task) { $0.released(keys, window: window) }
    case .versionFinal(let header, let certificate):
      return withDesk(header.task) { $0.finalised(header) } + [.announce(header, certificate)]
    case .refused, .committed, .submitted, .receipts, .paid, .slashed: return []
    }
  }

  private func order(_ transaction: Transaction) -> Directive { .order(transaction.signed(by: key)) }

  private mutating func withDesk(_ task: Digest, _ change: (inout ValidatorDesk) -> [Directive])
    -> [Directive]
  {
    guard var desk = desks.removeValue(forKey: task) else { return [] }
    defer { desks[task] = desk }
    return change(&desk)
  }

  private static let secretDomain = HashDomain("trib.seed.secret")

  // Derived, not drawn, so that a restarted validator can reveal what it committed to.
  private func secret(_ task: Digest, _ window: UInt64) -> Digest {
    var hasher = DigestHasher(in: Self.secretDomain)
    hasher.update(secretSeed)
    hasher.update(task)
    hasher.update(window)
    return hasher.finish()
  }
}
