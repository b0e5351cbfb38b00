public import Agents
import Aggregation
public import Engines
import HTTP
public import Ledger
import Updates
public import Wire

/// Downloads a version of a model from a gateway, and trusts nothing of it but the genesis.
///
/// ```swift
/// let download = ModelDownload(client, genesis: genesis, keptIn: blobs)
/// let verified = try await download.read(.final, of: task, from: .checkpoint)
/// ```
///
/// Blobs are kept as they come, so that a download that was broken off goes on with those that are missing.
public struct ModelDownload: Sendable {
  /// What a download starts from.
  public enum Start: Sendable, Hashable {
    /// The newest checkpoint before the version, whose weights a certificate covers.
    case checkpoint
    /// The author's first weights: every version's certificate is checked, and that it follows from the one
    /// before.
    case firstWeights
  }

  private let client: GatewayClient
  private let genesis: Genesis
  private let blobs: any BlobStore

  /// Prepares a download.
  ///
  /// - Parameter blobs: where blobs are kept until the version stands
  public init(_ client: GatewayClient, genesis: Genesis, keptIn blobs: any BlobStore) {
    self.client = client
    self.genesis = genesis
    self.blobs = blobs
  }

  /// Downloads and verifies a version.
  ///
  /// - Parameter progress: called with the version that is reached, and the one that is asked for
  /// - Throws: `AgentError` if what comes does not check out or is not there; `LedgerError`, `HTTPError` or
  ///   `EngineError`
  public func read(
    _ selection: ModelReader.Selection, of task: Digest, from start: Start,
    progress: (_ version: UInt64, _ last: UInt64) -> Void = { _, _ in }
  ) async throws -> ModelReader.Verified {
    let offer = try TaskOffer(opening: try await client.creation(of: task), network: genesis.network)
    guard offer.id == task else { throw AgentError.task("the gateway answers with another task") }
    var light = LightClient(genesis)
    guard let last = try await target(selection, task, &light) else {
      let followed = try await first(offer)
      return .init(offer: offer, model: followed.model, header: nil)
    }
    var followed = try await begin(offer, start, last)
    var previous: VersionHeader?
    while followed.model.number < last.version {
      progress(followed.model.number, last.version)
      try Task.checkCancellation()
      switch start {
      case .checkpoint: try await followPage(&followed, to: last)
      case .firstWeights: previous = try await followOne(&followed, after: previous, &light)
      }
    }
    progress(last.version, last.version)
    guard ChunkTree.over(followed.model.weights).root == last.parametersRoot else {
      throw AgentError.version("the weights of version \(last.version) do not match its certified root")
    }
    return .init(offer: offer, model: followed.model, header: last)
  }

  /// The certified header of the version that is asked for; nil for the first weights.
  private func target(
    _ selection: ModelReader.Selection, _ task: Digest, _ light: inout LightClient
  ) async throws -> VersionHeader? {
    switch selection {
    case .number(0): return nil
    case .number(let number):
      guard let header = try await client.certified(task, version: number, by: &light)?.header else {
        throw AgentError.absent("version \(number) is not final; ask for an older one")
      }
      return header
    case .final: return try await client.certified(task, by: &light)?.header
    }
  }

  private func begin(
    _ offer: TaskOffer, _ start: Start, _ last: VersionHeader
  ) async throws -> FollowedModel {
    guard start == .checkpoint,
      let found = try await client.checkpoints(of: offer.id).last(where: { $0.version <= last.version }),
      let digest = Digest(hex: found.blob),
      let certificate = try await client.certificate(of: offer.id, version: found.version)
    else { return try await first(offer) }
    let bytes = try await blob(digest, limitBytes: 4 * Int(offer.specification.parameterCount))
    return try FollowedModel(
      offer, checkpoint: FlatWeights.decode(bytes), certificate: certificate,
      handovers: try await client.handovers(after: 0, to: certificate.claimedEpoch ?? 0), genesis: genesis)
  }

  private func first(_ offer: TaskOffer) async throws -> FollowedModel {
    let limit = 4 * Int(offer.specification.parameterCount)
    let bytes = try await blob(offer.specification.firstWeights, limitBytes: limit)
    return try FollowedModel(offer, firstWeights: try offer.firstWeights(from: bytes), genesis: genesis)
  }

  /// Follows as many versions as the gateway lists at once, and checks the last of them.
  private func followPage(_ followed: inout FollowedModel, to last: VersionHeader) async throws {
    let task = followed.model.task
    let page = try await client.versions(of: task, after: followed.model.number)
      .filter { $0.version <= last.version }
    guard let end = page.last, let certificate = try await client.certificate(of: task, version: end.version)
    else { throw AgentError.absent("the gateway does not list the versions up to \(last.version)") }
    var steps: [[UInt8]] = []
    for version in page {
      guard let step = Digest(hex: version.step) else {
        throw AgentError.version("the gateway names a step that is no digest")
      }
      steps.append(try await blob(step, limitBytes: UpdateLimits.messageBytesLimit))
    }
    try await follow(&followed, certificate, steps)
  }

  private func follow(
    _ followed: inout FollowedModel, _ certificate: Certificate, _ steps: [[UInt8]]
  ) async throws {
    let handovers = try await client.handovers(
      after: followed.epoch, to: certificate.claimedEpoch ?? 0)
    try followed.follow(PublishedVersion(certificate: certificate, steps: steps, handovers: handovers))
  }

  /// Follows the next version, whose certificate must name this one's root.
  private func followOne(
    _ followed: inout FollowedModel, after previous: VersionHeader?, _ light: inout LightClient
  ) async throws -> VersionHeader {
    let (task, number) = (followed.model.task, followed.model.number + 1)
    guard let certificate = try await client.certificate(of: task, version: number) else {
      throw AgentError.absent("the gateway has no certificate of version \(number)")
    }
    let header = try await client.check(certificate, by: &light)
    guard header.task == task, header.version == number,
      header.previousRoot == (previous?.root ?? .zero)
    else {
      throw AgentError.version("the certificate of version \(number) does not follow from the one before")
    }
    let step = try await blob(header.step, limitBytes: UpdateLimits.messageBytesLimit)
    try await follow(&followed, certificate, [step])
    return header
  }

  private func blob(_ digest: Digest, limitBytes: Int) async throws -> [UInt8] {
    if try await blobs.contains(digest), let bytes = try? await blobs.get(digest) { return bytes }
    let bytes = try await client.blob(digest, limitBytes: limitBytes)
    _ = try await blobs.put(bytes)
    return bytes
  }
}
