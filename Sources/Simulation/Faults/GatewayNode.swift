import Agents
import Engines
import Ledger
import Updates
import Wire

/// A gateway's process: what `GatewayService` does around the `Gateway` value.
///
/// A client is answered once its record was applied, and told what it came to; one that asks again is told
/// the same. Nothing but the copy of the log is kept.
struct GatewayNode: SimulatedNode {
  private enum Purpose: Sendable {
    case store(Int)
    case append(Int)
    case step(Int, Digest)
  }

  /// A pull that waits for the blobs of steps.
  private struct Pull: Sendable {
    let certificate: Certificate?
    let steps: [Digest]
    let handovers: [Handover]
    var found: [Digest: [UInt8]] = [:]
  }

  private static let pollSeconds = 1.0
  private static let engineAttempts = 6
  private static let unreachable = "the servers cannot be reached"

  private let task: Digest
  private let subscribers: [NodeID: PublicKey]
  private var gateway: Gateway
  private var copy: LogCopy
  private var calls = Calls<Purpose>(life: 0, retrySeconds: 0.5)
  private var clients: [Int: (client: NodeID, number: UInt64)] = [:]
  private var outcomes: [Digest: Refusal?] = [:]
  private var accepted: [Digest: [Int]] = [:]
  private var pulls: [Int: Pull] = [:]
  /// Updates that were given back unjudged, by contributor.
  private var returned: [PublicKey: [Digest]] = [:]
  private var nextRequest = 0

  /// - Parameters:
  ///   - genesis: the network
  ///   - task: the one that clients work on
  ///   - subscribers: the clients, and their keys
  ///   - flaws: what is wrong with its replica
  init(_ genesis: Genesis, task: Digest, subscribers: [NodeID: PublicKey], flaws: PlantedFlaws) {
    self.task = task
    self.subscribers = subscribers
    gateway = Gateway(genesis: genesis)
    gateway.replica.flaws = flaws
    copy = LogCopy(network: genesis.network)
  }

  mutating func handle(_ input: NodeInput, _ disk: SimulatedDisk, clock: Double) -> [Effect] {
    switch input {
    case .started(let life, let known):
      calls = Calls(life: life, retrySeconds: 0.5)
      return follow(copy.restore(disk, known: known)) + [.alarm(.poll, afterSeconds: Self.pollSeconds)]
    case .message(let message, let sender): return take(message, from: sender, clock)
    case .alarm(.poll): return [copy.read, .alarm(.poll, afterSeconds: Self.pollSeconds)]
    case .alarm(.retry(let number)): return retry(number)
    case .alarm, .worked: return []
    }
  }

  private mutating func take(_ message: Message, from sender: NodeID, _ clock: Double) -> [Effect] {
    switch message {
    case .records(let position, let records, let length):
      return follow(copy.take(records, from: position, length: length))
    case .ask(let number, let question): return answer(question, number, sender, clock)
    case .stored(let number):
      guard case .store(let request)? = calls.close(number) else { return [] }
      return carryOut(gateway.handle(.stored(request)))
    case .appended(let number):
      guard case .append(let request)? = calls.close(number) else { return [] }
      return carryOut(gateway.handle(.appended(request)))
    case .blob(let number, let bytes):
      // A step may be certified before it is stored.
      guard let bytes, case .step(let request, let digest)? = calls.close(number) else { return [] }
      pulls[request]?.found[digest] = bytes
      return finishPull(request)
    default: return []
    }
  }

  // MARK: the log

  private mutating func follow(_ progress: LogCopy.Progress) -> [Effect] {
    if progress.historyChanged { return [.note(.stopped("the log does not lead on from what was read"))] }
    var effects = progress.effects
    for ordered in progress.records {
      let events = gateway.follow(ordered.checked)
      effects.append(.note(.applied(ordered, gateway.replica)))
      var refusal: Refusal?
      for event in events {
        if case .refused(let reason) = event { refusal = reason }
        if case .receipts(let receipts) = event {
          for receipt in receipts where receipt.verdict == nil {
            returned[receipt.contributor, default: []].append(receipt.packet)
          }
        }
        if case .versionFinal(let header, _) = event {
          effects += subscribers.keys.sorted().map { .send(.news(version: header.version), to: $0) }
        }
      }
      let id = ordered.record.id
      outcomes[id] = .some(refusal)
      for request in accepted.removeValue(forKey: id) ?? [] { effects += answer(request, id, refusal) }
    }
    return effects
  }

