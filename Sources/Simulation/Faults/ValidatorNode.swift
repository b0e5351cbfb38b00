import Agents
import Aggregation
import Ledger
import Numerics
import Wire

/// A validator's process: what `ValidatorService` does around the `Validator` value.
///
/// What binds the key is on the disk before it is ordered: an attestation, so that no later life signs
/// another one, and the row that is committed to, so that a later life can reveal it.
struct ValidatorNode: SimulatedNode {
  enum Purpose: Sendable {
    case append
    case put
    case firstWeights
    case packet(fetch: Int, Digest)
    /// A snapshot for others is stored, and its notice ordered then.
    case snapshot(SnapshotNotice)
    /// A snapshot of others is fetched.
    case notice(SnapshotNotice)
  }

  /// Packets that are fetched together.
  private struct Fetch: Sendable {
    let task: Digest
    let window: UInt64
    var open: Set<Digest>
    var found: [Digest: [UInt8]] = [:]
  }

  /// Who a validator is.
  struct Identity: Sendable {
    let key: SigningKey
    let secretSeed: Digest
    let genesis: Genesis
    let offer: TaskOffer
  }

  // Short, so that a few versions meet all of it; two windows of every contributor's updates have to fit.
  static let noticeVersions: UInt64 = 4
  private static let snapshotVersions: UInt64 = 2
  private static let behindRecords = 32
  private static let queueUpdates = 16
  private static let blobAttempts = 3
  private static let committeeSeconds = 6.0
  private static let pollSeconds = 1.0

  let identity: Identity
  private let flaws: PlantedFlaws
  private var hand: HostileHand
  private let isHonest: Bool
  var validator: Validator
  private var copy: LogCopy
  var shelf = ValidatorShelf()
  var calls = Calls<Purpose>(life: 0, retrySeconds: 0.5)
  private var fetches: [Int: Fetch] = [:]
  private var nextFetch = 0
  var search: StateSearch?
  private var isStopped = false

  /// - Parameters:
  ///   - identity: who it is
  ///   - hand: what it makes of its orders
  ///   - isHonest: whether it is one that the invariants are about
  ///   - flaws: what is wrong with its replica
  init(_ identity: Identity, hand: HostileHand, isHonest: Bool, flaws: PlantedFlaws) {
    self.identity = identity
    self.hand = hand
    self.isHonest = isHonest
    self.flaws = flaws
    validator = Validator(
      key: identity.key, secretSeed: identity.secretSeed, genesis: identity.genesis, start: .behind)
    copy = LogCopy(network: identity.genesis.network)
  }

  mutating func handle(_ input: NodeInput, _ disk: SimulatedDisk, clock: Double) -> [Effect] {
    if isStopped { return [] }
    switch input {
    case .started(let life, let known): return start(life, known, disk)
    case .message(let message, _): return take(message)
    case .alarm(.poll): return [copy.read, .alarm(.poll, afterSeconds: Self.pollSeconds)]
    case .alarm(.retry(let number)): return calls.retry(number)
    case .alarm(.overdue(let task, let window, let round)):
      return carryOut(validator.handle(.overdue(task: task, window: window, round: round)))
    case .worked(let outcome): return take(outcome)
    case .alarm(.again): return []
    }
  }

  private mutating func start(
    _ life: Int, _ known: [Digest: OrderedRecord], _ disk: SimulatedDisk
  ) -> [Effect] {
    calls = Calls(life: life, retrySeconds: 0.5)
    shelf = ValidatorShelf(disk)
    guard !shelf.isAttestationDamaged else {
      isStopped = true
      return [.note(.awaitsOperator), .note(.met(.operatorAwaited))]
    }
    var start = Validator.Start.behind
    start.attestations = shelf.attestation.map { [$0] } ?? []
    start.rows = shelf.committedRows
    start.queueUpdates = Self.queueUpdates
    validator = Validator(
      key: identity.key, secretSeed: identity.secretSeed, genesis: identity.genesis, start: start)
    validator.replica.flaws = flaws
    return follow(copy.restore(disk, known: known)) + [.alarm(.poll, afterSeconds: Self.pollSeconds)]
  }

  /// It cannot go on, which is nothing to wonder at where it is hostile: nobody seals packets to a validator
  /// that lost its bond.
  mutating func stop(_ reason: String) -> [Effect] {
    isStopped = true
    return isHonest ? [.note(.stopped(reason))] : []
  }

  private mutating func take(_ message: Message) -> [Effect] {
    switch message {
    case .records(let position, let records, let length):
      return follow(copy.take(records, from: position, length: length))
    case .appended(let number):
      _ = calls.close(number)
      return []
    case .stored(let number):
      guard case .snapshot(let notice)? = calls.close(number) else { return [] }
      return order(Transaction.snapshotNotice(notice).signed(by: identity.key))
    case .blob(let number, let bytes): return take(bytes, number)
    default: return []
    }
  }

  // MARK: the log

