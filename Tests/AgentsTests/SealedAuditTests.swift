import Agents
import AgentsTestKit
import Aggregation
import Engines
import Ledger
import Testing
import Wire

/// What an audit can recompute when packets are sealed, and what it says it could not.
struct SealedAuditTests {
  private func finished(_ privacy: PacketPrivacy, versions: UInt64 = 3) async throws -> ValidatorGroup {
    var group = ValidatorGroup(try TestNetwork(privacy: privacy))
    try await group.begin()
    for sequence in 1...versions { try await group.runWindow(sequence: sequence, by: [0, 1, 2]) }
    return group
  }

  /// Replays envelopes beside a group's blobs.
  private func replay(
    _ group: ValidatorGroup, _ envelopes: [Envelope]? = nil,
    key: SigningKey? = nil, without lost: Digest? = nil
  ) async throws -> NetworkReplay {
    let log = InMemoryLog(network: group.network.network)
    for envelope in envelopes ?? group.envelopes {
      _ = try await log.append([LogAppend(id: envelope.id, bytes: envelope.wireBytes)])
    }
    let store = InMemoryBlobStore()
    for (digest, blob) in group.blobs where digest != lost { _ = try await store.put(blob) }
    var replay = NetworkReplay(group.network.genesis, blobs: store, key: key)
    for record in try await log.read(from: .start, limit: 10_000) { try await replay.apply(record) }
    return replay
  }

  private func isRelease(_ envelope: Envelope) throws -> Bool {
    if case .keyRelease = try Transaction(envelope) { true } else { false }
  }

  @Test(arguments: [PacketPrivacy.plain, .sealedPublished]) func anyoneRecomputes(
    _ privacy: PacketPrivacy
  ) async throws {
    let group = try await finished(privacy)
    let replay = try await replay(group)
    #expect(replay.progress.versions == 3)
    #expect(replay.progress.recomputed == 3)
    #expect(replay.progress.merged == group.receipts.count { $0.weight > 0 })
    #expect(replay.models[group.network.task] == group.validators[0].model(of: group.network.task))
  }

  @Test func keptPacketsAreFollowedAndNotRecomputed() async throws {
    let group = try await finished(.sealedKept)
    let replay = try await replay(group)
    #expect(replay.progress.versions == 3)
    #expect(replay.progress.recomputed == 0)
    #expect(replay.progress.merged == 0)
    #expect(replay.models[group.network.task]?.model.number == 0)
  }

  @Test(arguments: PacketPrivacy.allCases) func aValidatorsKeyOpensEverything(
    _ privacy: PacketPrivacy
  ) async throws {
    let group = try await finished(privacy)
    for key in group.network.validatorKeys {
      let replay = try await replay(group, key: key)
      #expect(replay.progress.recomputed == 3)
      #expect(replay.models[group.network.task] == group.validators[0].model(of: group.network.task))
    }
  }

  @Test func anAuditTakesAValidatorsKeyOnly() async throws {
    let group = try await finished(.sealedKept, versions: 1)
    let network = try await TemporaryNetwork(group)
    let unopened = try await NetworkAudit.run(network.folder)
    #expect(unopened.progress.versions == 1 && unopened.progress.recomputed == 0)
    let opened = try await NetworkAudit.run(network.folder, key: group.network.validatorKeys[2])
    #expect(opened.progress.recomputed == 1)
    let error = await #expect(throws: AgentError.self) {
      try await NetworkAudit.run(network.folder, key: group.network.contributorKeys[0])
    }
    #expect(error?.isAbsence == true)
  }

  /// What cannot be opened has to be there nevertheless, and steps have to lead to the certified weights.
  @Test func withoutAKeyDamageIsFoundAllTheSame() async throws {
    let group = try await finished(.sealedKept)
    let merged = try #require(group.receipts.first { $0.weight > 0 }).packet
    for lost in [merged, group.finals[1].step, group.network.offer.specification.firstWeights] {
      await #expect(throws: AgentError.self) { _ = try await replay(group, without: lost) }
    }
    for index in [1, 4, 6, 9] {
      var changed = group.envelopes
      changed.remove(at: index)
      let replay = try await replay(group, changed)
      #expect(replay.progress.versions < 3, "without record \(index)")
    }
  }

  /// The last version's keys are not in the log yet: all but that version is recomputed.
  @Test func aVersionWhoseKeysAreMissingIsLeftOut() async throws {
    let group = try await finished(.sealedPublished)
    var envelopes = group.envelopes
    let place = try #require(try envelopes.lastIndex(where: isRelease))
    let release = envelopes.remove(at: place)
    let early = try await replay(group, envelopes)
    #expect(early.progress.versions == 3)
    #expect(early.progress.recomputed == 2)
    #expect(early.models[group.network.task]?.model.number == 2)
    let late = try await replay(group, envelopes + [release])
    #expect(late.progress.recomputed == 3)
    #expect(late.models[group.network.task] == group.validators[0].model(of: group.network.task))
  }
}
