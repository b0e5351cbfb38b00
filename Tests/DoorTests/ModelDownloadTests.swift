import Agents
import AgentsTestKit
import Aggregation
import Engines
import HTTP
import Ledger
import Testing
import Wire

@testable import Door

/// Models over HTTP, which come with nothing but the genesis to trust.
@Suite(.timeLimit(.minutes(2))) struct ModelDownloadTests {
  private static let versions: UInt64 = 3

  /// A door before a network with a few versions, without checkpoints unless they are asked for.
  private func served(
    checkpointVersions: UInt64 = 0, _ body: (TestDoor) async throws -> Void
  ) async throws {
    let network = try TestNetwork()
    var group = ValidatorGroup(network)
    try await group.begin()
    for sequence in 1...Self.versions { try await group.runWindow(sequence: sequence, by: [0, 1, 2]) }
    let (log, blobs) = try await group.engines()
    try await TestDoor.with(network, log, blobs) {
      $0.limits.checkpointVersions = checkpointVersions
    } _: { test in
      while try await test.client.head().logLength < UInt64(group.envelopes.count) { await Task.yield() }
      try await body(test)
    }
  }

  private func download(_ test: TestDoor, _ blobs: InMemoryBlobStore = InMemoryBlobStore()) -> ModelDownload {
    ModelDownload(test.client, genesis: test.network.genesis, keptIn: blobs)
  }

  @Test func everyWayLeadsToTheSameVersion() async throws {
    try await served(checkpointVersions: 2) { test in
      let task = test.network.task
      while try await test.client.checkpoints(of: task).isEmpty { await Task.yield() }
      for number in 0...Self.versions {
        let short = try await download(test).read(.number(number), of: task, from: .checkpoint)
        let long = try await download(test).read(.number(number), of: task, from: .firstWeights)
        #expect(short.model == long.model && short.header == long.header)
        #expect(short.model.number == number && short.header?.version == (number == 0 ? nil : number))
      }
      let final = try await download(test).read(.final, of: task, from: .firstWeights)
      #expect(final.model.number == Self.versions)
      await #expect(throws: AgentError.self) {
        try await download(test).read(.number(Self.versions + 1), of: task, from: .checkpoint)
      }
    }
  }

  @Test func aDownloadTakesWhatItHas() async throws {
    try await served { test in
      let blobs = InMemoryBlobStore()
      let first = try await download(test, blobs).read(.final, of: test.network.task, from: .firstWeights)
      // First weights and a step a version.
      #expect(try await blobs.digests().count == Int(Self.versions) + 1)
      let requests = test.door.statistics.requests
      let again = try await download(test, blobs).read(.final, of: test.network.task, from: .firstWeights)
      #expect(again.model == first.model)
      // The creation, and the newest and every certificate.
      #expect(test.door.statistics.requests == requests + 2 + Self.versions)
    }
  }

  @Test func anotherNetworksValidatorsAreNotTrusted() async throws {
    try await served { test in
      let stranger = try Genesis(
        name: "test",
        validators: [.init(key: test.network.author.publicKey, stakeUnits: 1)], allocations: [])
      let download = ModelDownload(test.client, genesis: stranger, keptIn: InMemoryBlobStore())
      await #expect(throws: (any Error).self) {
        try await download.read(.final, of: test.network.task, from: .checkpoint)
      }
      await #expect(throws: (any Error).self) {
        try await self.download(test).read(.final, of: .zero, from: .checkpoint)
      }
    }
  }
}
