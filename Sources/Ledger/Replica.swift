public import Wire

/// The deterministic state machine that the log drives: a pure value.
///
/// Two replicas of one genesis that applied the same records are equal in everything: balances, windows,
/// plans, rewards. A replica holds no weights: a merge's outcome reaches it through attestations, so that a
/// gateway or an auditor of balances can follow a network without any model.
public struct Replica: Sendable, Equatable {
  /// What the network started from.
  public let genesis: Genesis
  /// The network's digest.
  public let network: Digest
  /// The log's hash chain over the records applied so far.
  public private(set) var chain: HashChain
  /// All accounts.
  public internal(set) var accounts: Accounts
  /// The tasks by their digests.
  public internal(set) var tasks: [Digest: TaskState] = [:]
  /// Units that have left the network.
  public internal(set) var withdrawnUnits: UInt64 = 0
  /// The contributors: keys that bonded and have not been released.
  public internal(set) var contributors: Set<PublicKey> = []
  /// Validators that signed twice. Their weight stays in the whole until they leave the set, and counts for
  /// nothing.
  public internal(set) var slashed: Set<PublicKey> = []
  /// The validators in force, and the stakes of those to come.
  var registry: ValidatorRegistry
  /// What a test has made wrong with the replica.
  package var flaws = PlantedFlaws()

  /// The account that keeps what slashing takes: no key's, so nobody can spend from it.
  public static let treasury = PublicKey(bytes: [UInt8](repeating: 0, count: PublicKey.byteCount))

  /// Starts from a genesis.
  public init(_ genesis: Genesis) {
    self.genesis = genesis
    network = genesis.network
    chain = HashChain(network: network)
    accounts = Accounts(genesis)
    registry = ValidatorRegistry(genesis)
  }

  /// Whether no unit was made or lost: what was there at the start equals balances, bonds, escrows and what
  /// was withdrawn.
  public var conservesUnits: Bool {
    let escrows = tasks.values.reduce(UInt64(0)) { $0 + $1.escrowUnits }
    return accounts.totalUnits + escrows + withdrawnUnits == genesis.supplyUnits
  }

  /// A record whose envelope has been decoded and whose signature has been checked, which can be done in
  /// parallel and ahead.
  public struct CheckedRecord: Sendable {
    let id: Digest
    let bytes: [UInt8]
    let content: (envelope: Envelope, transaction: Transaction)?

    /// The record's envelope; nil if the record is malformed.
    public var envelope: Envelope? { content?.envelope }

    /// The record's transaction; nil if the record is malformed.
    public var transaction: Transaction? { content?.transaction }

    /// Decodes and checks a log record.
    ///
    /// - Parameters:
    ///   - bytes: the record
    ///   - id: the name under which the log keeps it, which must be its envelope's
    public init(_ bytes: [UInt8], id: Digest) {
      self.id = id
      self.bytes = bytes
      guard let envelope = try? Envelope.open(bytes), envelope.id == id,
        let transaction = try? Transaction(envelope)
      else {
        content = nil
        return
      }
      content = (envelope, transaction)
    }

    /// Takes an envelope whose signature the caller answers for: a simulation's, whose nodes it runs itself.
    package init(trusting envelope: Envelope) {
      id = envelope.id
      bytes = envelope.wireBytes
      content = (try? Transaction(envelope)).map { (envelope, $0) }
    }

    private init(_ bytes: [UInt8], _ envelope: Envelope, _ transaction: Transaction) {
      id = envelope.id
      self.bytes = bytes
      content = (envelope, transaction)
    }

    /// Decodes and checks an envelope that is not in the log yet.
    ///
    /// - Throws: `WireError` if it is malformed, if its signature is not valid, or if it holds no transaction
    public static func open(
      _ bytes: [UInt8]
    ) throws(WireError) -> (record: CheckedRecord, envelope: Envelope, transaction: Transaction) {
      let envelope = try Envelope.open(bytes)
      let transaction = try Transaction(envelope)
      return (CheckedRecord(bytes, envelope, transaction), envelope, transaction)
    }
  }

