import Agents
import Ledger
import Wire

/// A contributor's process: what `ContributorService` does around the `Contributor` value.
///
/// What it keeps is on the disk before anybody hears of what was kept. Whoever floods has a `Flooder` in its
/// place, and keeps nothing.
struct ContributorNode: SimulatedNode {
  private enum Purpose: Sendable {
    case standing
    case news
    case pull
    case order(Envelope)
    case upload(packet: [UInt8], submission: Envelope)
  }

  private enum Mind: Sendable {
    case contributor(Contributor)
    case flooder(Flooder)
  }

  /// Who a contributor is.
  struct Identity: Sendable {
    let key: SigningKey
    let genesis: Genesis
    let offer: TaskOffer
    let firstWeights: [Float]
    let residuals: ResidualForm
    let floods: Bool
    let gateways: Int
  }

  private static let memoryFile = "memory"
  private static let pollSeconds = 2.0
  private static let pauseSeconds = 1.0
  private static let orderAttempts = 5
  /// Refusals by the word of a replica that may not have read what others have, as `ContributorService` has
  /// them.
  private static let passingRefusals: Set<Refusal> = [
    .unknownTask, .notRegistered, .futureVersion, .notCommitted, .wrongSeal,
  ]

  private let identity: Identity
  private var mind: Mind?
  private var kept: ContributorMemory?
  private var calls = Calls<Purpose>(life: 0, retrySeconds: 1)
  private var gateway: Int
  /// What was refused for now, by the envelope's identifier, and how often.
  private var passing: [Digest: (purpose: Purpose, refusals: Int)] = [:]

  /// - Parameters:
  ///   - identity: who it is
  ///   - gateway: whom it asks first
  init(_ identity: Identity, gateway: Int) {
    self.identity = identity
    self.gateway = gateway
  }

  mutating func handle(_ input: NodeInput, _ disk: SimulatedDisk, clock: Double) -> [Effect] {
    switch input {
    case .started(let life, _):
      calls = Calls(life: life, retrySeconds: 1)
      kept = disk[Self.memoryFile].flatMap { SealedContent.decode($0, as: ContributorMemory.self) }
      return ask(.standing, .standing) + [.alarm(.poll, afterSeconds: Self.pollSeconds)]
    case .message(.answer(let number, let answer), _): return take(answer, number)
    case .message(.news(let version), _): return settle(.announced(version: version))
    case .message: return []
    case .alarm(.poll):
      return ask(.news, .news) + [.alarm(.poll, afterSeconds: Self.pollSeconds)]
    case .alarm(.retry(let number)):
      // Whoever does not answer is left for another.
      guard calls.purpose(of: number) != nil else { return [] }
      gateway = (gateway + 1) % identity.gateways
      return calls.retry(number, receiver: NodeID(role: .gateway, index: gateway))
    case .alarm(.again(let id)): return again(id)
    case .alarm(.overdue): return []
    case .worked(let outcome): return take(outcome)
    }
  }

  private mutating func ask(_ purpose: Purpose, _ question: Question) -> [Effect] {
    calls.ask(NodeID(role: .gateway, index: gateway), for: purpose) { .ask($0, question) }
  }

  // MARK: the value

  private mutating func begin(_ standing: Contributor.Standing) -> [Effect] {
    guard mind == nil,
      let model = try? FollowedModel(
        identity.offer, firstWeights: identity.firstWeights, genesis: identity.genesis),
      let node = try? Contributor(
        key: identity.key, genesis: identity.genesis, offer: identity.offer, model: model,
        residualForm: identity.residuals, standing: standing, memory: kept)
    else { return [] }
    mind =
      identity.floods
      ? .flooder(Flooder(node, key: identity.key, genesis: identity.genesis, offer: identity.offer))
      : .contributor(node)
    let isResuming = !identity.floods && kept?.update != nil
    return (isResuming ? [.note(.met(.resumedUpdate))] : []) + settle(.started)
  }

  /// Hands an event to the value, and does all that comes of it. What is to be kept is on the disk before
  /// anybody else hears of it.
  private mutating func settle(_ event: Contributor.Event) -> [Effect] {
    switch mind {
    case .contributor(var node):
      let directives = node.handle(event)
      mind = .contributor(node)
      return keep(node.memory) + carryOut(directives)
    case .flooder(var flooder):
      let directives = flooder.handle(event)
      mind = .flooder(flooder)
      return carryOut(directives)
    case nil: return []
    }
  }

  private mutating func keep(_ memory: ContributorMemory) -> [Effect] {
    guard memory != kept else { return [] }
    kept = memory
    return [
      .write(.replace(file: Self.memoryFile, SealedContent.encode(memory))), .sync(file: Self.memoryFile),
    ]
  }

