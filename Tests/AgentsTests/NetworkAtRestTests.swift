import Agents
import AgentsTestKit
import Aggregation
import Engines
import Learning
import Ledger
import Testing
import Updates
import Wire

/// Blobs of which one is not what its name says, as a store that nobody should trust hands it out.
private struct TamperedBlobs: BlobStore {
  let store: InMemoryBlobStore
  let digest: Digest
  let bytes: [UInt8]?

  var limits: EngineLimits { store.limits }
  var domain: HashDomain { store.domain }

  func put(_ bytes: [UInt8]) async throws(EngineError) -> Digest { try await store.put(bytes) }

  func get(_ digest: Digest) async throws(EngineError) -> [UInt8] {
    guard digest == self.digest else { return try await store.get(digest) }
    guard let bytes else {
      throw EngineError(.missing, at: "blobs", problem: "there is no blob \(digest.hex)", remedy: "none")
    }
    return bytes
  }

  func contains(_ digest: Digest) async throws(EngineError) -> Bool { try await store.contains(digest) }
  func digests() async throws(EngineError) -> [Digest] { try await store.digests() }
  func close() async { await store.close() }
}

private func finished(
  versions: UInt64 = 3, privacy: PacketPrivacy = .sealedPublished
) async throws -> ValidatorGroup {
  var group = ValidatorGroup(try TestNetwork(privacy: privacy))
  try await group.begin()
  for sequence in 1...versions { try await group.runWindow(sequence: sequence, by: [0, 1, 2]) }
  return group
}

struct NetworkReplayTests {
  private func replay(
    _ group: ValidatorGroup, records: [LogRecord]? = nil, blobs: (any BlobStore)? = nil, threads: Int = 1
  ) async throws -> NetworkReplay {
    let engines = try await group.engines()
    let all = try await engines.log.read(from: .start, limit: 10_000)
    var replay = NetworkReplay(group.network.genesis, blobs: blobs ?? engines.blobs, threads: threads)
    for record in records ?? all { try await replay.apply(record) }
    return replay
  }

  @Test(arguments: [1, 2, 7]) func aReplayComesToTheValidatorsModel(_ threads: Int) async throws {
    let group = try await finished()
    let replay = try await replay(group, threads: threads)
    #expect(replay.models[group.network.task] == group.validators[0].model(of: group.network.task))
    #expect(replay.progress.versions == 3)
    #expect(replay.progress.records == UInt64(group.envelopes.count))
    #expect(replay.progress.merged == group.receipts.count { $0.weight > 0 })
    #expect(replay.replica.tasks[group.network.task]?.root == group.finals.last?.root)
  }

