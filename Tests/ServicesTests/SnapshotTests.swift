import Agents
import AgentsTestKit
import Aggregation
import Attribution
import Engines
import Foundation
import Ledger
import Services
import Synchronization
import Testing
import Updates
import Wire

/// What a validator goes on from: its own snapshots, those of others, and nothing at all.
@Suite(.serialized, .timeLimit(.minutes(5))) struct SnapshotTests {
  /// Three validators at a version, the first of which names snapshots, and the fourth yet to start.
  private func cluster(
    to version: UInt64, noticeVersions: UInt64 = 0, seed: UInt64 = 11
  ) async throws -> (TestCluster, [Running]) {
    let cluster = try TestCluster(TestNetwork(seed: seed))
    try await cluster.begin()
    let running = (0..<3).map { index in
      Running(
        cluster.validator(index, events: EventRecorder()) {
          $0.noticeVersions = index == 0 ? noticeVersions : 0
        })
    }
    try await cluster.run(to: version)
    return (cluster, running)
  }

  /// Has the fourth validator start, and then only two others, so that nothing is final without it.
  private func goOn(
    _ cluster: TestCluster, _ running: [Running], events: EventRecorder,
    _ configure: (inout ValidatorService.Configuration) -> Void = { _ in },
    atLast: () async -> Void = {}
  ) async throws -> ServiceEvent {
    try await running[2].kill()
    let key = cluster.network.validatorKeys[3].publicKey
    let rows = try await cluster.orders(of: key, .assessment).count
    let late = Running(cluster.validator(3, events: events, configure))
    let resumed = await events.first(named: "resumed")
    let version = await cluster.finals.count
    try await cluster.run(to: UInt64(version) + 1)
    let (attested, finals) = (try await cluster.attested(by: key), await cluster.finals)
    #expect(attested.last == finals.last)
    #expect(attested.filter { !finals.contains($0) } == [])
    #expect(try await cluster.orders(of: key, .assessment).count == rows + 1)
    await atLast()
    for validator in [running[0], running[1], late] { try await validator.kill() }
    #expect(events.events(named: "taskHalted") == [])
    return resumed
  }

  @Test func whoStartsLateGoesOnFromACertifiedSnapshot() async throws {
    let (cluster, running) = try await cluster(to: 5, noticeVersions: 2)
    try await cluster.wait { $0.tasks[$1]?.snapshots.first?.version == 4 }
    let blob = try #require(await cluster.replica.tasks[cluster.network.task]?.snapshots.first?.blob)
    // Nothing that only merges before the snapshot need is asked for.
    let asked = Mutex(Set<Digest>())
    let blobs = MortalBlobs(
      blobs: cluster.blobs, death: Death(), willGet: { digest in asked.withLock { _ = $0.insert(digest) } })
    let events = EventRecorder()
    let late = Running(cluster.validator(3, blobs: blobs, events: events))
    let resumed = await events.first(named: "resumed")
    #expect(resumed.fields["source"] == blob.hex && resumed.fields["version"] == "4")
    try await cluster.run(to: 6)
    let merged = try await cluster.packets(ofWindows: 0..<4)
    #expect(merged.count == 12 && asked.withLock { $0.isDisjoint(with: merged) })
    for validator in running + [late] { try await validator.kill() }
  }

  @Test func withoutASnapshotEverythingIsComputedAgain() async throws {
    let (cluster, running) = try await cluster(to: 4)
    let events = EventRecorder()
    try await running[2].kill()
    let late = Running(cluster.validator(3, events: events))
    try await cluster.run(to: 5)
    #expect(try await cluster.attested(by: cluster.network.validatorKeys[3].publicKey).last?.version == 5)
    for validator in [running[0], running[1], late] { try await validator.kill() }
  }

  /// The windows of the past are too many to wait for a model.
  @Test func withoutRoomForThePastItIsReplayed() async throws {
    let (cluster, running) = try await cluster(to: 5)
    let events = EventRecorder()
    let resumed = try await goOn(cluster, running, events: events) { $0.queueUpdates = 4 }
    #expect(resumed.fields["source"] == "the first weights" && resumed.fields["version"] == "5")
    #expect(events.events(named: "recomputing").count == 1)
  }

  /// A validator names a blob that is no state, another version's, or of other weights.
  @Test(arguments: [0, 1, 2]) func liesAboutSnapshotsCostADownload(_ lie: Int) async throws {
    let (cluster, running) = try await cluster(to: 5, noticeVersions: 2)
    let task = cluster.network.task
    try await cluster.wait { $0.tasks[$1]?.snapshots.first?.version == 4 }
    var weights = cluster.network.firstWeights
    weights[0] += 1
    let states = [
      [1, 2, 3], try ModelState(task: task, initialWeights: cluster.network.firstWeights).wireBytes,
      try ModelState(
        model: ModelVersion(task: task, number: 5, weights: weights),
        residual: [Int32](repeating: 0, count: weights.count)
      ).wireBytes,
    ]
    let blob = try await cluster.blobs.put(states[lie])
    let notice = SnapshotNotice(network: cluster.network.network, task: task, version: 5, blob: blob)
    try await cluster.order(Transaction.snapshotNotice(notice).signed(by: cluster.network.validatorKeys[2]))
    let events = EventRecorder()
    let resumed = try await goOn(cluster, running, events: events)
    #expect(resumed.fields["version"] == "4")
    #expect(events.events(named: "snapshotPassedOver").map { $0.fields["source"] } == [blob.hex])
  }

  /// How a snapshot on disk may be wrong.
  enum Damage: CaseIterable, Sendable { case torn, empty, flipped, absent, foreign }

  private func damage(_ path: String, _ damage: Damage) throws {
    let url = URL(fileURLWithPath: path)
    var bytes = [UInt8](try Data(contentsOf: url))
    switch damage {
    case .torn: bytes.removeLast(bytes.count / 2)
    case .empty: bytes = []
    case .flipped: bytes[bytes.count / 2] ^= 1
    case .absent: return try FileManager.default.removeItem(at: url)
    case .foreign:
      // Whole, and of a chain that is not this one.
      let digestBytes = 32
      let memory = try ValidatorMemory(wireBytes: Array(bytes.dropFirst(digestBytes)), limit: 1 << 20)
      var weights = memory.state.model.weights
      weights[3] += 1
      let state = try ModelState(
        model: ModelVersion(
          task: memory.state.model.task, number: memory.state.model.number, weights: weights),
        residual: memory.state.feedback.residual)
      let content = ValidatorMemory(network: memory.network, state: state, judge: memory.judge).wireBytes
      bytes = Digest(of: content, in: HashDomain("trib.sealed-file")).bytes + content
    }
    try Data(bytes).write(to: url)
  }

  @Test(arguments: Damage.allCases) func aDamagedSnapshotIsPassedOver(_ damage: Damage) async throws {
    let (cluster, running) = try await cluster(to: 1)
    let before = EventRecorder()
    let first = Running(cluster.validator(3, events: before))
    try await cluster.run(to: 4)
    let folder = cluster.folder("validator-3")
    await before.kept(4)
    try await first.kill()
    let newest = try #require(try snapshots(in: folder).max { $0.version < $1.version })
    try self.damage(newest.path, damage)
    let events = EventRecorder()
    // What is kept from now on replaces what was wrong.
    let resumed = try await goOn(cluster, running, events: events, atLast: { await events.kept(5) })
    #expect(try snapshots(in: folder).map(\.version).sorted() == [4, 5])
    #expect(resumed.fields["version"] == "3", "the older one is as good")
    let passed = events.events(named: "snapshotPassedOver").map { $0.fields["source"] }
    #expect(passed == (damage == .absent ? [] : [newest.path]))
  }

  @Test func withBothSnapshotsDamagedOthersHelp() async throws {
    let (cluster, running) = try await cluster(to: 1, noticeVersions: 3)
    let before = EventRecorder()
    let first = Running(cluster.validator(3, events: before))
    try await cluster.run(to: 4)
    let folder = cluster.folder("validator-3")
    await before.kept(4)
    try await first.kill()
    for snapshot in try snapshots(in: folder) { try damage(snapshot.path, .torn) }
    try await cluster.wait { $0.tasks[$1]?.snapshots.first?.version == 3 }
    let events = EventRecorder()
    let resumed = try await goOn(cluster, running, events: events)
    #expect(resumed.fields["version"] == "3" && resumed.fields["source"]?.contains("/") == false)
    #expect(events.events(named: "snapshotPassedOver").count == 2)
  }

  /// The folder is one of days ago: what the key has attested since stands in the log.
  @Test func anOldBackupAttestsNothingTwice() async throws {
    let (cluster, running) = try await cluster(to: 1)
    let before = EventRecorder()
    let first = Running(cluster.validator(3, events: before))
    try await cluster.run(to: 2)
    let (folder, backup) = (cluster.folder("validator-3"), cluster.folder("backup"))
    await before.kept(2)
    try FileManager.default.copyItem(atPath: folder, toPath: backup)
    try await cluster.run(to: 5)
    try await first.kill()
    try FileManager.default.removeItem(atPath: folder)
    try FileManager.default.moveItem(atPath: backup, toPath: folder)
    let events = EventRecorder()
    let resumed = try await goOn(cluster, running, events: events)
    #expect(["1", "2"].contains(resumed.fields["version"]))
    let attested = try await cluster.attested(by: cluster.network.validatorKeys[3].publicKey)
    #expect(Set(attested.map(\.version)).count == attested.count)
  }

  /// A life before has signed another header than the one that this life comes to, and it did not reach the
  /// log.
  @Test func whatWasSignedIsNeverContradicted() async throws {
    let (cluster, running) = try await cluster(to: 2)
    let key = cluster.network.validatorKeys[3]
    let final = try #require(await cluster.finals.last)
    let header = VersionHeader(
      network: final.network, task: final.task, version: 3, previousRoot: final.root, plan: .zero,
      step: .zero, parametersRoot: .zero, residualRoot: .zero, accountsRoot: .zero, logLength: 1,
      logChain: .zero, epoch: 0, nextValidators: .zero)
    let credits = CreditRow(credits: [], lossBefore: 0, lossAfter: 0)
    let attestation = Attestation(header: header, credits: credits.digest).signed(by: key)
    let envelope = Transaction.attestation(
      CreditedAttestation(network: final.network, attestation: attestation, credits: credits)
    ).signed(by: key)
    let folder = cluster.folder("validator-3")
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try Data(envelope.wireBytes).write(
      to: URL(fileURLWithPath: "\(folder)/\(cluster.network.task.hex).attestation"))
    let events = EventRecorder()
    let late = Running(cluster.validator(3, events: events))
    try await cluster.run(to: 3)
    let halted = await events.first(named: "taskHalted")
    #expect(halted.fields["reason"]?.contains("this key has attested version 3") == true)
    #expect(try await cluster.attested(by: key.publicKey).contains { $0.version >= 3 } == false)
    for validator in running + [late] { try await validator.kill() }
  }

  private func snapshots(in folder: String) throws -> [(path: String, version: UInt64)] {
    try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.contains(".snapshot-") }
      .compactMap { name in
        guard !name.hasSuffix(AtomicFile.partialSuffix),
          let data = FileManager.default.contents(atPath: folder + "/" + name)
        else { return nil }
        let memory = try? ValidatorMemory(wireBytes: Array(data.dropFirst(32)), limit: 1 << 20)
        return (folder + "/" + name, memory?.state.model.number ?? 0)
      }
  }
}
