import Agents
import Aggregation
import Attribution
import Engines
import Learning
import Ledger
import Numerics
import Updates
import Wire

/// Runs a federation under a virtual clock: the same contributors, validators and gateway that run over a
/// network, on real engines, with slow nodes that cost no waiting.
///
/// Training and measuring run side by side on the machine's cores; their results enter in the order of
/// virtual time, so that a seed gives one log whatever the machine's speed.
struct LearningSimulation {
  /// What happens. Boxed, as thousands wait in the queue, and move up and down in it.
  indirect enum Event: Sendable {
    case contributor(Int, Contributor.Event)
    /// Every contributor hears of a version.
    case announced(version: UInt64)
    /// A contributor's device takes part again, and hears what it has missed.
    case reopened(Int)
    /// A contributor's device is back, and has lost its training.
    case lostTraining(Int)
    /// What a hostile contributor's training came to, from these weights.
    case trained(Int, from: [Float], TrainingResult)
    case validator(Int, Validator.Event)
    /// What a validator began to measure earlier is known now, or why it is not.
    case measured(Int, Task<TrainingLanes<Result<Validator.Event, any Error>>.Finished, Never>)
    /// A contributor's request reaches the gateway.
    case request(Int, Request)
    case order(Envelope)
    /// A log record reaches the gateway and the validators.
    case record(Replica.CheckedRecord)
    /// Work that began earlier; what it comes to happens now.
    case finished(Task<TrainingLanes<Event>.Finished, Never>)
  }

  /// What a contributor asks its gateway for.
  enum Request: Sendable {
    case order(Envelope)
    case upload(packet: [UInt8], submission: Envelope)
    case pull(after: UInt64, epoch: UInt64)
  }

  let federation: Federation
  let settings: RunSettings
  let genesis: Genesis
  let log: any LogEngine
  let blobs: any BlobStore
  var queue = EventQueue<Event>()
  var seconds = 0.0
  /// The newest version that contributors have heard of.
  var announcedVersion: UInt64 = 0
  /// Whose devices will hear of it when they take part again.
  var absent: Set<Int> = []
  var random: SeededRandom
  var gateway: Gateway
  let validators: [ValidatorSeat]
  var contributors: [Contributor?]
  let indices: [PublicKey: Int]
  var flooders: [Int: Flooder] = [:]
  /// The hands of hostile validators.
  var hostileJudges: [Int: HostileJudge] = [:]
  var collusions: [String: Collusion]
  var recorder: RunRecorder
  var offer: TaskOffer?
  /// Trainings, and what validators measure.
  var trainings: TrainingLanes<Event>
  var measurements: TrainingLanes<Result<Validator.Event, any Error>>
  /// The newest version as the first contributor that followed it did, whose weights the others share.
  var newest: FollowedModel?
  /// The published steps, by digest.
  var steps: [Digest: [UInt8]] = [:]
  var logLength: UInt64 = 0
  /// Updates that contributors have trained and sent.
  private(set) var clientRounds = 0
  /// The seconds for which cores have trained them.
  private(set) var trainingCoreSeconds = 0.0

  /// Prepares a run on empty engines.
  init(
    _ federation: Federation, settings: RunSettings, log: any LogEngine, blobs: any BlobStore,
    genesis: Genesis
  ) {
    self.federation = federation
    self.settings = settings
    self.log = log
    self.blobs = blobs
    self.genesis = genesis
    random = SeededRandom(seed: settings.seed)
    gateway = Gateway(genesis: genesis)
    validators = federation.judges.map {
      ValidatorSeat(Validator(key: $0.key, secretSeed: $0.secretSeed, genesis: genesis))
    }
    contributors = federation.members.map { _ in nil }
    indices = Dictionary(
      uniqueKeysWithValues: federation.members.enumerated().map { ($1.key.publicKey, $0) })
    hostileJudges = federation.hostileJudges(seed: settings.seed)
    collusions = federation.collusions(windowUpdates: Int(settings.merge.windowSize))
    recorder = RunRecorder(settings, federation: federation, genesis: genesis)
    trainings = TrainingLanes(count: settings.threads)
    measurements = TrainingLanes(count: settings.threads)
  }

  /// Runs until the wanted number of versions is final.
  ///
  /// - Parameter progress: called with each version that is measured, as it becomes final
  /// - Throws: `SimulationError`, an engine's error, or `CancellationError`
  mutating func run(progress: @Sendable (RunRecord.Version) -> Void) async throws -> RunRecord {
    defer { abandonWork() }
    try await openTask(progress)
    while recorder.version < settings.versions, !recorder.hasReachedTarget, seconds < settings.secondsLimit {
      try Task.checkCancellation()
      guard let next = queue.pop() else {
        throw SimulationError(
          "the run stands still at version \(recorder.version): nothing is left to happen")
      }
      seconds = next.seconds
      try await handle(next.event, progress)
    }
    return record
  }