  @Test func everyFlippedRecordIsFound() async throws {
    let group = try await finished(versions: 1)
    let records = try await group.engines().log.read(from: .start, limit: 10_000)
    for (index, record) in records.enumerated() {
      var changed = records
      var bytes = record.bytes
      bytes[bytes.count / 2] ^= 1
      changed[index] = LogRecord(position: record.position, id: record.id, bytes: bytes, chain: record.chain)
      let error = await #expect(throws: AgentError.self, "record \(index)") {
        _ = try await replay(group, records: changed)
      }
      guard case .audit(let place, _)? = error else {
        Issue.record("record \(index): \(String(describing: error))")
        continue
      }
      #expect(place == "log record \(index)")
    }
  }

  @Test func recordsThatAreMissingDoubledOrSwappedBreakTheChain() async throws {
    let group = try await finished(versions: 1)
    let records = try await group.engines().log.read(from: .start, limit: 10_000)
    var missing = records
    missing.remove(at: 3)
    var doubled = records
    doubled.insert(records[3], at: 4)
    var swapped = records
    swapped.swapAt(3, 4)
    for changed in [missing, doubled, swapped] {
      await #expect(throws: AgentError.self) { _ = try await replay(group, records: changed) }
    }
  }

  /// Whoever drops a record and chains the log anew finds that the attestations bind the old one.
  @Test func aLogChainedAnewMakesNoVersionFinal() async throws {
    let group = try await finished()
    for dropped in [1, 4, 6, 9] {
      let log = InMemoryLog(network: group.network.network)
      for (index, envelope) in group.envelopes.enumerated() where index != dropped {
        _ = try await log.append([LogAppend(id: envelope.id, bytes: envelope.wireBytes)])
      }
      let records = try await log.read(from: .start, limit: 10_000)
      let replay = try await replay(group, records: records)
      #expect(replay.progress.versions == 0, "without record \(dropped)")
      #expect(replay.progress.refused > 0, "without record \(dropped)")
    }
  }

  @Test(arguments: [PacketPrivacy.plain, .sealedPublished]) func changedAndMissingPacketsAreFound(
    _ privacy: PacketPrivacy
  ) async throws {
    let group = try await finished(versions: 1, privacy: privacy)
    let engines = try await group.engines()
    for receipt in group.receipts where receipt.weight > 0 {
      let good = try await engines.blobs.get(receipt.packet)
      let other = otherValues(try group.network.opened(good, by: receipt.contributor))
      let key = try #require(group.network.contributorKeys.first { $0.publicKey == receipt.contributor })
      let resealed = group.network.seal.seal(other, by: key, to: group.network.recipients).blob
      for changed in [nil, Array(good.dropLast()), resealed, []] {
        let blobs = TamperedBlobs(store: engines.blobs, digest: receipt.packet, bytes: changed)
        let error = await #expect(throws: AgentError.self) { _ = try await replay(group, blobs: blobs) }
        guard case .audit(let place, _)? = error else {
          Issue.record("\(String(describing: error))")
          continue
        }
        #expect(place == "version 1" || place == "packet \(receipt.packet.hex)")
      }
    }
  }

  /// A packet that is valid and holds other values leads to another root.
  private func otherValues(_ packet: Packet) -> [UInt8] {
    let values = [Int32](repeating: 1 << 18, count: packet.payload.parameterCount)
    return Packet(
      task: packet.header.task, baseVersion: packet.header.baseVersion,
      contributor: packet.header.contributor,
      sequence: packet.header.sequence, payload: Payload(encoding: values, form: .dense8)
    ).wireBytes
  }

  @Test func otherFirstWeightsAreFoundOnceAVersionBuildsOnThem() async throws {
    let group = try await finished(versions: 1)
    let engines = try await group.engines()
    let digest = group.network.offer.specification.firstWeights
    var weights = group.network.firstWeights
    weights[3] += 1
    for changed in [nil, FlatWeights.encode(weights), []] {
      let blobs = TamperedBlobs(store: engines.blobs, digest: digest, bytes: changed)
      let error = await #expect(throws: AgentError.self) { _ = try await replay(group, blobs: blobs) }
      #expect("\(try #require(error))".contains("task"))
    }
  }

  /// An author without first weights harms nobody else.
  @Test func aTaskThatNobodyCanTrainDoesNotSpoilTheNetwork() async throws {
    let network = try TestNetwork()
    var group = ValidatorGroup(network)
    let weights = [Float](repeating: 0.5, count: 15)
    try await group.order(
      TestNetwork.creation(
        of: try ModelSpecification(parsing: TestNetwork.model), weights: weights,
        policy: network.offer.specification.merge, network: network.network,
        author: network.contributorKeys[5], escrowUnits: 1))
    #expect(group.declined.count == 4)
    try await group.begin()
    try await group.runWindow(sequence: 1, by: [0, 1, 2])
    let replay = try await replay(group)
    #expect(replay.progress.versions == 1)
    #expect(Array(replay.models.keys) == [network.task])
  }
}