  // MARK: clients

  private mutating func answer(
    _ question: Question, _ number: UInt64, _ client: NodeID, _ clock: Double
  ) -> [Effect] {
    let request = nextRequest
    nextRequest += 1
    clients[request] = (client, number)
    switch question {
    case .order(let bytes):
      return known(bytes, request)
        ?? carryOut(gateway.handle(.request(request, .order(bytes), seconds: clock)))
    case .upload(let packet, let submission):
      return known(submission, request)
        ?? carryOut(
          gateway.handle(.request(request, .upload(packet: packet, submission: submission), seconds: clock)))
    case .pull(let version, let epoch):
      return carryOut(
        gateway.handle(.request(request, .pull(task: task, after: version, epoch: epoch), seconds: clock)))
    case .standing: return reply(request, .standing(standing(of: client)))
    case .news: return reply(request, news(for: client))
    }
  }

  private func standing(of client: NodeID) -> Contributor.Standing {
    guard let key = subscribers[client] else { return Contributor.Standing() }
    let replica = gateway.replica
    return Contributor.Standing(
      isRegistered: replica.contributors.contains(key), nonce: replica.accounts[key].nonce,
      sequence: replica.tasks[task]?.sequence(of: key) ?? 0)
  }

  private func news(for client: NodeID) -> Answer {
    let replica = gateway.replica
    return .news(
      version: replica.tasks[task]?.version ?? 0, epoch: replica.validators.epoch,
      returned: subscribers[client].flatMap { returned[$0] } ?? [])
  }

  /// The answer to an order that was applied before.
  private mutating func known(_ bytes: [UInt8], _ request: Int) -> [Effect]? {
    guard let id = try? Gateway.Opened(bytes).envelope.id, let outcome = outcomes[id] else { return nil }
    return answer(request, id, outcome)
  }

  private mutating func answer(_ request: Int, _ id: Digest, _ refusal: Refusal?) -> [Effect] {
    if let refusal { return reply(request, .refused(.rules(refusal))) }
    return [.note(.promised(id))] + reply(request, .accepted)
  }

  private mutating func reply(_ request: Int, _ answer: Answer) -> [Effect] {
    guard let (client, number) = clients.removeValue(forKey: request) else { return [] }
    return [.send(.answer(number, answer), to: client)]
  }

  // MARK: the value

  private mutating func carryOut(_ directives: [Gateway.Directive]) -> [Effect] {
    var effects: [Effect] = []
    for directive in directives {
      switch directive {
      case .store(let request, let bytes):
        effects += calls.ask(.blobs, for: .store(request)) { .put($0, bytes) }
      case .append(let request, let id, let bytes):
        effects += calls.ask(.log, for: .append(request)) { .append($0, .init(id: id, bytes: bytes)) }
      case .accept(let request, let id):
        if let outcome = outcomes[id] {
          effects += answer(request, id, outcome)
        } else {
          accepted[id, default: []].append(request)
        }
      case .refuse(let request, _, let refusal): effects += reply(request, .refused(refusal))
      case .answer(let request, let certificate, let steps, let handovers):
        pulls[request] = Pull(certificate: certificate, steps: steps, handovers: handovers)
        for step in steps { effects += calls.ask(.blobs, for: .step(request, step)) { .get($0, step) } }
        effects += finishPull(request)
      case .receive, .announce, .deliver: break
      }
    }
    return effects
  }

  private mutating func finishPull(_ request: Int) -> [Effect] {
    guard let pull = pulls[request] else { return [] }
    let steps = pull.steps.compactMap { pull.found[$0] }
    guard steps.count == pull.steps.count else { return [] }
    pulls[request] = nil
    let published = PublishedVersion(certificate: pull.certificate, steps: steps, handovers: pull.handovers)
    return reply(request, .pulled(published))
  }

  private mutating func retry(_ number: UInt64) -> [Effect] {
    guard calls.attempts(of: number) >= Self.engineAttempts else { return calls.retry(number) }
    switch calls.close(number) {
    case .store(let request), .append(let request):
      return carryOut(gateway.handle(.failed(request, Self.unreachable)))
    case .step(let request, _):
      guard pulls.removeValue(forKey: request) != nil else { return [] }
      return reply(request, .refused(.engine(Self.unreachable)))
    case nil: return []
    }
  }
}
