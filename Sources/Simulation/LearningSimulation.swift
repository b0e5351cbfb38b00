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
  enum Event: Sendable {
    case contributor(Int, Contributor.Event)
    /// What a hostile contributor's training came to, from these weights.
    case trained(Int, from: [Float], TrainingResult)
    case validator(Int, Validator.Event)
    case gateway(Gateway.Event)
    case order(Envelope)
    /// Work that began earlier; what it comes to happens now.
    case finished(Task<Event, Never>)
    case failed(String)
  }

  let federation: Federation
  let settings: RunSettings
  let genesis: Genesis
  let log: any LogEngine
  let blobs: any BlobStore
  var queue = EventQueue<Event>()
  var seconds = 0.0
  var random: SeededRandom
  var gateway: Gateway
  var validators: [Validator]
  var contributors: [Contributor?]
  let indices: [PublicKey: Int]
  var flooders: [Int: Flooder] = [:]
  var collusions: [String: Collusion]
  var recorder: RunRecorder
  var client: [Int: Int] = [:]
  var nextRequest = 0
  var offer: TaskOffer?

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
    validators = federation.judges.map { Validator(key: $0.key, secretSeed: $0.secretSeed, genesis: genesis) }
    contributors = federation.members.map { _ in nil }
    indices = Dictionary(
      uniqueKeysWithValues: federation.members.enumerated().map { ($1.key.publicKey, $0) })
    collusions = federation.collusions(windowUpdates: Int(settings.merge.windowSize))
    recorder = RunRecorder(settings, federation: federation, genesis: genesis)
  }

  /// Runs until the wanted number of versions is final.
  ///
  /// - Parameter progress: called with each version that is measured, as it becomes final
  /// - Throws: `SimulationError`, an engine's error, or `CancellationError`
  mutating func run(progress: @Sendable (RunRecord.Version) -> Void) async throws -> RunRecord {
    defer { abandonWork() }
    try await openTask(progress)
    while recorder.version < settings.versions {
      try Task.checkCancellation()
      guard let next = queue.pop() else {
        throw SimulationError(
          "the run stands still at version \(recorder.version): nothing is left to happen")
      }
      seconds = next.seconds
      try await handle(next.event, progress)
    }
    return recorder.finished()
  }

  /// Ends what nobody waits for any more, so that it does not slow down whatever runs next.
  private mutating func abandonWork() {
    while let next = queue.pop() {
      if case .finished(let task) = next.event { task.cancel() }
    }
  }

  private mutating func handle(_ event: Event, _ progress: @Sendable (RunRecord.Version) -> Void) async throws
  {
    switch event {
    case .contributor(let index, let event):
      let directives = flooders[index]?.handle(event) ?? contributors[index]?.handle(event) ?? []
      for directive in directives { carryOut(directive, of: index) }
    case .trained(let index, let weights, let result): try await poison(result, from: weights, of: index)
    case .validator(let index, let event):
      for directive in validators[index].handle(event) { try await carryOut(directive, of: index) }
    case .gateway(let event):
      for directive in gateway.handle(event) { try await carryOut(directive, progress) }
    case .order(let envelope): try await append(envelope.id, envelope.wireBytes)
    case .finished(let task): try await handle(await task.value, progress)
    case .failed(let reason): throw SimulationError(reason)
    }
  }

  /// Opens the task that everyone works on, as its author would.
  private mutating func openTask(_ progress: @Sendable (RunRecord.Version) -> Void) async throws {
    let weights = federation.specification.initialWeights(seed: settings.seed)
    let blob = FlatWeights.encode(weights)
    let specification = TaskSpecification(
      name: settings.taskName, trainer: .native(federation.specification.description),
      parameterCount: UInt64(weights.count),
      firstWeights: try await blobs.put(blob), firstParametersRoot: ChunkTree.over(weights).root,
      training: settings.training, merge: settings.merge, reward: settings.reward, privacy: settings.privacy)
    let envelope = Transaction.taskCreation(
      TaskCreation(
        network: genesis.network, nonce: 0, specification: specification, escrowUnits: settings.escrowUnits)
    ).signed(by: federation.author)
    let offer = try TaskOffer(opening: envelope, network: genesis.network)
    self.offer = offer
    try await append(envelope.id, envelope.wireBytes)
    try await recorder.begin(offer, weights: weights, progress)
    for (index, member) in federation.members.enumerated() {
      let node = try Contributor(
        key: member.key, genesis: genesis, offer: offer, firstWeights: weights,
        keepsResidual: member.attack?.keepsResidual ?? true)
      if member.attack?.updatesPerVersion ?? 1 > 1 {
        flooders[index] = Flooder(node, key: member.key, genesis: genesis, offer: offer)
      } else {
        contributors[index] = node
      }
      queue.push(.contributor(index, .started), at: random.uniform())
    }
  }

  /// Orders a record in the log, and delivers it to every replica.
  private mutating func append(_ id: Digest, _ bytes: [UInt8]) async throws {
    let before = try await log.head().length
    let position = try await log.append([LogAppend(id: id, bytes: bytes)])[0]
    guard position.index >= before else { return }
    let record = Replica.CheckedRecord(bytes, id: id)
    recorder.record(record, at: seconds)
    let arrival = seconds + settings.latencySeconds
    queue.push(.gateway(.record(record)), at: arrival)
    for index in validators.indices { queue.push(.validator(index, .record(record)), at: arrival) }
  }
}

