import Agents
import Aggregation
import Attribution
import Engines
import Learning
import Ledger
import Wire

// What a validator wants done, one errand a task. An errand that was cancelled hands nothing over.
extension ValidatorService {
  /// Puts an envelope into the log. What binds this key is kept before: an attestation, so that no later life
  /// signs another one, and the row that is committed to, so that a later life can reveal it.
  nonisolated func order(_ envelope: Envelope, keeping row: Assessment? = nil) async {
    let record = LogAppend(id: envelope.id, bytes: envelope.wireBytes)
    let header = attestedHeader(envelope)
    await persist("orderDelayed", ["id": envelope.id.hex]) { () throws(EngineError) in
      if let row { try await folder.keep(row: row) }
      if let header { try await folder.keep(attestation: envelope, of: header) }
      _ = try await log.append([record])
    }
  }

  private nonisolated func attestedHeader(_ envelope: Envelope) -> VersionHeader? {
    guard case .attestation(let message)? = try? Transaction(envelope) else { return nil }
    return try? Attestation(opening: message.attestation).header
  }

  nonisolated func put(_ bytes: [UInt8]) async {
    await persist("storingDelayed", ["bytes": "\(bytes.count)"]) { () throws(EngineError) in
      _ = try await blobs.put(bytes)
    }
  }

  /// Does something until it is durable, the service stops, or it turns out never to be possible.
  nonisolated func persist(
    _ name: String, _ fields: [String: String], _ body: () async throws(EngineError) -> Void
  ) async {
    var failures = 0
    while !Task.isCancelled {
      do throws(EngineError) {
        return try await body()
      } catch {
        if error.code == .closed || error.code == .cancelled { return }
        failures += 1
        let isFinal = [.limitExceeded, .readOnly, .notPermitted, .historyChanged].contains(error.code)
        report(
          ServiceEvent(
            isFinal ? .error : .warning, name,
            fields.merging(["reason": "\(error)", "attempt": "\(failures)"]) { $1 }))
        guard !isFinal, (try? await configuration.pauses.wait(after: failures)) != nil else { return }
      }
    }
  }

  // MARK: fetching

  /// The first weights are asked for until they come: without them there is nothing to do for the task.
  nonisolated func fetchFirstWeights(_ task: Digest, _ offer: TaskOffer) async {
    for failures in 1... {
      if let blob = await blob(offer.specification.firstWeights) {
        return await take(.firstWeights(task: task, FlatWeights.decode(blob)))
      }
      guard !Task.isCancelled else { return }
      report(
        ServiceEvent(
          .error, "firstWeightsMissing", ["task": task.hex, "blob": offer.specification.firstWeights.hex]))
      guard (try? await configuration.pauses.wait(after: failures)) != nil else { return }
    }
  }

  nonisolated func fetchPackets(_ digests: [Digest], _ task: Digest, _ window: UInt64) async {
    let packets = await withTaskGroup(of: (Digest, [UInt8]?).self) { group in
      var packets: [Digest: [UInt8]] = [:]
      for (index, digest) in digests.enumerated() {
        if index >= configuration.fetches, let (name, bytes) = await group.next() { packets[name] = bytes }
        group.addTask { (digest, await self.blob(digest)) }
      }
      for await (name, bytes) in group { packets[name] = bytes }
      return packets
    }
    guard !Task.isCancelled else { return }
    let missing = digests.filter { packets[$0] == nil }
    if !missing.isEmpty {
      report(
        ServiceEvent(
          .warning, "packetsMissing",
          ["task": task.hex, "window": "\(window)", "packets": missing.map(\.hex).joined(separator: " ")]))
    }
    await take(.packets(task: task, window: window, packets))
  }

  /// A blob; nil if it cannot be had. It may come a little after the record that names it, so that it is
  /// asked for some times. A store that cannot be reached says nothing about it.
  nonisolated func blob(_ digest: Digest) async -> [UInt8]? {
    var (misses, failures) = (0, 0)
    while !Task.isCancelled {
      do throws(EngineError) {
        return try await blobs.get(digest)
      } catch {
        if error.code == .closed || error.code == .cancelled { return nil }
        if error.code == .missing || error.code == .damaged || error.code == .limitExceeded {
          misses += 1
        } else {
          report(ServiceEvent(.warning, "blobDelayed", ["blob": digest.hex, "reason": "\(error)"]))
        }
        failures += 1
        guard misses < configuration.blobAttempts,
          (try? await configuration.pauses.wait(after: failures)) != nil
        else { return nil }
      }
    }
    return nil
  }

  // MARK: measuring

  /// Measures on the reference set, off the actor. A task whose measurements go on failing is given up.
  nonisolated func measure(
    _ task: Digest, _ body: @Sendable (Reference) async throws -> Validator.Event
  ) async {
    for failures in 1... {
      do {
        let event = try await body(try await reference(for: task))
        return Task.isCancelled ? () : await take(event)
      } catch {
        guard !Task.isCancelled else { return }
        report(
          ServiceEvent(
            .warning, "measuringFailed", ["task": task.hex, "reason": "\(error)", "attempt": "\(failures)"]))
        guard failures < configuration.measuringAttempts, !Self.isLasting(error) else {
          return await take(.unworkable(task: task, "measuring on the reference set fails: \(error)"))
        }
        guard (try? await configuration.pauses.wait(after: failures)) != nil else { return }
      }
    }
  }

  /// Whether a node has to be set up otherwise before it can measure.
  private nonisolated static func isLasting(_ error: any Error) -> Bool {
    if case .invalidSpecification? = error as? LearningError { true } else { false }
  }

  nonisolated static func credits(of merge: CreditedMerge, _ reference: Reference) async throws -> CreditRow {
    try await AumannShapley().credits(of: merge, by: reference.whole)
  }
}
