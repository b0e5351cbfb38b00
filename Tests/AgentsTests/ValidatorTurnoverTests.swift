import Agents
import AgentsTestKit
import Aggregation
import Engines
import Ledger
import Testing
import Wire

/// Validators that come and go while a model is trained.
struct ValidatorTurnoverTests {
  /// A candidate joins after version 1, and a validator of the genesis leaves after version 3.
  private func turnedOver() async throws -> ValidatorGroup {
    let network = try TestNetwork(candidates: 1, privacy: .plain)
    var group = ValidatorGroup(network)
    try await group.begin()
    try await group.order(network.bond(of: 4, units: 2_000))
    for sequence in 1...2 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    try await group.order(network.unbond(of: 0, units: 1_000))
    for sequence in 3...5 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    return group
  }

  private func signers(_ group: ValidatorGroup, of version: UInt64) -> Set<Int> {
    let keys = group.envelopes.compactMap { envelope -> PublicKey? in
      guard case .attestation(let message)? = try? Transaction(envelope),
        let attestation = try? Attestation(opening: message.attestation)
      else { return nil }
      return attestation.header.version == version ? envelope.signer : nil
    }
    return Set(keys.compactMap { key in group.network.validatorKeys.firstIndex { $0.publicKey == key } })
  }

  @Test func whoIsInForceVotesAndNobodyElse() async throws {
    let group = try await turnedOver()
    #expect(group.halts.isEmpty && group.finals.map(\.version) == [1, 2, 3, 4, 5])
    #expect(group.finals.map(\.epoch) == [0, 1, 1, 2, 2])
    #expect(group.handovers.map(\.validators.members.count) == [5, 4])
    #expect(signers(group, of: 1) == [0, 1, 2, 3])
    #expect(signers(group, of: 2) == [0, 1, 2, 3, 4], "the candidate has followed the model all along")
    #expect(signers(group, of: 4) == [1, 2, 3, 4])
    #expect(Set(group.validators.map { $0.model(of: group.network.task) }).count == 1)
    let refused = group.events.compactMap { if case .refused(let refusal) = $0 { refusal } else { nil } }
    #expect(!refused.contains(.notValidator), "a record stands in the log once: none was ordered too early")
    let former = group.network.validatorKeys[0].publicKey
    #expect(group.replica.accounts[former].bondUnits == 0)
  }

  @Test func followersComeFromTheGenesisToTheEnd() async throws {
    let group = try await turnedOver()
    let network = group.network
    var model = try FollowedModel(network.offer, firstWeights: network.firstWeights, genesis: network.genesis)
    let published = group.published(after: 0)
    for handovers in [[], Array(published.handovers.dropLast()), Array(published.handovers.reversed())] {
      var reader = model
      let answer = PublishedVersion(
        certificate: published.certificate, steps: published.steps, handovers: handovers)
      let error = #expect(throws: AgentError.self) { try reader.follow(answer) }
      #expect(error?.description.contains("are missing") == true)
      #expect(reader.model.number == 0)
    }
    #expect(try model.follow(published) == group.finals.last)
    #expect(model.model.weights == group.weights && model.epoch == 2)
    var (log, blobs) = try await group.engines()
    var replay = NetworkReplay(network.genesis, blobs: blobs)
    for record in try await log.read(from: .start, limit: 100_000) { try await replay.apply(record) }
    #expect(replay.progress.versions == 5)
    let folder = try await TemporaryNetwork(group)
    let read = try await ModelReader.read(.number(3), in: folder.folder)
    #expect(read.header?.epoch == 1 && read.model.number == 3)
    (log, blobs) = try await group.engines()
    var gateway = Gateway(genesis: network.genesis)
    for record in try await log.read(from: .start, limit: 100_000) {
      _ = gateway.follow(Replica.CheckedRecord(record.bytes, id: record.id))
    }
    #expect(Array(gateway.handovers(after: 1)) == Array(group.handovers.dropFirst()))
  }

  /// Who was in a set that is gone answers with nothing for what it signs.
  @Test func aCertificateOfFormerValidatorsIsNotFollowed() async throws {
    let group = try await turnedOver()
    let network = group.network
    var model = try FollowedModel(network.offer, firstWeights: network.firstWeights, genesis: network.genesis)
    try model.follow(group.published(after: 0))
    let final = try #require(group.finals.last)
    let forged = VersionHeader(
      network: final.network, task: final.task, version: 6, previousRoot: final.root, plan: .zero,
      step: .zero,
      parametersRoot: final.parametersRoot, residualRoot: .zero, accountsRoot: .zero, logLength: 1,
      logChain: .zero,
      epoch: 0, nextValidators: network.genesis.validators.digest)
    let certificate = Certificate(
      attestations: network.validatorKeys.prefix(4).map {
        Attestation(header: forged, credits: .zero).signed(by: $0)
      })
    let error = #expect(throws: AgentError.self) {
      try model.follow(PublishedVersion(certificate: certificate, steps: [[1]]))
    }
    #expect(error?.description.contains("others have followed") == true)
  }
}