// What contributors want done.
extension LearningSimulation {
  mutating func carryOut(_ directive: Contributor.Directive, of index: Int) {
    switch directive {
    case .order(let envelope):
      request(.order(envelope.wireBytes), of: index, bytes: envelope.wireBytes.count)
    case .upload(let packet, let submission):
      request(
        .upload(packet: packet, submission: submission.wireBytes), of: index,
        bytes: packet.count + submission.wireBytes.count)
      recorder.sawUpload(of: index, key: submission.signer, packet)
    case .pull(let version, let epoch):
      if let offer { request(.pull(task: offer.id, after: version, epoch: epoch), of: index, bytes: 0) }
    case .train(let weights, let configuration): train(index, weights, configuration)
    case .report(let message): recorder.report(message, of: index)
    }
  }

  private mutating func request(_ request: Gateway.Request, of index: Int, bytes: Int) {
    client[nextRequest] = index
    recorder.sent(bytes, by: index)
    let arrival = seconds + settings.latencySeconds
    queue.push(.gateway(.request(nextRequest, request, seconds: arrival)), at: arrival)
    nextRequest += 1
  }

  private mutating func train(_ index: Int, _ weights: [Float], _ configuration: TrainingConfiguration) {
    let member = federation.members[index]
    let work = Task<Event, Never> {
      do {
        let result = try await member.trainer.train(weights, configuration)
        return member.attack == nil
          ? .contributor(index, .trained(result)) : .trained(index, from: weights, result)
      } catch {
        return .contributor(index, .trainingFailed("\(error)"))
      }
    }
    let jitter = 0.75 + 0.5 * random.uniform()
    let examples = settings.training.examplesMet(of: member.trainer.dataset.count)
    queue.push(
      .finished(work), at: seconds + settings.secondsPerExample * examples * member.slowness * jitter)
  }
}

