import Agents
import Aggregation
public import Engines
public import Learning
public import Ledger
public import Wire

/// A validator at work: owns the `Validator` value, feeds it the log, and carries out its directives.
///
/// ```swift
/// let service = ValidatorService(
///   key: key, secretSeed: seed, genesis: genesis, log: log, blobs: blobs,
///   configuration: .init(folder: "state"),
///   reference: { _, specification in try reference(for: specification) },
///   report: { print($0.json) })
/// try await service.run()            // until the task is cancelled, or the log is closed
/// ```
///
/// It may be killed at any moment. A new one on the same folder reads the log again, goes on from the newest
/// snapshot that matches its certified version, and orders what it still owes and nothing else. With an empty
/// folder it takes a snapshot that other validators have named, or computes everything again.
public actor ValidatorService {
  /// What a validator measures with: its reference set, whole and by group.
  public struct Reference: Sendable {
    /// Owns all reference examples, for credits.
    public let whole: any Trainer
    /// One for each group of them, such as those of a label, for root updates.
    public let byGroup: [any Trainer]

    /// Puts trainers together.
    public init(whole: any Trainer, byGroup: [any Trainer]) {
      self.whole = whole
      self.byGroup = byGroup
    }
  }

  /// How a validator is set up.
  public struct Configuration: Sendable {
    /// The folder of snapshots, attestations and rows, for one service at a time. It is created if it is
    /// not there.
    public var folder: String
    /// From one snapshot on disk to the next, in versions.
    public var snapshotVersions: UInt64 = 8
    /// From one snapshot for others to the next, in versions; 0 for none.
    public var noticeVersions: UInt64 = 64
    /// More records at once than this are those of a past in which nothing is ordered any more.
    public var behindRecords = 256
    /// Records that are read at a time.
    public var pageRecords = 1_024
    /// Updates of windows that may wait for a model, a task: older windows are given up.
    public var queueUpdates = 1 << 20
    /// How often a blob that is missing is asked for before it counts as missing.
    public var blobAttempts = 8
    /// How long a committee has to judge a window before the validator asks for another, in seconds.
    public var committeeSeconds = 120.0
    /// How often a measurement that fails is repeated before its task is given up.
    public var measuringAttempts = 3
    /// Blobs that are fetched at a time.
    public var fetches = 8
    /// Pauses between attempts.
    public var pauses = Pauses(firstSeconds: 0.1, longestSeconds: 10)

    /// The defaults.
    public init(folder: String) {
      self.folder = folder
    }
  }

  let key: SigningKey
  let genesis: Genesis
  let log: any LogEngine
  let blobs: any BlobStore
  let configuration: Configuration
  let report: ServiceReport
  let folder: ValidatorFolder
  private let secretSeed: Digest
  private let makeReference: @Sendable (Digest, TaskSpecification) async throws -> Reference
  private var references: [Digest: Reference] = [:]
  private var validator: Validator
  private var errands: AsyncStream<Validator.Directive>.Continuation?

  /// Sets a validator up; nothing is read yet. Log and blobs stay open when it ends.
  ///
  /// - Parameters:
  ///   - key: who signs; one of the network's validators
  ///   - secretSeed: 32 secret random bytes, the same in every life
  ///   - genesis: the network
  ///   - log: the network's log
  ///   - blobs: the network's blobs
  ///   - configuration: folder, intervals and limits
  ///   - reference: makes the trainers for a task, once
  ///   - report: takes what there is to say
  public init(
    key: SigningKey, secretSeed: Digest, genesis: Genesis, log: any LogEngine, blobs: any BlobStore,
    configuration: Configuration,
    reference: @escaping @Sendable (Digest, TaskSpecification) async throws -> Reference,
    report: @escaping ServiceReport
  ) {
    self.key = key
    self.secretSeed = secretSeed
    self.genesis = genesis
    self.log = log
    self.blobs = blobs
    self.configuration = configuration
    self.report = report
    makeReference = reference
    folder = ValidatorFolder(configuration.folder)
    validator = Validator(key: key, secretSeed: secretSeed, genesis: genesis, start: .behind)
  }

  /// Works until the surrounding task is cancelled or the log is closed. Nothing of it goes on afterwards.
  ///
  /// - Throws: `EngineError` if the folder or the log cannot be used
  public func run() async throws {
    let lock = try FolderLock(configuration.folder)
    defer { lock.release() }
    var start = Validator.Start.behind
    let signed = try await folder.open()
    (start.attestations, start.rows) = (signed.attestations, signed.rows)
    for file in signed.damaged {
      report(ServiceEvent(.warning, "rowPassedOver", ["file": file, "reason": "it is torn or damaged"]))
    }
    start.queueUpdates = configuration.queueUpdates
    validator = Validator(key: key, secretSeed: secretSeed, genesis: genesis, start: start)
    let (directives, continuation) = AsyncStream.makeStream(of: Validator.Directive.self)
    errands = continuation
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask {
        defer { continuation.finish() }
        try await self.follow()
      }
      for await directive in directives { group.addTask { await self.carryOut(directive) } }
      group.cancelAll()
    }
  }

  /// How the validator stands.
  public func status() async -> ValidatorStatus {
    let length = try? await log.head().length
    let applied = validator.replica.chain.length
    return ValidatorStatus(
      appliedRecords: applied, lagRecords: length.map { $0 - min($0, applied) }, isLive: validator.isLive,
      tasks: validator.replica.tasks.values.sorted { $0.id < $1.id }.map { task in
        ValidatorStatus.Task(
          id: task.id, name: task.specification.name, version: task.version,
          computedVersion: validator.model(of: task.id)?.model.number, window: task.collectingWindow,
          phase: task.phase, fault: validator.fault(of: task.id))
      })
  }

  // MARK: following the log

  /// Reads the log page by page. Signatures are checked outside of the actor.
  private nonisolated func follow() async throws {
    var position = LogPosition.start
    do throws(EngineError) {
      while !Task.isCancelled {
        let page = try await log.read(from: position, limit: configuration.pageRecords)
        guard let last = page.last else {
          await reachEnd()
          _ = try await log.waitForHead(beyond: position.index)
          continue
        }
        if page.count > configuration.behindRecords { await take(.fellBehind) }
        try await apply(page, await Self.checked(page))
        position = last.position.next
      }
    } catch {
      if error.code != .closed, error.code != .cancelled { throw error }
    }
  }

  /// Checks signatures, which take most of the time of reading a long log, on all cores.
  private nonisolated static func checked(_ page: [LogRecord]) async -> [Replica.CheckedRecord] {
    let pieces = stride(from: 0, to: page.count, by: checkedRecords).map {
      page[$0..<min($0 + checkedRecords, page.count)]
    }
    return await withTaskGroup(of: (Int, [Replica.CheckedRecord]).self) { group in
      for (number, piece) in pieces.enumerated() {
        group.addTask { (number, piece.map { Replica.CheckedRecord($0.bytes, id: $0.id) }) }
      }
      var checked: [Int: [Replica.CheckedRecord]] = [:]
      for await (number, records) in group { checked[number] = records }
      return pieces.indices.flatMap { checked[$0] ?? [] }
    }
  }

  // Records that one job checks: a few milliseconds' work.
  private static let checkedRecords = 32

  private func apply(_ page: [LogRecord], _ checked: [Replica.CheckedRecord]) throws(EngineError) {
    for (record, checked) in zip(page, checked) {
      dispatch(validator.handle(.record(checked)))
      guard validator.replica.chain.digest == record.chain else {
        throw EngineError(
          .damaged, at: "log record \(record.position.index)", problem: "the hash chain breaks here",
          remedy: "take the log from another node")
      }
    }
  }

  private func reachEnd() {
    guard !validator.isLive else { return }
    report(ServiceEvent(.info, "caughtUp", ["records": "\(validator.replica.chain.length)"]))
    if validator.replica.validators.stakeUnits(of: key.publicKey) == nil {
      report(ServiceEvent(.warning, "noVote", ["validator": key.publicKey.hex]))
    }
    take(.caughtUp)
  }

  // MARK: the value

  /// Hands an event to the value, and sets off what comes of it.
  func take(_ event: Validator.Event) { dispatch(validator.handle(event)) }

  private func dispatch(_ directives: [Validator.Directive]) {
    for directive in directives {
      switch directive {
      case .announce(let header, _):
        guard validator.isLive else { continue }
        report(
          ServiceEvent(
            .info, "versionFinal",
            ["task": header.task.hex, "version": "\(header.version)", "root": header.root.hex]))
      case .report(let message): report(ServiceEvent(.warning, "validator", ["message": message]))
      case .decline(let task, let reason):
        report(ServiceEvent(.error, "taskDeclined", ["task": task.hex, "reason": reason]))
      case .halt(let task, let reason):
        report(ServiceEvent(.error, "taskHalted", ["task": task.hex, "reason": reason]))
      case .keep(let memory, let isAwaited):
        let isDue = memory.state.model.number.isMultiple(of: configuration.snapshotVersions)
        if isDue || isAwaited || isNoticed(memory) { errands?.yield(directive) }
      default: errands?.yield(directive)
      }
    }
  }

  private nonisolated func isNoticed(_ memory: ValidatorMemory) -> Bool {
    configuration.noticeVersions > 0
      && memory.state.model.number.isMultiple(of: configuration.noticeVersions)
  }

  private nonisolated func carryOut(_ directive: Validator.Directive) async {
    switch directive {
    case .order(let envelope): await order(envelope)
    case .commit(let row, let envelope): await order(envelope, keeping: row)
    case .watch(let task, let window, let round):
      guard (try? await configuration.pauses.sleep(configuration.committeeSeconds)) != nil else { return }
      await take(.overdue(task: task, window: window, round: round))
    case .fetchFirstWeights(let task, let offer): await fetchFirstWeights(task, offer)
    case .findState(let task, let offer, let versions): await findState(task, offer, versions)
    case .fetchPackets(let task, let window, let digests): await fetchPackets(digests, task, window)
    case .measureRoots(let task, let window, let weights):
      await measure(task) { reference in
        .rootsMeasured(
          task: task, window: window,
          try await RootUpdates.measured(by: reference.byGroup, at: weights))
      }
    case .measureCredits(let task, let version, let merge):
      await measure(task) { reference in
        .creditsMeasured(task: task, version: version, try await Self.credits(of: merge, reference))
      }
    case .store(let step): await put(step)
    case .keep(let memory, let isAwaited):
      await keep(memory, isNoticed: isAwaited || isNoticed(memory))
    case .announce, .report, .decline, .halt: break
    }
  }

  // MARK: what errands ask

  /// Hands over a state that was found; false if it is not one to go on from.
  func resume(_ state: ModelState, _ judge: Judge?) -> Bool {
    take(.stateFound(state, judge))
    return validator.model(of: state.model.task) != nil
  }

  /// Whether the validator acts on what it reads.
  var isLive: Bool { validator.isLive }

  /// The snapshots that were named, the newest first.
  func snapshots(of task: Digest) -> [SnapshotNotice] { validator.replica.tasks[task]?.snapshots ?? [] }

  /// The trainers for a task.
  func reference(for task: Digest) async throws -> Reference {
    if let reference = references[task] { return reference }
    guard let specification = validator.replica.tasks[task]?.specification else {
      throw AgentError.absent("there is no task \(task.short)")
    }
    let reference = try await makeReference(task, specification)
    references[task] = reference
    return reference
  }
}