  private mutating func carryOut(_ directives: [Contributor.Directive]) -> [Effect] {
    directives.flatMap { directive -> [Effect] in
      switch directive {
      case .order(let envelope): return ask(.order(envelope), .order(envelope.wireBytes))
      case .upload(let packet, let submission):
        return ask(
          .upload(packet: packet, submission: submission),
          .upload(packet: packet, submission: submission.wireBytes))
      case .pull(let version, let epoch): return ask(.pull, .pull(after: version, epoch: epoch))
      case .train(let weights, let configuration): return [.work(.train(weights, configuration))]
      case .report: return []
      }
    }
  }

  private mutating func take(_ outcome: Outcome) -> [Effect] {
    switch outcome {
    case .trained(let result, let deltas):
      guard case .flooder(var flooder)? = mind else { return settle(.trained(result)) }
      let directives = flooder.flood(deltas)
      mind = .flooder(flooder)
      return carryOut(directives)
    case .trainingFailed(let reason): return settle(.trainingFailed(reason))
    case .rootsMeasured, .creditsMeasured, .recomputed: return []
    }
  }

  // MARK: answers

  private mutating func take(_ answer: Answer, _ number: UInt64) -> [Effect] {
    // What a gateway cannot do now, because it is busy or lags, another one may.
    if case .refused(let refusal) = answer, Self.isBusy(refusal) { return [] }
    if case .refused = answer, case .pull? = calls.purpose(of: number) { return [] }
    guard let purpose = calls.close(number) else { return [] }
    switch (purpose, answer) {
    case (.standing, .standing(let standing)): return begin(standing)
    case (.news, .news(let version, let epoch, let returned)):
      let announced = settle(.announced(version: version))
      // Another task's version may have changed the validators: what was under way here was given back then.
      let outdated = epoch > heldEpoch ? settle(.announced(version: heldVersion)) : []
      return announced + outdated + returned.flatMap { settle(.returned($0)) }
    case (.pull, .pulled(let published)): return follow(published)
    case (.order(let envelope), .accepted): return settled(envelope.id, .accepted(envelope.id))
    case (.upload(_, let submission), .accepted): return settled(submission.id, .accepted(submission.id))
    case (.order(let envelope), .refused(let refusal)): return refused(envelope, purpose, refusal)
    case (.upload(_, let submission), .refused(let refusal)): return refused(submission, purpose, refusal)
    default: return []
    }
  }

  private static func isBusy(_ refusal: GatewayRefusal) -> Bool {
    switch refusal {
    case .overRate, .overQuota, .engine: true
    default: false
    }
  }

  private mutating func settled(_ id: Digest, _ event: Contributor.Event) -> [Effect] {
    passing[id] = nil
    return settle(event)
  }

  private mutating func refused(
    _ envelope: Envelope, _ purpose: Purpose, _ refusal: GatewayRefusal
  ) -> [Effect] {
    let id = envelope.id
    guard case .rules(let rule) = refusal else { return settled(id, .refused(id, refusal.description)) }
    // Somebody's answer got lost: what was submitted is submitted.
    if case .upload = purpose, rule == .repeated { return settled(id, .accepted(id)) }
    // The registration may have been ordered in a life before, and the nonce since.
    if case .registration? = try? Transaction(envelope) {
      mind = nil
      return [.alarm(.again(.zero), afterSeconds: Self.pauseSeconds)]
    }
    let refusals = passing[id]?.refusals ?? 0
    guard Self.passingRefusals.contains(rule), refusals < Self.orderAttempts else {
      return settled(id, rule == .wrongSeal ? .refusedSeal(id) : .refused(id, refusal.description))
    }
    passing[id] = (purpose, refusals + 1)
    return [.alarm(.again(id), afterSeconds: Self.pauseSeconds)]
  }

  /// - Parameter id: what is ordered again; zero starts over
  private mutating func again(_ id: Digest) -> [Effect] {
    if id == .zero { return ask(.standing, .standing) }
    switch passing[id]?.purpose {
    case .order(let envelope)?: return carryOut([.order(envelope)])
    case .upload(let packet, let submission)?:
      return carryOut([.upload(packet: packet, submission: submission)])
    default: return []
    }
  }

  private var heldVersion: UInt64 { if case .contributor(let node)? = mind { node.version } else { 0 } }
  private var heldEpoch: UInt64 { if case .contributor(let node)? = mind { node.epoch } else { 0 } }

  /// Moves on to a version, and trains from it.
  private mutating func follow(_ published: PublishedVersion) -> [Effect] {
    guard case .contributor(var node)? = mind else { return settle(.pulled(published)) }
    do {
      _ = try node.follow(published)
    } catch {
      return [.note(.misled("\(error)"))]
    }
    mind = .contributor(node)
    let note = Effect.note(.holds(version: node.version))
    return [note] + settle(.pulled(PublishedVersion(certificate: nil, steps: [])))
  }
}
