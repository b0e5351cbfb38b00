public import Aggregation
public import Engines
public import Ledger
import Updates
public import Wire

/// One task as an audit follows it: every merge computed again as soon as its packets can be opened, and the
/// certified steps from version to version where they cannot.
public struct TaskReplay: Sendable {
  /// A merge that was decided, until its version is both certified and recomputed.
  private struct Merge: Sendable {
    let plan: MergePlan
    let template: VersionHeader
    /// Whose window it was.
    let validators: ValidatorSet
    var keys: [ContentKey]?
    var recomputation: Recomputation?
    var final: VersionHeader?
  }

  /// The state of the newest version that was recomputed and certified.
  public private(set) var state: ModelState
  /// Versions that were recomputed to their certified headers.
  public private(set) var recomputed = 0
  /// Updates merged in them.
  public private(set) var merged = 0
  /// The newest certified version.
  private var model: ModelVersion
  /// The first follows `state`; each waits for those before it.
  private var merges: [Merge] = []
  private let policy: MergePolicy
  private let seal: PacketSeal
  private let key: SigningKey?
  private let blobs: any BlobStore
  private let threads: Int

  /// Starts from a task's first weights.
  ///
  /// - Parameters:
  ///   - offer: the task
  ///   - network: the network
  ///   - blobs: packets, steps and first weights
  ///   - key: a validator's, to open what was not published and is sealed to it; nil does without
  ///   - threads: how many threads a merge uses; the result does not depend on it
  /// - Throws: `AgentError.audit` or `AgentError.task` if nobody could start from them
  public init(
    _ offer: TaskOffer, network: Digest, blobs: any BlobStore, key: SigningKey?, threads: Int
  ) async throws(AgentError) {
    let place = "task \(offer.id.short)"
    policy = offer.specification.merge
    seal = PacketSeal(offer, network: network)
    self.key = key
    self.blobs = blobs
    self.threads = threads
    let bytes: [UInt8]
    do { bytes = try await blobs.get(offer.specification.firstWeights) } catch {
      throw .audit(place: place, "\(error)")
    }
    do {
      state = try ModelState(task: offer.id, initialWeights: try offer.firstWeights(from: bytes))
    } catch let error as AgentError {
      throw error
    } catch {
      throw .audit(place: place, "\(error)")
    }
    model = state.model
  }

  /// The validators whose window it was decided a merge.
  public mutating func decided(
    _ plan: MergePlan, _ template: VersionHeader, by validators: ValidatorSet
  ) async throws(AgentError) {
    merges.append(Merge(plan: plan, template: template, validators: validators))
    try await advance()
  }

  /// The keys of a merge were published.
  public mutating func released(_ keys: [ContentKey], window: UInt64) async throws(AgentError) {
    guard let place = merges.firstIndex(where: { $0.plan.window == window }) else { return }
    merges[place].keys = keys
    try await advance()
  }

  /// A version is certified. If its packets cannot be opened now, they are there at least, and its step leads
  /// to its weights.
  public mutating func finalised(_ header: VersionHeader) async throws(AgentError) {
    guard let place = merges.firstIndex(where: { $0.template.version == header.version }) else {
      throw .audit(place: "version \(header.version)", "it is final without a merge")
    }
    merges[place].final = header
    let entries = merges[place].plan.entries
    try await advance()
    guard model.number < header.version else { return }
    for entry in entries { _ = try await blob(entry.packet, "version \(header.version)") }
    try await follow(header)
  }

  private mutating func follow(_ header: VersionHeader) async throws(AgentError) {
    let place = "version \(header.version)"
    let bytes = try await blob(header.step, place)
    do {
      try model.apply(try Step(wireBytes: bytes, limit: UpdateLimits.messageBytesLimit))
    } catch {
      throw .audit(place: place, "\(error)")
    }
    guard ChunkTree.over(model.weights).root == header.parametersRoot else {
      throw .audit(place: place, "its step does not lead to the certified weights")
    }
  }

  /// Recomputes what has become possible, in the order of the versions.
  private mutating func advance() async throws(AgentError) {
    while var merge = merges.first {
      if merge.recomputation == nil {
        guard let payloads = try await payloads(of: merge) else { return }
        merge.recomputation = try Recomputation(
          merge.plan, template: merge.template, onto: state, payloads: payloads, policy: policy,
          threads: threads)
        merges[0] = merge
      }
      guard let header = merge.final, let own = merge.recomputation else { return }
      guard own.header == header else {
        throw .audit(
          place: "version \(header.version)",
          "the certified root is \(header.root.hex), recomputed it is \(own.header.root.hex)")
      }
      state = own.state
      if model.number < header.version { model = own.state.model }
      recomputed += 1
      merged += own.contributions.count
      merges.removeFirst()
    }
  }

  /// The values of a merge's packets; nil if they are sealed, and no key is there.
  private func payloads(of merge: Merge) async throws(AgentError) -> [Digest: Payload]? {
    let opener = key.flatMap { merge.validators.contains($0.publicKey) ? $0 : nil }
    guard merge.keys != nil || opener != nil || !seal.privacy.isSealed || merge.plan.entries.isEmpty else {
      return nil
    }
    let recipients = seal.recipients(merge.validators)
    var payloads: [Digest: Payload] = [:]
    for (index, entry) in merge.plan.entries.enumerated() {
      let bytes = try await blob(entry.packet, "version \(merge.template.version)")
      do {
        let packet =
          if let published = merge.keys?[index] {
            try seal.open(bytes, from: entry.contributor, with: published, sealedTo: recipients)
          } else if let opener {
            try seal.open(bytes, from: entry.contributor, by: opener, among: recipients).packet
          } else {
            bytes
          }
        payloads[entry.packet] = try Packet(wireBytes: packet, limit: UpdateLimits.messageBytesLimit).payload
      } catch {
        throw .audit(place: "packet \(entry.packet.hex)", error.description)
      }
    }
    return payloads
  }

  private func blob(_ digest: Digest, _ place: String) async throws(AgentError) -> [UInt8] {
    do {
      return try await blobs.get(digest)
    } catch {
      throw .audit(place: place, "\(error)")
    }
  }
}
