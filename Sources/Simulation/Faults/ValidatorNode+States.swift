import Agents
import Aggregation
import Ledger
import Wire

/// A validator's search for a state to go on from: what it will try, one after another.
struct StateSearch: Sendable {
  /// A place where a state may be.
  enum Source: Sendable {
    case kept(ValidatorMemory)
    case noticed(SnapshotNotice)
    case firstWeights
    case recomputed
  }

  let versions: ClosedRange<UInt64>
  var sources: [Source]
}

// What a validator goes on from, in the order of `ValidatorService`: kept, named by others, the first
// weights, or computed from these.
extension ValidatorNode {
  mutating func find(_ versions: ClosedRange<UInt64>) -> [Effect] {
    let task = identity.offer.id
    let kept = shelf.snapshots.filter { $0.state.model.task == task }
    let notices = (validator.replica.tasks[task]?.snapshots ?? []).filter { versions.contains($0.version) }
    let own = kept.first { versions.contains($0.state.model.number) }?.state.model.number ?? 0
    let keptSources = kept.map { StateSearch.Source.kept($0) }
    let noticedSources = notices.map { StateSearch.Source.noticed($0) }
    // What was kept costs no download, which is worth some merges.
    let isNear = (notices.first?.version ?? 0) <= own + Self.noticeVersions
    search = StateSearch(
      versions: versions,
      sources: (isNear ? keptSources + noticedSources : noticedSources + keptSources)
        + [versions.lowerBound == 0 ? .firstWeights : .recomputed])
    return searchOn()
  }

  /// Tries the next source.
  private mutating func searchOn() -> [Effect] {
    guard let versions = search?.versions, search?.sources.isEmpty == false,
      let source = search?.sources.removeFirst()
    else { return [] }
    switch source {
    case .kept(let memory): return resume(memory.state, memory.judge, .keptState) ?? searchOn()
    case .noticed(let notice):
      return calls.ask(.blobs, for: .notice(notice)) { .get($0, notice.blob) }
    case .firstWeights:
      search = nil
      return carryOut([.fetchFirstWeights(task: identity.offer.id, identity.offer)])
    case .recomputed: return [.work(.recompute(versions: versions))]
    }
  }

  /// A snapshot that others named came, or cannot be had.
  mutating func found(_ bytes: [UInt8]?, _ notice: SnapshotNotice) -> [Effect] {
    guard search != nil else { return [] }
    guard let bytes, let state = try? ModelState(wireBytes: bytes, limit: ModelState.bytesLimit),
      state.model.task == notice.task, state.model.number == notice.version,
      let effects = resume(state, nil, .noticedState)
    else { return searchOn() }
    return effects
  }

  /// The states are there that everything was merged again for.
  mutating func recomputed(_ states: [ModelState]) -> [Effect] {
    guard search != nil else { return [] }
    for state in states {
      if let effects = resume(state, nil, .recomputedState) { return effects }
    }
    return stop("no state can be had, nor recomputed")
  }

  /// Hands a state over; nil if it is not one to go on from.
  private mutating func resume(
    _ state: ModelState, _ judge: Judge?, _ encounter: Encounter
  ) -> [Effect]? {
    let directives = validator.handle(.stateFound(state, judge))
    guard validator.model(of: identity.offer.id) != nil else { return nil }
    search = nil
    return [.note(.met(encounter))] + carryOut(directives)
  }
}
