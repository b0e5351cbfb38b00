import Agents
import Aggregation
import Engines
import Ledger
import Wire

// What is kept for the next life, what is published for others, and what a validator goes on from.
extension ValidatorService {
  /// Keeps a final version on disk, and publishes it if it is one of those.
  nonisolated func keep(_ memory: ValidatorMemory, isNoticed: Bool) async {
    let model = memory.state.model
    await persist("snapshotDelayed", ["task": model.task.hex]) { () throws(EngineError) in
      guard try await folder.keep(memory) else { return }
      report(
        ServiceEvent(.info, "snapshotKept", ["task": model.task.hex, "version": "\(model.number)"]))
    }
    // Whoever catches up has nothing to say that others did not say before.
    guard isNoticed, await isLive, !Task.isCancelled else { return }
    let bytes = memory.state.wireBytes
    await put(bytes)
    let notice = SnapshotNotice(
      network: memory.network, task: model.task, version: model.number, blob: Digest(of: bytes, in: .blob))
    await order(Transaction.snapshotNotice(notice).signed(by: key))
  }

  /// Finds a state to go on from: kept, named by others, the first weights, or computed from these. What is
  /// made of packets that are sealed to others for good cannot be computed: then others have to name a state.
  nonisolated func findState(_ task: Digest, _ offer: TaskOffer, _ versions: ClosedRange<UInt64>) async {
    if await findStoredState(task, versions) || Task.isCancelled { return }
    if versions.lowerBound == 0 { return await fetchFirstWeights(task, offer) }
    let isKept = offer.specification.privacy == .sealedKept
    if !isKept || genesis.validators.contains(key.publicKey), await recompute(offer) { return }
    guard isKept else {
      return await take(
        .unworkable(task: task, "no state can be had: the log ends before its newest version"))
    }
    var tried: Set<SnapshotNotice> = []
    for attempts in 1... {
      guard (try? await configuration.pauses.wait(after: attempts)) != nil else { return }
      for notice in await snapshots(of: task) where notice.version >= versions.lowerBound {
        if tried.insert(notice).inserted, await resume(notice) { return }
      }
    }
  }

  /// - Returns: whether there was a state to go on from
  private nonisolated func findStoredState(_ task: Digest, _ versions: ClosedRange<UInt64>) async -> Bool {
    let kept = await folder.memories(of: task)
    for found in kept where found.memory == nil {
      passOver(task, found.path, "the file is torn or damaged")
    }
    let own = kept.compactMap(\.memory).first { versions.contains($0.state.model.number) }
    let notices = await snapshots(of: task).filter { versions.contains($0.version) }
    // What was kept costs no download, which is worth some merges.
    let isNear =
      (notices.first?.version ?? 0) <= (own?.state.model.number ?? 0) + configuration.noticeVersions
    if isNear, await resumeKept(kept, task, versions) { return true }
    for notice in notices where await resume(notice) { return true }
    return isNear ? false : await resumeKept(kept, task, versions)
  }

  private nonisolated func resumeKept(
    _ kept: [ValidatorFolder.Found], _ task: Digest, _ versions: ClosedRange<UInt64>
  ) async -> Bool {
    for found in kept {
      guard let memory = found.memory else { continue }
      let model = memory.state.model
      let isCandidate = memory.network == genesis.network && model.task == task
      if isCandidate, await resume(memory.state, memory.judge) {
        resumed(task, model.number, from: found.path)
        return true
      }
      let reason =
        versions.contains(model.number) || !isCandidate
        ? "it does not match the certified roots of this network" : "the log does not lead on from it"
      passOver(task, found.path, reason)
      await folder.passOver(task)
    }
    return false
  }

  private nonisolated func resume(_ notice: SnapshotNotice) async -> Bool {
    guard let bytes = await blob(notice.blob) else {
      passOver(notice.task, notice.blob.hex, "the blob cannot be had")
      return false
    }
    guard let state = try? ModelState(wireBytes: bytes, limit: ModelState.bytesLimit),
      state.model.task == notice.task, state.model.number == notice.version, await resume(state, nil)
    else {
      passOver(notice.task, notice.blob.hex, "it does not match the certified roots")
      return false
    }
    resumed(notice.task, notice.version, from: notice.blob.hex)
    return true
  }

  /// Merges everything again from the first weights on, until it goes on from where the log is read to.
  ///
  /// - Returns: false if it does not come as far; true if it does, or found the log or the blobs at fault
  private nonisolated func recompute(_ offer: TaskOffer) async -> Bool {
    report(ServiceEvent(.warning, "recomputing", ["task": offer.id.hex]))
    do {
      var recomputed = try await RecomputedState(offer, genesis: genesis, blobs: blobs, key: key)
      var position = LogPosition.start
      while !(await resume(recomputed.state, nil)) {
        let page = try await log.read(from: position, limit: configuration.pageRecords)
        guard let last = page.last else { return false }
        for record in page { try await recomputed.apply(record) }
        position = last.position.next
      }
      resumed(offer.id, recomputed.state.model.number, from: "the first weights")
    } catch {
      if !Task.isCancelled {
        await take(.unworkable(task: offer.id, "no state can be had, nor recomputed: \(error)"))
      }
    }
    return true
  }

  private nonisolated func resumed(_ task: Digest, _ version: UInt64, from source: String) {
    report(
      ServiceEvent(.info, "resumed", ["task": task.hex, "version": "\(version)", "source": source]))
  }

  private nonisolated func passOver(_ task: Digest, _ source: String, _ reason: String) {
    report(
      ServiceEvent(
        .warning, "snapshotPassedOver", ["task": task.hex, "source": source, "reason": reason]))
  }
}
