import Agents
import Aggregation
import Attribution
import Engines
import Learning
import Ledger
import Wire

// What validators hear, and what they want done.
extension LearningSimulation {
  /// Hands a log record to every validator.
  mutating func tellValidators(of record: Replica.CheckedRecord) async throws {
    let events = validators.indices.map { (index: $0, event: Validator.Event.record(record)) }
    switch record.transaction {
    // Nearly all records are a contributor's, and do not ask much of a validator.
    case .registration, .commitment, .submission:
      for (index, event) in events {
        for directive in await validators[index].handle(event) { try await carryOut(directive, of: index) }
      }
    default: try await tellTogether(events)
    }
  }

  /// Hands a validator what happens to it now, and others what happens to them at the same moment.
  mutating func tellValidators(of event: Event) async throws {
    var events: [(index: Int, event: Validator.Event)] = []
    var next: Event? = event
    while let event = next {
      switch event {
      case .validator(let index, let event): events.append((index, event))
      case .measured(let index, let task): events.append((index, try await task.value.value.get()))
      default: break
      }
      next = nextOfAnotherValidator(than: events.map(\.index))
    }
    try await tellTogether(events)
  }

  /// Takes the next event out of the queue if it happens now, to a validator that is not among these.
  private mutating func nextOfAnotherValidator(than told: [Int]) -> Event? {
    guard let next = queue.next, next.seconds == seconds else { return nil }
    switch next.event {
    case .validator(let index, _) where !told.contains(index): return queue.pop()?.event
    case .measured(let index, _) where !told.contains(index): return queue.pop()?.event
    default: return nil
    }
  }

  /// Has validators work side by side; what they want done is done in their order.
  private mutating func tellTogether(_ events: [(index: Int, event: Validator.Event)]) async throws {
    let seats = validators
    var answers = [[Validator.Directive]](repeating: [], count: events.count)
    await withTaskGroup(of: (Int, [Validator.Directive]).self) { group in
      for (place, (index, event)) in events.enumerated() {
        group.addTask { (place, await seats[index].handle(event)) }
      }
      for await (place, directives) in group { answers[place] = directives }
    }
    for (directives, (index, _)) in zip(answers, events) {
      for directive in directives { try await carryOut(directive, of: index) }
    }
  }

  mutating func carryOut(_ directive: Validator.Directive, of index: Int) async throws {
    let judge = federation.judges[index]
    switch directive {
    case .order(let envelope): exchange(envelope, row: nil, of: index)
    case .commit(let row, let envelope): exchange(envelope, row: row, of: index)
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
      measure(of: index, on: judge.trainer) {
        let roots = try await RootUpdates.measured(by: judge.rootTrainers, at: weights)
        return .rootsMeasured(task: task, window: window, roots)
      }
    case .measureCredits(let task, let version, let merge):
      measure(of: index, on: judge.trainer) {
        let credits = try await AumannShapley().credits(of: merge, by: judge.trainer)
        return .creditsMeasured(task: task, version: version, credits)
      }
    case .store(let step): _ = try await blobs.put(step)
    // A simulated validator neither restarts nor starts late.
    case .announce, .report, .keep, .findState, .watch: break
    case .decline(_, let reason), .halt(_, let reason):
      throw SimulationError("validator \(judge.key.publicKey.short) stopped: \(reason)")
    }
  }

  /// Orders what a validator does, or what it exchanges that for.
  private mutating func exchange(_ envelope: Envelope, row: Assessment?, of index: Int) {
    guard hostileJudges[index] != nil else { return order(envelope) }
    for exchanged in hostileJudges[index]?.exchange(envelope, row: row) ?? [] { order(exchanged) }
  }

  // Validators run on servers: a pass over the reference set takes them a tenth of a contributor's time.
  private mutating func measure(
    of index: Int, on trainer: NativeTrainer, _ work: @escaping @Sendable () async throws -> Validator.Event
  ) {
    let task = measurements.add { () async -> Result<Validator.Event, any Error> in
      do { return .success(try await work()) } catch { return .failure(error) }
    }
    queue.push(
      .measured(index, task), at: seconds + 0.1 * settings.secondsPerExample * Double(trainer.exampleCount))
  }
}