// What the gateway wants done.
extension LearningSimulation {
  private mutating func carryOut(
    _ directive: Gateway.Directive, _ progress: @Sendable (RunRecord.Version) -> Void
  ) async throws {
    switch directive {
    case .store(let number, let bytes):
      _ = try await blobs.put(bytes)
      queue.push(.gateway(.stored(number)), at: seconds)
    case .append(let number, let id, let bytes):
      try await append(id, bytes)
      queue.push(.gateway(.appended(number)), at: seconds)
    case .accept(let number, let id): reply(number, .accepted(id))
    case .refuse(let number, let id, .rules(.wrongSeal)): reply(number, .refusedSeal(id))
    case .refuse(let number, let id, let refusal): reply(number, .refused(id, refusal.description))
    case .answer(let number, let certificate, let steps, let handovers):
      var bytes: [[UInt8]] = []
      for step in steps { bytes.append(try await blobs.get(step)) }
      recorder.received(steps: bytes.map(\.count), certificate: certificate?.wireBytes.count ?? 0)
      let published = PublishedVersion(certificate: certificate, steps: bytes, handovers: handovers)
      reply(number, .pulled(published))
    case .announce(let header):
      try await recorder.finalised(header, step: try await blobs.get(header.step), at: seconds, progress)
      for index in contributors.indices {
        queue.push(
          .contributor(index, .announced(version: header.version)), at: seconds + settings.latencySeconds)
      }
    case .receive: break
    case .deliver(let receipts):
      for receipt in receipts {
        guard let index = indices[receipt.contributor] else { continue }
        queue.push(.contributor(index, .judged(receipt)), at: seconds + settings.latencySeconds)
      }
    }
  }

  private mutating func reply(_ number: Int, _ event: Contributor.Event) {
    guard let index = client.removeValue(forKey: number) else { return }
    queue.push(.contributor(index, event), at: seconds + settings.latencySeconds)
  }
}

// What validators want done.
extension LearningSimulation {
  private mutating func carryOut(_ directive: Validator.Directive, of index: Int) async throws {
    let judge = federation.judges[index]
    switch directive {
    case .order(let envelope), .commit(_, let envelope):
      queue.push(.order(envelope), at: seconds + settings.latencySeconds)
    case .fetchFirstWeights(let task, let offer):
      let weights = try offer.firstWeights(from: try await blobs.get(offer.specification.firstWeights))
      queue.push(.validator(index, .firstWeights(task: task, weights)), at: seconds)
    case .fetchPackets(let task, let window, let digests):
      var packets: [Digest: [UInt8]] = [:]
      for digest in digests where try await blobs.contains(digest) {
        packets[digest] = try await blobs.get(digest)
      }
      queue.push(
        .validator(index, .packets(task: task, window: window, packets)),
        at: seconds + settings.latencySeconds)
    case .measureRoots(let task, let window, let weights):
      measure(on: judge.trainer) {
        .validator(
          index,
          .rootsMeasured(
            task: task, window: window, try await RootUpdates.measured(by: judge.rootTrainers, at: weights)))
      }
    case .measureCredits(let task, let version, let merge):
      measure(on: judge.trainer) {
        .validator(
          index,
          .creditsMeasured(
            task: task, version: version, try await AumannShapley().credits(of: merge, by: judge.trainer)))
      }
    case .store(let step): _ = try await blobs.put(step)
    // A simulated validator neither restarts nor starts late.
    case .announce, .report, .keep, .findState, .watch: break
    case .decline(_, let reason), .halt(_, let reason):
      throw SimulationError("validator \(judge.key.publicKey.short) stopped: \(reason)")
    }
  }

  // Validators run on servers: a pass over the reference set takes them a tenth of a contributor's time.
  private mutating func measure(
    on trainer: NativeTrainer, _ work: @escaping @Sendable () async throws -> Event
  ) {
    let task = Task<Event, Never> {
      do { return try await work() } catch { return .failed("\(error)") }
    }
    queue.push(
      .finished(task), at: seconds + 0.1 * settings.secondsPerExample * Double(trainer.dataset.count))
  }
}

extension TrainingPlan {
  /// How many examples training for one update meets, of so many that there are.
  fileprivate func examplesMet(of count: Int) -> Double {
    switch duration {
    case .epochs(let epochs): Double(epochs) * Double(count)
    case .steps(let steps): Double(steps) * Double(min(UInt64(count), batchSize))
    }
  }
}