  /// What the run has come to so far.
  var record: RunRecord {
    recorder.finished(escrowUnits: gateway.replica.tasks.values.reduce(0) { $0 + $1.escrowUnits })
  }

  /// Ends what nobody waits for any more, so that it does not slow down whatever runs next.
  private mutating func abandonWork() {
    while let next = queue.pop() {
      switch next.event {
      case .finished(let task): task.cancel()
      case .measured(_, let task): task.cancel()
      default: break
      }
    }
  }

  private mutating func handle(_ event: Event, _ progress: @Sendable (RunRecord.Version) -> Void) async throws
  {
    switch event {
    case .contributor(let index, let event): tell(index, event)
    case .announced(let version): announce(version)
    case .reopened(let index):
      absent.remove(index)
      tell(index, .announced(version: announcedVersion))
    case .lostTraining(let index):
      tell(index, .trainingFailed("the device dropped out"))
      tell(index, .announced(version: announcedVersion))
    case .trained(let index, let weights, let result): try await poison(result, from: weights, of: index)
    case .validator, .measured: try await tellValidators(of: event)
    case .request(let index, let request): try await serve(request, of: index)
    case .order(let envelope): try await append(Replica.CheckedRecord(trusting: envelope), envelope)
    case .record(let record):
      let events = gateway.follow(record)
      recorder.record(record, events)
      for index in hostileJudges.keys.sorted() {
        for envelope in hostileJudges[index]?.note(record, events) ?? [] { order(envelope) }
      }
      for case let news? in events.map(Gateway.news) { try await carryOut(news, progress) }
      try await tellValidators(of: record)
    case .finished(let task): try await handle(await finished(task), progress)
    }
  }

  /// Tells of a version all whose devices take part, and the others when they do again.
  private mutating func announce(_ version: UInt64) {
    announcedVersion = version
    for index in contributors.indices {
      let availability = federation.members[index].device.availability
      if availability.isOpen(at: seconds) {
        tell(index, .announced(version: version))
      } else if absent.insert(index).inserted {
        queue.push(.reopened(index), at: availability.opening(from: seconds))
      }
    }
  }

  /// Hands an event to a contributor, and does what it wants done.
  private mutating func tell(_ index: Int, _ event: Contributor.Event) {
    let directives = flooders[index]?.handle(event) ?? contributors[index]?.handle(event) ?? []
    for directive in directives { carryOut(directive, of: index) }
  }

  /// Waits for work, and counts it if it was a training.
  private mutating func finished(_ task: Task<TrainingLanes<Event>.Finished, Never>) async -> Event {
    let finished = await task.value
    switch finished.value {
    case .contributor(_, .packed), .trained:
      clientRounds += 1
      trainingCoreSeconds += finished.coreSeconds
    default: break
    }
    return finished.value
  }

  /// Opens the task that everyone works on, as its author would.
  private mutating func openTask(_ progress: @Sendable (RunRecord.Version) -> Void) async throws {
    let opening = try TaskOpening(federation, settings, genesis: genesis)
    let (offer, weights) = (opening.offer, opening.firstWeights)
    _ = try await blobs.put(FlatWeights.encode(weights))
    self.offer = offer
    try await append(Replica.CheckedRecord(trusting: opening.envelope), opening.envelope)
    try await recorder.begin(offer, weights: weights, progress)
    let model = try FollowedModel(offer, firstWeights: weights, genesis: genesis)
    let weightsBytes = MemoryLayout<Float>.size * weights.count
    for (index, member) in federation.members.enumerated() {
      let key = settings.signs ? member.key : member.key.unsigning
      let node = try Contributor(
        key: key, genesis: genesis, offer: offer, model: model,
        residualForm: member.attack?.keepsResidual == false ? .none : settings.residuals,
        standing: Contributor.Standing(), memory: nil, canaries: member.canaries)
      if member.attack?.updatesPerVersion ?? 1 > 1 {
        flooders[index] = Flooder(node, key: key, genesis: genesis, offer: offer)
      } else {
        contributors[index] = node
      }
      let download = member.device.downSeconds(weightsBytes)
      queue.push(
        .contributor(index, .started),
        at: member.device.availability.end(of: random.uniform() + download, from: 0))
    }
  }

  /// Has an envelope reach the log.
  mutating func order(_ envelope: Envelope) {
    queue.push(.order(envelope), at: seconds + settings.latencySeconds)
  }

  /// Orders a record in the log, and has it reach every replica. Whoever repeats a record does nothing.
  mutating func append(_ record: Replica.CheckedRecord, _ envelope: Envelope) async throws {
    let bytes = envelope.wireBytes
    let position = try await log.append([LogAppend(id: envelope.id, bytes: bytes)])[0]
    guard position.index == logLength else { return }
    logLength += 1
    recorder.appended()
    queue.push(.record(record), at: seconds + settings.latencySeconds)
  }
}
