import Aggregation
public import Learning
public import Ledger
import Numerics
import Updates
public import Wire

/// A data node, as a value without I/O: events go in with everything that is random or slow, directives come
/// out.
///
/// It registers, pulls the newest final version, trains, compresses the difference with error feedback, seals
/// the packet to the newest validators that it trusts, commits to it, uploads it, and starts again when there
/// is a newer version, or when others have followed those validators before the packet was judged.
public struct Contributor: Sendable {
  /// What happens to a contributor.
  public enum Event: Sendable {
    /// It is switched on.
    case started
    /// A version became final.
    case announced(version: UInt64)
    /// The answer to `Directive.pull`.
    case pulled(PublishedVersion)
    /// The same, followed already from a model like the contributor's: what nodes of one process share.
    case followed(FollowedModel)
    /// The end of `Directive.train`.
    case trained(TrainingResult)
    /// The same, packed already by `pack` on a copy of the contributor.
    case packed(PackedTraining)
    /// `Directive.train` ended without weights.
    case trainingFailed(String)
    /// The envelope with this identifier stands in the log.
    case accepted(Digest)
    /// The envelope with this identifier was refused, and why. Zero stands for the request that is under way.
    case refused(Digest, String)
    /// The envelope with this identifier was refused, since its packet is not sealed to the validators in
    /// force.
    case refusedSeal(Digest)
    /// The packet with this digest was given back unjudged: it is sealed to validators that others have
    /// followed.
    case returned(Digest)
    /// What became of an update, as the gateway has it from the log. It is for the owner: whoever wants it
    /// proved replays the log.
    case judged(Receipt)
  }

  /// What a contributor wants done.
  public enum Directive: Sendable {
    /// Put an envelope into the log, and say so with `accepted` or `refused`.
    case order(Envelope)
    /// Store a packet, then put its submission into the log.
    case upload(packet: [UInt8], submission: Envelope)
    /// Ask for what came after a version, and for the handovers of validators after an epoch.
    case pull(after: UInt64, epoch: UInt64)
    /// Train from these weights.
    case train([Float], TrainingConfiguration)
    /// Tell the owner.
    case report(String)
  }

  /// What the key has ordered before: for a contributor that starts again, and has its numbers from a
  /// gateway.
  public struct Standing: Sendable, Hashable {
    /// Whether it is registered.
    public var isRegistered: Bool
    /// The nonce of its next account transaction.
    public var nonce: UInt64
    /// The sequence number of its last commitment to the task.
    public var sequence: UInt64

    /// Creates a standing, by default that of a key which has ordered nothing.
    public init(isRegistered: Bool = false, nonce: UInt64 = 0, sequence: UInt64 = 0) {
      self.isRegistered = isRegistered
      self.nonce = nonce
      self.sequence = sequence
    }
  }

  private enum State {
    case off
    case registering(Digest)
    case idle
    case pulling
    case training(base: UInt64)
    case committing(Digest)
    case uploading(Digest)
  }

  private let key: SigningKey
  private let network: Digest
  private let offer: TaskOffer
  private let seal: PacketSeal
  /// The model that the contributor holds.
  public private(set) var followed: FollowedModel
  private var residual: KeptResidual
  private var state = State.off
  private let standing: Standing
  private let canaries: Canaries
  /// The last honest update of this life, as long as it may be wanted for a canary.
  private var lastPayload: Payload?
  private var sequence: UInt64
  private var newestVersion: UInt64 = 0
  private var trainedVersion: UInt64?
  /// The update under way: committed to, or about to be, and not yet submitted.
  private var update: PackedUpdate?
  /// Whether the update was ordered in a life before, too.
  private var isResuming = false
  /// The last update that was committed to, in this life or one before.
  private var last: SentUpdate?
  /// Whether nothing comes of the last update: it is sealed to validators that others have followed.
  private var isReturned = false
  /// Receipts of the windows below this one have been reported to the owner.
  public var reportedWindows: UInt64

  /// Creates a contributor to a task.
  ///
  /// - Parameters:
  ///   - key: who signs
  ///   - genesis: the network
  ///   - offer: the task
  ///   - firstWeights: the weights of version 0, from `TaskOffer.firstWeights(from:)`
  ///   - residualForm: how what compression leaves out is kept for the next update
  ///   - standing: what the key has ordered before
  /// - Throws: `AgentError.task`
  public init(
    key: SigningKey, genesis: Genesis, offer: TaskOffer, firstWeights: [Float],
    residualForm: ResidualForm = .exact, standing: Standing = Standing()
  ) throws(AgentError) {
    try self.init(
      key: key, genesis: genesis, offer: offer,
      model: try FollowedModel(offer, firstWeights: firstWeights, genesis: genesis),
      residualForm: residualForm, standing: standing, memory: nil)
  }

