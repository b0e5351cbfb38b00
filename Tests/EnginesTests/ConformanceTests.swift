import Engines
import EnginesTestKit
import Testing

@Suite(.timeLimit(.minutes(10)))
struct LogConformanceTests {
  @Test(arguments: LogConformance.checks)
  func inMemory(check: LogCheck) async throws {
    try await check.run(
      LogHarness(
        open: { InMemoryLog(network: LogHarness.network, limits: LogHarness.limits) },
        reopen: { log in
          let records = try await LogConformance.readAll(log)
          try await log.close()
          return try InMemoryLog(
            network: LogHarness.network, restoring: records, limits: LogHarness.limits)
        }))
  }

  @Test(arguments: LogConformance.checks, [LogVerification.full, .head])
  func sqlite(check: LogCheck, verification: LogVerification) async throws {
    let folder = try TemporaryFolder()
    let path = folder("log.sqlite")
    let open: @Sendable () async throws -> any LogEngine = {
      try await SQLiteLog.open(
        path, network: LogHarness.network, verification: verification, limits: LogHarness.limits)
    }
    try await check.run(
      LogHarness(
        open: open,
        reopen: { log in
          try await log.close()
          return try await open()
        }))
    #expect(try folder.names() == ["log.sqlite"], "a closed log is one file")
  }

  @Test(arguments: LogConformance.checks)
  func jetStream(check: LogCheck) async throws {
    let fixture = try await JetStreamFixture()
    try await check.run(
      LogHarness(
        open: { try await fixture.openLog() },
        reopen: { log in
          try await log.close()
          return try await fixture.openLog()
        }))
  }
}

@Suite(.timeLimit(.minutes(10)))
struct BlobConformanceTests {
  @Test(arguments: BlobConformance.checks)
  func inMemory(check: BlobCheck) async throws {
    try await check.run(
      BlobHarness(open: { InMemoryBlobStore(limits: BlobHarness.limits) }, reopen: nil))
  }

  @Test(arguments: BlobConformance.checks)
  func files(check: BlobCheck) async throws {
    let folder = try TemporaryFolder()
    let open: @Sendable () async throws -> any BlobStore = {
      try await FileBlobStore.open(folder("blobs"), limits: BlobHarness.limits)
    }
    try await check.run(
      BlobHarness(
        open: open,
        reopen: { store in
          try await store.close()
          return try await open()
        }))
  }

  @Test(arguments: BlobConformance.checks)
  func jetStream(check: BlobCheck) async throws {
    let fixture = try await JetStreamFixture()
    try await check.run(
      BlobHarness(
        open: { try await fixture.openBlobs() },
        reopen: { store in
          try await store.close()
          return try await fixture.openBlobs()
        }))
  }
}
