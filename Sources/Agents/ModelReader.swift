public import Aggregation
import Engines
public import Ledger
import Updates
public import Wire

/// Reads a version of a model out of a network at rest: follows certificates and steps as any light client
/// would.
public enum ModelReader {
  /// Which version is asked for.
  public enum Selection: Sendable, Hashable {
    /// The newest one that is final.
    case final
    /// That number.
    case number(UInt64)
  }

  /// A version whose certificate, steps and root have been checked.
  public struct Verified: Sendable {
    /// The task.
    public let offer: TaskOffer
    /// The weights.
    public let model: ModelVersion
    /// What the validators certified; nil for version 0, for which the author answers.
    public let header: VersionHeader?

    /// Notes what was checked.
    public init(offer: TaskOffer, model: ModelVersion, header: VersionHeader?) {
      self.offer = offer
      self.model = model
      self.header = header
    }
  }

  /// Verifies and reads a version.
  ///
  /// - Parameters:
  ///   - selection: which version
  ///   - task: whose; nil if the network has one task only
  ///   - folder: a network at rest; nothing in it is changed
  /// - Throws: `AgentError` or `EngineError`
  public static func read(
    _ selection: Selection, task: Digest? = nil, in folder: NetworkFolder
  ) async throws -> Verified {
    let genesis = try folder.genesis()
    let blobs = try await folder.openBlobs(access: .readOnly)
    let log = try await folder.openLog(genesis.network, access: .readOnly)
    let history = try await history(of: task, selection, genesis, log)
    try await log.close()
    let firstWeights = try history.offer.firstWeights(
      from: try await blobs.get(history.offer.specification.firstWeights))
    var followed = try FollowedModel(history.offer, firstWeights: firstWeights, genesis: genesis)
    var steps: [[UInt8]] = []
    for step in history.steps { steps.append(try await blobs.get(step)) }
    await blobs.close()
    let header = try followed.follow(
      PublishedVersion(certificate: history.certificate, steps: steps, handovers: history.handovers))
    return Verified(offer: history.offer, model: followed.model, header: header)
  }

  private struct History {
    let offer: TaskOffer
    var steps: [Digest] = []
    var certificate: Certificate?
    /// All of the network's.
    var handovers: [Handover] = []
  }

  private static func history(
    of task: Digest?, _ selection: Selection, _ genesis: Genesis, _ log: some LogEngine
  ) async throws -> History {
    var replica = Replica(genesis)
    var histories: [Digest: History] = [:]
    var handovers: [Handover] = []
    for record in try await records(of: log) {
      let checked = Replica.CheckedRecord(record.bytes, id: record.id)
      for event in replica.apply(checked) {
        if case .taskOpened(let id) = event, let envelope = checked.envelope {
          histories[id] = History(offer: try TaskOffer(opening: envelope, network: replica.network))
        }
        if case .validatorsChanged(let handover) = event { handovers.append(handover) }
        guard case .versionFinal(let header, let certificate) = event else { continue }
        if case .number(let wanted) = selection, header.version > wanted { continue }
        histories[header.task]?.steps.append(header.step)
        histories[header.task]?.certificate = certificate
      }
    }
    var found = try select(task, from: histories)
    if case .number(let wanted) = selection, UInt64(found.steps.count) != wanted {
      throw AgentError.absent("version \(wanted) is not final; the newest is \(found.steps.count)")
    }
    found.handovers = handovers
    return found
  }

  private static func select(_ task: Digest?, from histories: [Digest: History]) throws(AgentError) -> History
  {
    if let task {
      guard let history = histories[task] else { throw .absent("there is no task \(task.short)") }
      return history
    }
    guard let only = histories.values.first, histories.count == 1 else {
      let names = histories.keys.sorted().map(\.hex).joined(separator: ", ")
      throw .absent("the network has \(histories.count) tasks; name one: \(names)")
    }
    return only
  }

  private static func records(of log: some LogEngine) async throws -> [LogRecord] {
    var records: [LogRecord] = []
    while true {
      let page = try await log.read(from: LogPosition(UInt64(records.count)), limit: 1_024)
      if page.isEmpty { return records }
      records += page
    }
  }
}
