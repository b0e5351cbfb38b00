public import Aggregation
public import Engines
public import Ledger
public import Wire

/// Replays a network's log from its first record, recomputes every version whose packets can be opened, and
/// checks each against its certificate.
///
/// What it accepts was signed by those it names, follows from the log by the ledger's rules, conserves every
/// unit, and leads to the roots that more than two thirds of the weight attested. Where packets stay with the
/// validators and no key is given that opens them, a merge cannot be computed again: then its version's step
/// leads to the certified weights, which is checked, and `Progress.recomputed` leaves the version out.
public struct NetworkReplay: Sendable {
  /// What a replay has found so far.
  public struct Progress: Sendable {
    /// Records replayed.
    public var records: UInt64 = 0
    /// Records that the rules passed over.
    public var refused = 0
    /// Versions that were final, with a certificate and weights that fit it.
    public var versions = 0
    /// Versions of these that were recomputed from their packets.
    public var recomputed = 0
    /// Updates merged in these.
    public var merged = 0
  }

  /// The ledger as replayed so far.
  public private(set) var replica: Replica
  private var counts = Progress()
  private var tasks: [Digest: TaskReplay] = [:]
  /// Why a task has no first weights that anyone could start from. Its author harms nobody else by that.
  private var unusable: [Digest: AgentError] = [:]
  private var client: LightClient
  private let blobs: any BlobStore
  private let threads: Int
  private let key: SigningKey?

  /// Prepares a replay.
  ///
  /// - Parameters:
  ///   - genesis: the network
  ///   - blobs: packets, steps and first weights
  ///   - key: a validator's, which opens packets that are sealed to it and whose keys were not published; nil
  ///     does without
  ///   - threads: how many threads a merge uses; the result does not depend on it
  public init(_ genesis: Genesis, blobs: any BlobStore, key: SigningKey? = nil, threads: Int = 1) {
    replica = Replica(genesis)
    client = LightClient(genesis)
    self.blobs = blobs
    self.key = key
    self.threads = threads
  }

  /// Counts of what was replayed.
  public var progress: Progress {
    var progress = counts
    progress.recomputed = tasks.values.reduce(0) { $0 + $1.recomputed }
    progress.merged = tasks.values.reduce(0) { $0 + $1.merged }
    return progress
  }

  /// Whether a key is a validator's, or was one's, as far as the log was replayed.
  public func hasValidator(_ key: PublicKey) -> Bool { client.hasValidator(key) }

  /// Each task's model as recomputed so far.
  public var models: [Digest: ModelState] { tasks.mapValues(\.state) }

  /// Replays the next record.
  ///
  /// - Returns: the versions that became final
  /// - Throws: `AgentError.audit` that names the record or the version.
  @discardableResult
  public mutating func apply(_ record: LogRecord) async throws(AgentError) -> [VersionHeader] {
    let place = "log record \(record.position.index)"
    let checked = Replica.CheckedRecord(record.bytes, id: record.id)
    guard let envelope = checked.envelope else {
      throw .audit(place: place, "it is no signed transaction; a gateway would not have let it through")
    }
    var final: [VersionHeader] = []
    for event in replica.apply(checked) {
      switch event {
      case .refused: counts.refused += 1
      case .taskOpened(let task): try await open(task, envelope)
      case .mergeDecided(let plan, let template):
        if let reason = unusable[plan.task] { throw reason }
        guard let validators = replica.tasks[plan.task]?.validators(of: plan.window) else { continue }
        try await tasks[plan.task]?.decided(plan, template, by: validators)
      case .keysReleased(let task, let window, let keys):
        try await tasks[task]?.released(keys, window: window)
      case .versionFinal(let header, let certificate):
        try check(header, certificate)
        try await tasks[header.task]?.finalised(header)
        counts.versions += 1
        final.append(header)
      case .validatorsChanged(let handover):
        do { try client.follow(handover) } catch { throw .audit(place: place, "\(error)") }
      default: break
      }
    }
    counts.records += 1
    guard replica.conservesUnits else { throw .audit(place: place, "units were made or lost") }
    guard replica.chain.digest == record.chain else {
      throw .audit(place: place, "the hash chain breaks here")
    }
    return final
  }

  private mutating func open(_ task: Digest, _ envelope: Envelope) async throws(AgentError) {
    let offer = try TaskOffer(opening: envelope, network: replica.network)
    do {
      tasks[task] = try await TaskReplay(
        offer, network: replica.network, blobs: blobs, key: key, threads: threads)
    } catch {
      unusable[task] = error
    }
  }

  private func check(_ header: VersionHeader, _ certificate: Certificate) throws(AgentError) {
    let place = "version \(header.version)"
    do {
      guard try client.check(certificate) == header else {
        throw AgentError.audit(place: place, "the certificate is for another version")
      }
    } catch {
      throw .audit(place: place, "\(error)")
    }
  }
}
