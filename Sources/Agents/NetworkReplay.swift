public import Aggregation
public import Engines
public import Ledger
import Updates
public import Wire

/// Replays a network's log from its first record, recomputes every version, and checks each against its
/// certificate.
///
/// What it accepts was signed by those it names, follows from the log by the ledger's rules, conserves every
/// unit, and leads to the roots that more than two thirds of the weight attested.
public struct NetworkReplay: Sendable {
  /// What a replay has found so far.
  public struct Progress: Sendable {
    /// Records replayed.
    public var records: UInt64 = 0
    /// Records that the rules passed over.
    public var refused = 0
    /// Versions that were final and recomputed.
    public var versions = 0
    /// Updates merged in them.
    public var merged = 0
  }

  /// Counts of what was replayed.
  public private(set) var progress = Progress()
  /// The ledger as replayed so far.
  public private(set) var replica: Replica
  /// Each task's model as recomputed so far.
  public private(set) var models: [Digest: ModelState] = [:]
  private var offers: [Digest: TaskOffer] = [:]
  /// Why a task has no first weights that anyone could start from. Its author harms nobody else by that.
  private var unusable: [Digest: AgentError] = [:]
  private var recomputed: [Digest: Recomputation] = [:]
  private var client: LightClient
  private let blobs: any BlobStore
  private let threads: Int

  /// Prepares a replay.
  ///
  /// - Parameter threads: how many threads a merge uses; the result does not depend on it
  public init(_ genesis: Genesis, blobs: any BlobStore, threads: Int = 1) {
    replica = Replica(genesis)
    client = LightClient(genesis)
    self.blobs = blobs
    self.threads = threads
  }

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
      case .refused: progress.refused += 1
      case .taskOpened(let task): try await open(task, envelope)
      case .mergeDecided(let plan, let template): try await merge(plan, template)
      case .versionFinal(let header, let certificate):
        try check(header, certificate)
        final.append(header)
      case .validatorsChanged(let handover):
        do { try client.follow(handover) } catch { throw .audit(place: place, "\(error)") }
      default: break
      }
    }
    progress.records += 1
    guard replica.conservesUnits else { throw .audit(place: place, "units were made or lost") }
    guard replica.chain.digest == record.chain else {
      throw .audit(place: place, "the hash chain breaks here")
    }
    return final
  }

  private mutating func open(_ task: Digest, _ envelope: Envelope) async throws(AgentError) {
    let offer = try TaskOffer(opening: envelope, network: replica.network)
    offers[task] = offer
    do {
      models[task] = try await start(offer)
    } catch {
      unusable[task] = error
    }
  }

  private func start(_ offer: TaskOffer) async throws(AgentError) -> ModelState {
    let place = "task \(offer.id.short)"
    let weights = try offer.firstWeights(from: try await blob(offer.specification.firstWeights, place))
    let state: ModelState
    do {
      state = try ModelState(task: offer.id, initialWeights: weights)
    } catch {
      throw .audit(place: place, error.description)
    }
    guard state.parametersRoot == offer.specification.firstParametersRoot else {
      throw .audit(place: place, "the first weights do not match their root")
    }
    return state
  }

  private mutating func merge(_ plan: MergePlan, _ template: VersionHeader) async throws(AgentError) {
    let place = "version \(template.version)"
    if let reason = unusable[plan.task] { throw reason }
    guard let state = models[plan.task], let offer = offers[plan.task] else {
      throw .audit(place: place, "its task is unknown")
    }
    var payloads: [Digest: Payload] = [:]
    for entry in plan.entries {
      let bytes = try await blob(entry.packet, place)
      do {
        payloads[entry.packet] = try Packet(wireBytes: bytes, limit: UpdateLimits.messageBytesLimit).payload
      } catch {
        throw .audit(place: "packet \(entry.packet.hex)", error.description)
      }
    }
    recomputed[plan.task] = try Recomputation(
      plan, template: template, onto: state, payloads: payloads, policy: offer.specification.merge,
      threads: threads)
  }

  private mutating func check(_ header: VersionHeader, _ certificate: Certificate) throws(AgentError) {
    let place = "version \(header.version)"
    guard let own = recomputed.removeValue(forKey: header.task) else {
      throw .audit(place: place, "it is final without a merge")
    }
    guard own.header == header else {
      throw .audit(
        place: place, "the certified root is \(header.root.hex), recomputed it is \(own.header.root.hex)")
    }
    do {
      guard try client.check(certificate) == header else {
        throw AgentError.audit(place: place, "the certificate is for another version")
      }
    } catch {
      throw .audit(place: place, "\(error)")
    }
    models[header.task] = own.state
    progress.versions += 1
    progress.merged += own.contributions.count
  }

  private func blob(_ digest: Digest, _ place: String) async throws(AgentError) -> [UInt8] {
    do {
      return try await blobs.get(digest)
    } catch {
      throw .audit(place: place, "\(error)")
    }
  }
}
