import Agents
import AgentsTestKit
import Engines
import Ledger
import Testing
import Wire

/// Networks that are copied from their engines.
struct NetworkExportTests {
  @Test func copiesWhatTheLogNamesAndTellsWhatIsMissing() async throws {
    var group = ValidatorGroup(try TestNetwork(seed: 6))
    try await group.begin()
    try await group.runWindow(sequence: 1, by: [0, 1, 2])
    let genesis = group.network.genesis
    let packet = try #require(group.receipts.first).packet
    let (log, source) = try await group.engines()
    let target = InMemoryBlobStore()
    let whole = try await NetworkExport.copyBlobs(of: log, genesis, from: source, to: target)
    #expect(whole.records == UInt64(group.envelopes.count) && whole.missing.isEmpty)
    #expect(whole.blobs == 5, "first weights, three packets, and a step")
    for (digest, bytes) in group.blobs where try await target.contains(digest) {
      #expect(try await target.get(digest) == bytes)
    }
    group.blobs[packet] = nil
    let (_, holed) = try await group.engines()
    let rest = InMemoryBlobStore()
    let found = try await NetworkExport.copyBlobs(of: log, genesis, from: holed, to: rest)
    #expect(found.missing == [packet] && found.blobs == 4)
    // What came before is not fetched again, and what is there now is.
    let again = try await NetworkExport.copyBlobs(of: log, genesis, from: source, to: rest)
    #expect(again.missing.isEmpty && again.blobs == 5)
  }
}