  /// Applies the log's next record.
  ///
  /// - Returns: what it did, in order; a record that breaks a rule does nothing but `refused`
  public mutating func apply(_ bytes: [UInt8], id: Digest) -> [ReplicaEvent] {
    apply(CheckedRecord(bytes, id: id))
  }

  /// Applies the log's next record, which has been checked already.
  public mutating func apply(_ record: CheckedRecord) -> [ReplicaEvent] {
    chain.append(record.bytes, id: record.id)
    guard let (envelope, transaction) = record.content else { return [.refused(.malformed)] }
    guard transaction.network == network else { return [.refused(.otherNetwork)] }
    do {
      return try apply(transaction, from: envelope)
    } catch {
      return [.refused(error)]
    }
  }

  /// Why the next record would be passed over; nil if it would be applied.
  ///
  /// Registrations and updates, which are nearly all that a gateway is asked to take, are checked in place;
  /// anything else is tried on a copy.
  public func refusal(of record: CheckedRecord) -> Refusal? {
    guard let (envelope, transaction) = record.content else { return .malformed }
    guard transaction.network == network else { return .otherNetwork }
    do {
      switch transaction {
      case .commitment(let message): try check(message, from: envelope.signer)
      case .submission(let message): try check(message, from: envelope.signer)
      case .registration(let message): try check(message, from: envelope.signer)
      default:
        var trial = self
        _ = try trial.apply(transaction, from: envelope)
      }
      return nil
    } catch {
      return error
    }
  }

  private mutating func apply(_ transaction: Transaction, from envelope: Envelope) throws(Refusal)
    -> [ReplicaEvent]
  {
    let signer = envelope.signer
    switch transaction {
    case .transfer(let message): return try apply(message, from: signer)
    case .withdrawal(let message): return try apply(message, from: signer)
    case .registration(let message): return try apply(message, from: signer)
    case .release(let message): return try apply(message, from: signer)
    case .taskCreation(let message): return try apply(message, from: signer, id: envelope.id)
    case .taskFunding(let message): return try apply(message, from: signer)
    case .commitment(let message): return try apply(message, from: signer)
    case .submission(let message): return try apply(message, from: signer)
    case .seedCommitment(let message): return try apply(message, from: signer)
    case .seedReveal(let message): return try apply(message, from: signer)
    case .assessmentCommitment(let message): return try apply(message, from: signer)
    case .assessment(let message): return try apply(message, from: signer)
    case .attestation(let message): return try apply(message, from: signer)
    case .evidence(let message): return try apply(message, from: signer)
    case .validatorBond(let message): return try apply(message, from: signer)
    case .validatorUnbond(let message): return try apply(message, from: signer)
    case .committeeRedraw(let message): return try apply(message, from: signer)
    case .snapshotNotice(let message): return try apply(message, from: signer)
    case .keyRelease(let message): return try apply(message, from: signer)
    }
  }

  /// Refuses whoever has no vote that counts.
  func checkVote(of key: PublicKey, in voters: Electorate) throws(Refusal) {
    guard voters.contains(key), !slashed.contains(key) else { throw .notValidator }
  }

  /// The weight of those among these keys whose votes count. Each stands once.
  func votingWeight(of keys: some Sequence<PublicKey>, in voters: Electorate) -> UInt64 {
    voters.weight(of: keys.filter { !slashed.contains($0) }) + (flaws.countsOneVoteMore ? 1 : 0)
  }

  /// Applies a change to a task. A change that is refused checks everything before it changes anything.
  ///
  /// The task is taken out while it changes, so that its collections change in place and are not copied for
  /// every record.
  mutating func withTask<Value>(
    _ id: Digest, _ change: (inout TaskState, inout Replica) throws(Refusal) -> Value
  ) throws(Refusal) -> Value {
    guard var task = tasks.removeValue(forKey: id) else { throw .unknownTask }
    defer { tasks[id] = task }
    return try change(&task, &self)
  }
}