  /// Creates a contributor that goes on from a version, and from what it has kept.
  ///
  /// - Parameters:
  ///   - key: who signs
  ///   - genesis: the network
  ///   - offer: the task
  ///   - model: the version, as the validators certified it
  ///   - residualForm: as above
  ///   - standing: what the key has ordered before
  ///   - memory: what was kept; nil if nothing was
  ///   - canaries: which updates are replaced by canaries
  /// - Throws: `AgentError.task` if the memory is another contributor's, or of another task
  public init(
    key: SigningKey, genesis: Genesis, offer: TaskOffer, model: FollowedModel,
    residualForm: ResidualForm = .exact, standing: Standing, memory: ContributorMemory?,
    canaries: Canaries = .none
  ) throws(AgentError) {
    let count = model.model.weights.count
    if let memory {
      guard memory.network == genesis.network, memory.task == offer.id, memory.contributor == key.publicKey,
        memory.feedback.residual.count == count
      else { throw .task("what was kept is of another key, task or network") }
    }
    self.key = key
    network = genesis.network
    self.offer = offer
    seal = PacketSeal(offer, network: genesis.network)
    self.standing = standing
    self.canaries = canaries
    followed = model
    let takesFeedback = offer.specification.merge.upForm.takesFeedback
    residual = KeptResidual(parameterCount: count, form: takesFeedback ? residualForm : .none)
    if let memory { residual.feedback = memory.feedback }
    sequence = max(standing.sequence, memory?.sequence ?? 0)
    last = memory?.last
    trainedVersion = last?.baseVersion
    update = memory?.update
    reportedWindows = memory?.reportedWindows ?? 0
  }

  /// What is to be kept, whenever it has changed, before the next directive is carried out.
  public var memory: ContributorMemory {
    ContributorMemory(
      network: network, task: offer.id, contributor: key.publicKey, feedback: residual.feedback,
      sequence: sequence, last: last, update: update, reportedWindows: reportedWindows)
  }

  /// The version that the contributor holds.
  public var version: UInt64 { followed.model.number }
  /// The epoch of the newest validators that are trusted.
  public var epoch: UInt64 { followed.epoch }
  /// The newest validators that are trusted.
  public var validators: ValidatorSet { followed.validators }
  /// The weights that the contributor holds.
  public var weights: [Float] { followed.model.weights }
  /// Whose contributor this is.
  public var publicKey: PublicKey { key.publicKey }

  /// Moves on to a published version ahead of training, as `Event.pulled` does otherwise.
  ///
  /// - Returns: whether it was a newer one
  /// - Throws: `AgentError.version`; the contributor is then as it was.
  public mutating func follow(_ published: PublishedVersion) throws(AgentError) -> Bool {
    try followed.follow(published) != nil
  }

  /// Takes an event, and says what is to be done.
  public mutating func handle(_ event: Event) -> [Directive] {
    switch (event, state) {
    case (.started, .off): return begin()
    case (.announced(let version), _): return noticed(version)
    case (.judged(let receipt), _): return told(receipt)
    case (.returned(let packet), _): return returned(packet)
    case (.accepted(let id), .registering(let own)) where id == own: return pull()
    case (.refused(let id, let reason), .registering(let own)) where id == own || id == .zero:
      state = .off
      return [.report("registration refused: \(reason)")]
    case (.pulled(let published), .pulling): return train(after: published)
    // A pull has no envelope, so its refusal names none.
    case (.refused(.zero, let reason), .pulling):
      state = .idle
      return [.report("pull refused: \(reason)")]
    case (.followed(let model), .pulling):
      if model.model.number > version { followed = model }
      return train()
    case (.trained(let result), .training): return commit(pack(result))
    case (.packed(let packed), .training(let base)) where packed.base == base: return commit(packed)
    case (.trainingFailed(let reason), .training):
      // Nothing was sent from this version, so that it may be trained on again.
      trainedVersion = last?.baseVersion
      state = .idle
      return [.report("training failed: \(reason)")]
    case (.accepted(let id), .committing(let own)) where id == own: return upload()
    // It may have been accepted in a life before, which the upload will show.
    case (.refused(let id, _), .committing(let own)) where isResuming && (id == own || id == .zero),
      (.refusedSeal(let id), .committing(let own)) where isResuming && id == own:
      return upload()
    case (.refusedSeal(let id), .committing(let own)) where id == own,
      (.refusedSeal(let id), .uploading(let own)) where id == own:
      isReturned = true
      return [.report("update refused: it is sealed to validators that others have followed")] + rest()
    case (.refused(let id, let reason), .committing(let own)) where id == own || id == .zero,
      (.refused(let id, let reason), .uploading(let own)) where id == own || id == .zero:
      return [.report("update refused: \(reason)")] + rest()
    case (.accepted(let id), .uploading(let own)) where id == own: return rest()
    default: return []
    }
  }

  private mutating func begin() -> [Directive] {
    guard let update else { return standing.isRegistered ? pull() : register() }
    isResuming = true
    state = .committing(update.commitment.id)
    return [.order(update.commitment)]
  }

  private mutating func upload() -> [Directive] {
    guard let update else { return rest() }
    state = .uploading(update.submission.id)
    return [.upload(packet: update.packet, submission: update.submission)]
  }