  private mutating func follow(_ progress: LogCopy.Progress) -> [Effect] {
    if progress.historyChanged { return stop("the log does not lead on from what was read") }
    var effects = progress.effects
    if progress.records.count > Self.behindRecords { _ = validator.handle(.fellBehind) }
    for ordered in progress.records {
      let directives = validator.handle(.record(ordered.checked))
      effects.append(.note(.applied(ordered, validator.replica)))
      for envelope in hand.note(ordered) { effects += calls.append(envelope, for: .append) }
      effects += carryOut(directives)
    }
    if progress.isAtEnd, !validator.isLive { effects += carryOut(validator.handle(.caughtUp)) }
    return effects
  }
}

// What a validator wants done.
extension ValidatorNode {
  mutating func carryOut(_ directives: [Validator.Directive]) -> [Effect] {
    directives.flatMap { carryOut($0) }
  }

  private mutating func carryOut(_ directive: Validator.Directive) -> [Effect] {
    switch directive {
    case .order(let envelope): return order(envelope)
    case .commit(let row, let envelope): return shelf.keep(row) + order(envelope, row: row)
    case .watch(let task, let window, let round):
      let alarm = Alarm.overdue(task: task, window: window, round: round)
      return [.alarm(alarm, afterSeconds: Self.committeeSeconds)]
    case .fetchFirstWeights(_, let offer):
      return calls.ask(.blobs, for: .firstWeights) { .get($0, offer.specification.firstWeights) }
    case .findState(_, _, let versions): return find(versions)
    case .fetchPackets(let task, let window, let digests): return fetch(digests, task, window)
    case .measureRoots(let task, let window, let weights):
      return [.work(.measureRoots(task: task, window: window, weights: weights))]
    case .measureCredits(let task, let version, let merge):
      return [.work(.measureCredits(task: task, version: version, merge))]
    case .store(let step): return calls.ask(.blobs, for: .put) { .put($0, step) }
    case .keep(let memory, let isAwaited): return keep(memory, isAwaited: isAwaited)
    case .decline(_, let reason), .halt(_, let reason): return isHonest ? [.note(.stopped(reason))] : []
    case .announce, .report: return []
    }
  }

  mutating func order(_ envelope: Envelope, row: Assessment? = nil) -> [Effect] {
    var effects = shelf.keep(attestation: envelope)
    for ordered in hand.exchange(envelope, row: row) { effects += calls.append(ordered, for: .append) }
    return effects
  }

  private mutating func keep(_ memory: ValidatorMemory, isAwaited: Bool) -> [Effect] {
    let model = memory.state.model
    let note = isHonest ? [Effect.note(.computed(memory.state))] : []
    let isNoticed = isAwaited || model.number.isMultiple(of: Self.noticeVersions)
    guard isNoticed || model.number.isMultiple(of: Self.snapshotVersions) else { return note }
    let kept = note + shelf.keep(memory)
    // Whoever catches up has nothing to say that others did not say before.
    guard isNoticed, validator.isLive else { return kept }
    let bytes = memory.state.wireBytes
    let notice = SnapshotNotice(
      network: memory.network, task: model.task, version: model.number, blob: Digest(of: bytes, in: .blob))
    return kept + calls.ask(.blobs, for: .snapshot(notice)) { .put($0, bytes) }
  }

  // MARK: blobs

  private mutating func fetch(_ digests: [Digest], _ task: Digest, _ window: UInt64) -> [Effect] {
    let number = nextFetch
    nextFetch += 1
    fetches[number] = Fetch(task: task, window: window, open: Set(digests))
    guard !digests.isEmpty else { return finish(number) }
    return digests.flatMap { digest in
      calls.ask(.blobs, for: .packet(fetch: number, digest)) { .get($0, digest) }
    }
  }

  private mutating func finish(_ number: Int) -> [Effect] {
    guard let fetch = fetches[number], fetch.open.isEmpty else { return [] }
    fetches[number] = nil
    return carryOut(validator.handle(.packets(task: fetch.task, window: fetch.window, fetch.found)))
  }

  /// A blob came, or the store does not have it. It may come a little after the record that names it, so that
  /// it is asked for some times.
  private mutating func take(_ bytes: [UInt8]?, _ number: UInt64) -> [Effect] {
    let isLast = bytes != nil || calls.attempts(of: number) >= Self.blobAttempts
    switch calls.purpose(of: number) {
    case .firstWeights?:
      guard let bytes, calls.close(number) != nil else { return [] }
      return carryOut(
        validator.handle(.firstWeights(task: identity.offer.id, FlatWeights.decode(bytes))))
    case .packet(let fetch, let digest)? where isLast:
      _ = calls.close(number)
      fetches[fetch]?.open.remove(digest)
      fetches[fetch]?.found[digest] = bytes
      return finish(fetch)
    case .notice(let notice)? where isLast:
      _ = calls.close(number)
      return found(bytes, notice)
    default: return []
    }
  }

  private mutating func take(_ outcome: Outcome) -> [Effect] {
    switch outcome {
    case .rootsMeasured(let task, let window, let roots):
      return carryOut(validator.handle(.rootsMeasured(task: task, window: window, roots)))
    case .creditsMeasured(let task, let version, let credits):
      return carryOut(validator.handle(.creditsMeasured(task: task, version: version, credits)))
    case .recomputed(let states): return recomputed(states)
    case .trained, .trainingFailed: return []
    }
  }
}
