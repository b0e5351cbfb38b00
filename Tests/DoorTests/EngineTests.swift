import Agents
import AgentsTestKit
import Engines
import HTTP
import Ledger
import Synchronization
import Testing
import Updates
import Wire

@testable import Door

/// What a door asks of its engines, and how far it trusts them.
@Suite(.timeLimit(.minutes(2))) struct EngineTests {
  private func with(
    _ log: any LogEngine, _ blobs: any BlobStore, _ network: TestNetwork,
    _ body: (Door, GatewayClient) async throws -> Void
  ) async throws {
    var configuration = DoorConfiguration()
    configuration.seconds = { 0 }
    configuration.limits.fetches = 1
    let door = try await Door.open(network.genesis, log: log, blobs: blobs, configuration)
    do {
      try await body(door, GatewayClient("http://127.0.0.1:\(door.port)"))
    } catch {
      await door.close()
      throw error
    }
    await door.close()
  }

  @Test func aBlobThatManyAskForIsFetchedOnce() async throws {
    let network = try TestNetwork()
    let weights = FlatWeights.encode(network.firstWeights)
    let digest = Digest(of: weights, in: .blob)
    let log = InMemoryLog(network: network.network)
    let store = GatedBlobStore()
    _ = try await store.put(weights)
    try await with(log, store, network) { door, client in
      guard case .accepted = try await client.order(network.creation) else {
        throw TestFailure(description: "the task is not opened")
      }
      let before = door.statistics.requests
      let count = 16
      try await withThrowingTaskGroup(of: [UInt8].self) { group in
        for _ in 0..<count { group.addTask { try await client.blob(digest, limitBytes: 1 << 20) } }
        while door.statistics.requests < before + UInt64(count) { await Task.yield() }
        store.open()
        for try await bytes in group { #expect(bytes == weights) }
      }
      #expect(store.gets == 1)
    }
    await log.close()
  }

  @Test func aDoorThatIsToldToStopBeforeItHasReadTheLogStops() async throws {
    let network = try TestNetwork()
    let (waits, wait) = AsyncStream.makeStream(of: Void.self)
    let log = PromisingLog(InMemoryLog(network: network.network), waits: wait)
    let opening = Task {
      try await Door.open(network.genesis, log: log, blobs: InMemoryBlobStore(), DoorConfiguration()).close()
    }
    for await _ in waits { break }
    opening.cancel()
    try await opening.value
  }

  @Test func anOrderThatTheLogReturnsWithAnotherSignatureIsRefused() async throws {
    let network = try TestNetwork()
    let log = ForgingLog(InMemoryLog(network: network.network))
    try await with(log, InMemoryBlobStore(), network) { _, client in
      guard case .refused(let problem) = try await client.order(network.creation) else {
        Issue.record("a record was applied whose signature nobody checked")
        return
      }
      #expect(problem.code == "malformed")
      #expect(try await client.tasks().isEmpty)
    }
    try await log.close()
  }
}

/// A store in memory that hands out nothing until it is opened, and counts how often it is asked.
private final class GatedBlobStore: BlobStore {
  private struct Gate {
    var isOpen = false
    var gets = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
  }

  private let store = InMemoryBlobStore()
  private let gate = Mutex(Gate())
  var limits: EngineLimits { store.limits }
  var domain: HashDomain { store.domain }
  var gets: Int { gate.withLock { $0.gets } }

  func open() {
    let waiting = gate.withLock { gate in
      gate.isOpen = true
      return gate.waiting
    }
    for waiter in waiting { waiter.resume() }
  }

  func get(_ digest: Digest) async throws(EngineError) -> [UInt8] {
    await withCheckedContinuation { continuation in
      let isOpen = gate.withLock { gate in
        gate.gets += 1
        if !gate.isOpen { gate.waiting.append(continuation) }
        return gate.isOpen
      }
      if isOpen { continuation.resume() }
    }
    return try await store.get(digest)
  }

  func put(_ bytes: [UInt8]) async throws(EngineError) -> Digest { try await store.put(bytes) }
  func contains(_ digest: Digest) async throws(EngineError) -> Bool { try await store.contains(digest) }
  func digests() async throws(EngineError) -> [Digest] { try await store.digests() }
  func close() async throws(EngineError) { await store.close() }
}

/// A log that changes the last byte of every record, which is one of its signature.
private struct ForgingLog: LogEngine {
  private let log: InMemoryLog
  var limits: EngineLimits { log.limits }

  init(_ log: InMemoryLog) { self.log = log }

  func append(_ records: [LogAppend]) async throws(EngineError) -> [LogPosition] {
    try await log.append(
      records.map { record in
        var bytes = record.bytes
        bytes[bytes.count - 1] ^= 1
        return LogAppend(id: record.id, bytes: bytes)
      })
  }

  func read(from position: LogPosition, limit: Int) async throws(EngineError) -> [LogRecord] {
    try await log.read(from: position, limit: limit)
  }
  func head() async throws(EngineError) -> LogHead { try await log.head() }
  func waitForHead(beyond length: UInt64) async throws(EngineError) -> LogHead {
    try await log.waitForHead(beyond: length)
  }
  func close() async throws(EngineError) { await log.close() }
}

/// A log whose head names a record that never comes, and that tells when somebody waits for it.
private struct PromisingLog: LogEngine {
  private let log: InMemoryLog
  private let waits: AsyncStream<Void>.Continuation
  var limits: EngineLimits { log.limits }

  init(_ log: InMemoryLog, waits: AsyncStream<Void>.Continuation) {
    self.log = log
    self.waits = waits
  }

  func append(_ records: [LogAppend]) async throws(EngineError) -> [LogPosition] {
    try await log.append(records)
  }
  func read(from position: LogPosition, limit: Int) async throws(EngineError) -> [LogRecord] {
    try await log.read(from: position, limit: limit)
  }
  func head() async throws(EngineError) -> LogHead {
    let head = try await log.head()
    return LogHead(length: head.length + 1, chain: head.chain)
  }
  func waitForHead(beyond length: UInt64) async throws(EngineError) -> LogHead {
    waits.yield()
    return try await log.waitForHead(beyond: length)
  }
  func close() async throws(EngineError) { await log.close() }
}