struct NetworkAuditTests {
  @Test func aWholeNetworkPasses() async throws {
    let group = try await finished()
    let network = try await TemporaryNetwork(group)
    let finding = try await NetworkAudit.run(network.folder, threads: 2)
    #expect(finding.isSealed)
    #expect(finding.network == group.network.network)
    #expect(finding.blobs == group.blobs.count)
    #expect(finding.heads.map(\.version) == [3])
    #expect(finding.heads.map(\.root) == [group.finals.last?.root])
    #expect(finding.supplyUnits == group.network.genesis.supplyUnits)
  }

  /// Without the seal the log's chain, the signatures and the names of the blobs still tell.
  @Test(arguments: [true, false]) func damageIsFound(_ isSealed: Bool) async throws {
    let group = try await finished(versions: 1)
    let packet = try #require(group.receipts.first { $0.weight > 0 }).packet
    for digest in [
      packet, try #require(group.finals.last).step, group.network.offer.specification.firstWeights,
    ] {
      let network = try await TemporaryNetwork(group, isSealed: isSealed)
      let path = try network.path(ofBlob: digest)
      var bytes = try FileReader.read(path, limitBytes: 1 << 20)
      bytes[bytes.count / 2] ^= 1
      try AtomicFile.write(bytes, to: path)
      let error = await #expect(throws: (any Error).self) { try await NetworkAudit.run(network.folder) }
      #expect("\(try #require(error))".contains(digest.hex.suffix(60)), "names the blob")
    }
  }

  @Test func anotherGenesisIsFound() async throws {
    let network = try await TemporaryNetwork(try await finished(versions: 1), isSealed: false)
    try network.folder.write(try TestNetwork(seed: 9).genesis)
    await #expect(throws: (any Error).self) { try await NetworkAudit.run(network.folder) }
  }

  @Test func anAuditCanBeCancelled() async throws {
    let network = try await TemporaryNetwork(try await finished(versions: 1))
    let task = Task {
      withUnsafeCurrentTask { $0?.cancel() }
      return try await NetworkAudit.run(network.folder)
    }
    await #expect(throws: CancellationError.self) { try await task.value }
  }
}

struct ModelReaderTests {
  @Test func everyVersionIsReadAndVerified() async throws {
    let group = try await finished()
    let network = try await TemporaryNetwork(group)
    for version in 0...3 as ClosedRange<UInt64> {
      let read = try await ModelReader.read(.number(version), in: network.folder)
      #expect(read.model.number == version)
      #expect(read.header == (version == 0 ? nil : group.finals[Int(version) - 1]))
      if let header = read.header {
        #expect(ChunkTree.over(read.model.weights).root == header.parametersRoot)
      }
    }
    let final = try await ModelReader.read(.final, task: group.network.task, in: network.folder)
    #expect(final.model.weights.map(\.bitPattern) == group.weights.map(\.bitPattern))
  }

  @Test func whatIsNotThereIsSaid() async throws {
    let network = try await TemporaryNetwork(try await finished(versions: 1))
    await #expect(throws: AgentError.absent("version 2 is not final; the newest is 1")) {
      _ = try await ModelReader.read(.number(2), in: network.folder)
    }
    await #expect(throws: AgentError.self) {
      _ = try await ModelReader.read(.final, task: .zero, in: network.folder)
    }
    await #expect(throws: AgentError.self) {
      _ = try await ModelReader.read(.final, in: NetworkFolder(network.folder.path + "/nowhere"))
    }
  }

  @Test func aChangedStepIsFound() async throws {
    let group = try await finished()
    let network = try await TemporaryNetwork(group, isSealed: false)
    let step = group.finals[1].step
    let bytes = try WrongAnswers.otherValues(try #require(group.blobs[step]))
    try AtomicFile.write(bytes, to: try network.path(ofBlob: step))
    await #expect(throws: (any Error).self) { _ = try await ModelReader.read(.final, in: network.folder) }
    let first = try await ModelReader.read(.number(1), in: network.folder)
    #expect(first.model.number == 1)
  }
}
