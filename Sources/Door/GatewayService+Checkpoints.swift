import Agents
import Aggregation
import Engines
import Ledger
import Updates
import Wire

// Checkpoints: the weights of every so many versions, so that newcomers need not take all steps.
extension GatewayService {
  /// A task's next versions, as far as they are final.
  private struct Leg: Sendable {
    let offer: TaskOffer
    let headers: [VersionHeader]
    let newest: UInt64
  }

  // Versions that are taken up at a time.
  private static let legVersions = 64

  /// Follows the models of all tasks that have versions enough, until the task is cancelled.
  nonisolated func keepCheckpoints() async {
    guard limits.checkpointVersions > 0 else { return }
    let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let number = await subscribe(wake)
    var models: [Digest: ModelVersion] = [:]
    for await _ in wakes {
      for task in await tasksWithCheckpoints() {
        // What cannot be fetched now is tried again at the next wake.
        while let leg = await leg(of: task, after: models[task]?.number ?? 0) {
          guard let next = try? await follow(leg, from: models[task]) else { break }
          models[task] = next
        }
      }
    }
    await unsubscribe(number)
  }

  private func tasksWithCheckpoints() -> [Digest] {
    publications.tasks.filter { UInt64($0.value.versions.count) >= limits.checkpointVersions }.keys.sorted()
  }

  private func leg(of task: Digest, after version: UInt64) -> Leg? {
    guard let entry = publications.tasks[task] else { return nil }
    let headers = entry.versions.dropFirst(Int(version)).prefix(Self.legVersions).map(\.header)
    return headers.isEmpty
      ? nil : Leg(offer: entry.offer, headers: headers, newest: UInt64(entry.versions.count))
  }

  private nonisolated func follow(_ leg: Leg, from model: ModelVersion?) async throws -> ModelVersion {
    let specification = leg.offer.specification
    var next: ModelVersion
    if let model {
      next = model
    } else {
      let first = try leg.offer.firstWeights(from: try await blobs.get(specification.firstWeights))
      next = try ModelVersion(task: leg.offer.id, weights: first)
    }
    for header in leg.headers {
      try next.apply(
        try Step(wireBytes: try await blobs.get(header.step), limit: UpdateLimits.messageBytesLimit))
      // Older ones would not be listed.
      let isListed = leg.newest - header.version < UInt64(limits.checkpoints) * limits.checkpointVersions
      if header.version.isMultiple(of: limits.checkpointVersions), isListed { try await keep(next, header) }
    }
    return next
  }

  private nonisolated func keep(_ model: ModelVersion, _ header: VersionHeader) async throws {
    guard ChunkTree.over(model.weights).root == header.parametersRoot else {
      throw AgentError.version("the weights of version \(header.version) do not match its certified root")
    }
    let bytes = FlatWeights.encode(model.weights)
    let digest = try await blobs.put(bytes)
    await publish(.init(version: header.version, blob: digest, bytes: bytes.count), of: header.task)
  }

  private func publish(_ checkpoint: Publications.Checkpoint, of task: Digest) {
    publications.add(checkpoint, to: task, listed: limits.checkpoints)
  }
}