  /// Nothing is under way any more.
  private mutating func rest() -> [Directive] {
    update = nil
    isResuming = false
    state = .idle
    return pullIfBehind()
  }

  private mutating func register() -> [Directive] {
    let envelope = Transaction.registration(Registration(network: network, nonce: standing.nonce))
      .signed(by: key)
    state = .registering(envelope.id)
    return [.order(envelope)]
  }

  private mutating func noticed(_ version: UInt64) -> [Directive] {
    newestVersion = max(newestVersion, version)
    if case .idle = state { return pullIfBehind() }
    return []
  }

  private mutating func told(_ receipt: Receipt) -> [Directive] {
    guard receipt.task == offer.id, receipt.contributor == key.publicKey,
      let explanation = receipt.explanation
    else { return [] }
    guard receipt.verdict == nil else {
      return [.report("update rejected in window \(receipt.window): \(explanation)")]
    }
    return [.report("update given back in window \(receipt.window): \(explanation)")]
      + returned(receipt.packet)
  }

  private mutating func returned(_ packet: Digest) -> [Directive] {
    guard packet == last?.packet else { return [] }
    isReturned = true
    if case .idle = state { return pullIfBehind() }
    return []
  }

  private mutating func pullIfBehind() -> [Directive] {
    isReturned || (trainedVersion.map { newestVersion > $0 } ?? true) ? pull() : []
  }

  private mutating func pull() -> [Directive] {
    state = .pulling
    return [.pull(after: followed.model.number, epoch: followed.epoch)]
  }

  private mutating func train(after published: PublishedVersion) -> [Directive] {
    do {
      try followed.follow(published)
    } catch {
      state = .idle
      return [.report(error.description)]
    }
    return train()
  }

  private mutating func train() -> [Directive] {
    let version = followed.model.number
    // Whoever announces versions that do not exist gets no second update from the same one, and neither does
    // whoever gives updates back without a change of validators to show for it.
    let isOutdated = isReturned && followed.epoch > last?.epoch ?? 0
    guard trainedVersion != version || isOutdated else {
      newestVersion = version
      state = .idle
      return []
    }
    newestVersion = max(newestVersion, version)
    trainedVersion = version
    state = .training(base: version)
    return [
      .train(followed.model.weights, offer.specification.training.configuration(seed: seed(for: version)))
    ]
  }

  // The order of examples differs between contributors and versions, and needs no randomness from outside.
  private func seed(for version: UInt64) -> UInt64 {
    var hasher = DigestHasher(in: Self.seedDomain)
    hasher.update(key.publicKey.bytes)
    hasher.update(version)
    return hasher.finish().leadingWord
  }

  private static let seedDomain = HashDomain("trib.train.seed")

  /// Packs what training came to, which takes most of a contributor's own time and changes nothing: a shell
  /// may have a copy do it beside others.
  public func pack(_ result: TrainingResult) -> PackedTraining {
    let (base, weights) = (followed.model.number, followed.model.weights)
    guard result.weights.count == weights.count else {
      return PackedTraining(
        base: base, .unusable("training returned \(result.weights.count) weights, not \(weights.count)"))
    }
    do {
      let delta = try FixedPoint.quantize(Kernels.difference(result.weights, weights))
      let form = offer.specification.merge.upForm
      let rotation = Rotation(task: offer.id, contributor: key.publicKey, baseVersion: base)
      let canary = canaries.kind(from: base, of: offer.id, by: key).flatMap {
        Canaries.payload($0, last: lastPayload, count: delta.count, form: form, rotation: rotation)
      }
      let (payload, kept) = canary.map { ($0, residual) } ?? compress(delta, form, rotation)
      let update = PackedUpdate(
        payload, base: base, sequence: sequence + 1, under: seal, to: followed.validators, by: key)
      let sent = SentUpdate(
        baseVersion: base, epoch: followed.epoch, packet: Packet.digest(of: update.packet))
      return PackedTraining(base: base, .update(update, sent, kept, canary == nil ? payload : nil))
    } catch {
      return PackedTraining(base: base, .unusable("training returned weights that cannot be sent: \(error)"))
    }
  }

  /// Compresses a difference with what was left out before, and says what is left out now.
  private func compress(
    _ delta: [Int32], _ form: PacketForm, _ rotation: Rotation
  ) -> (Payload, KeptResidual) {
    var feedback = residual.feedback
    feedback.decay(keeping: Int(offer.specification.merge.residualDecayQ16))
    let payload = feedback.compress(delta, form: form, rotation: rotation)
    var kept = residual
    kept.feedback = feedback
    return (payload, kept)
  }

  private mutating func commit(_ packed: PackedTraining) -> [Directive] {
    switch packed.content {
    case .unusable(let reason):
      state = .idle
      return [.report(reason)]
    case .update(let update, let sent, let kept, let payload):
      residual = kept
      if canaries != .none { lastPayload = payload ?? lastPayload }
      sequence += 1
      self.update = update
      last = sent
      isReturned = false
      state = .committing(update.commitment.id)
      return [.order(update.commitment)]
    }
  }
}
