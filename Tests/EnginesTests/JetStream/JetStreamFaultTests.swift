import EnginesTestKit
import Foundation
import Numerics
import Testing
import Wire

@testable import Engines

private func sample(_ number: Int, byteCount: Int = 24) -> LogAppend {
  LogConformanceSample.append(number, byteCount: byteCount)
}

/// Servers that die, and streams that change behind the engine's back.
///
/// `TRIBUTARY_CRASH_ROUNDS` and `TRIBUTARY_CRASH_SEED` make the first test longer and vary it.
@Suite("JetStream faults", .timeLimit(.minutes(3)))
struct JetStreamFaultTests {
  private static let rounds = setting("TRIBUTARY_CRASH_ROUNDS") ?? 6

  private static func setting(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap { Int($0) }
  }

  private func move(_ from: String, _ to: String, copying: Bool = false) throws {
    let files = FileManager.default
    if copying {
      try files.copyItem(atPath: from, toPath: to)
    } else {
      try files.moveItem(atPath: from, toPath: to)
    }
  }

  private func administer(_ call: String, _ body: String, _ fixture: JetStreamFixture) throws {
    let link = NatsLink(fixture.servers(JetStreamFixture.operatorKey))
    defer { link.close() }
    let subject = "$JS.API.STREAM.\(call).\(fixture.names.logStream)"
    let message = NatsMessage(subject: subject, body: Array(body.utf8))
    let answer = try link.connection().request(message, within: .seconds(2))
    #expect(!String(decoding: answer.body, as: UTF8.self).contains("\"error\""), "\(call)")
  }

  /// Servers that are soon asked again, and soon taken to have lost what they lack.
  private func impatient(_ fixture: JetStreamFixture) -> NatsServers {
    var servers = fixture.servers()
    servers.pollInterval = .milliseconds(50)
    servers.recoveryLimit = .milliseconds(300)
    return servers
  }

  @Test("killed servers lose nothing that was acknowledged, and nothing is there twice")
  func killedServer() async throws {
    let fixture = try await JetStreamFixture()
    let log = try await fixture.openLog()
    let (seed, rounds) = (UInt64(Self.setting("TRIBUTARY_CRASH_SEED") ?? 1), Self.rounds)
    let acknowledgements = AsyncStream.makeStream(of: Void.self)
    let writers = (0..<3).map { writer in
      Task {
        var placed: [(Digest, LogPosition)] = []
        var number = writer * 100_000
        while !Task.isCancelled {
          let batch = (0...number % 3).map { sample(number + $0, byteCount: 200) }
          placed += zip(batch.map(\.id), try await log.append(batch))
          number += batch.count
          acknowledgements.continuation.yield()
        }
        return placed
      }
    }
    var random = SeededRandom(seed: seed)
    var acknowledged = acknowledgements.stream.makeAsyncIterator()
    for _ in 0..<rounds {
      // Each server takes some appends before it dies amid the next ones.
      for _ in 0..<(5 + random.integer(below: 20)) { _ = await acknowledged.next() }
      fixture.kill()
      try fixture.restart()
    }
    for _ in 0..<5 { _ = await acknowledged.next() }
    for writer in writers { writer.cancel() }
    var placed: [(Digest, LogPosition)] = []
    for writer in writers { placed += try await writer.value }
    let records = try await LogConformance.readAll(log)
    #expect(placed.count == records.count, "seed \(seed)")
    #expect(Set(records.map(\.id)).count == records.count, "seed \(seed)")
    for (id, position) in placed { #expect(records[Int(position.index)].id == id, "seed \(seed)") }
    let late = try await fixture.openLog("late")
    #expect(try await LogConformance.readAll(late) == records, "seed \(seed)")
    for log in [log, late] { try await log.close() }
  }

  @Test("a server that is away is named, and an append goes on once it is back")
  func unreachableServer() async throws {
    let fixture = try await JetStreamFixture()
    var servers = impatient(fixture)
    // Long enough for a server that has just started on a busy machine.
    servers.retryLimit = .seconds(4)
    let log = try await fixture.openLog(servers: servers)
    _ = try await log.append([sample(0)])
    let blobs = try await fixture.openBlobs(servers)
    fixture.kill()
    await expectFailure(.unreachable, naming: "127.0.0.1") { try await log.append([sample(1)]) }
    await expectFailure(.unreachable, naming: "127.0.0.1") { try await blobs.put([1]) }
    await expectFailure(.unreachable, naming: "127.0.0.1") {
      try await fixture.openLog("other", servers: servers)
    }
    #expect(try await log.read(from: .start, limit: 5).map(\.id) == [sample(0).id], "the copy can be read")
    let waiting = Task { try await log.waitForHead(beyond: 1) }
    try fixture.restart()
    #expect(try await log.append([sample(1), sample(2)]).map(\.index) == [1, 2])
    #expect(try await waiting.value.length == 3)
    let digest = try await blobs.put([1])
    #expect(try await blobs.get(digest) == [1])
    try await log.close()
    try await blobs.close()
  }

  @Test("closing ends waits and appends, even while the server is away")
  func closingWithoutServer() async throws {
    let fixture = try await JetStreamFixture()
    let log = try await fixture.openLog()
    _ = try await log.append([sample(0)])
    fixture.kill()
    let append = Task { try await log.append([sample(1)]) }
    let waiting = Task { try await log.waitForHead(beyond: 1) }
    try await log.close()
    await expectFailure(.closed) { try await waiting.value }
    await expectFailure(.closed) { try await append.value }
  }

  @Test("a stream that was made anew is refused, whatever it holds")
  func recreatedStream() async throws {
    let fixture = try await JetStreamFixture()
    let log = try await fixture.openLog(servers: impatient(fixture))
    for number in 0..<3 { _ = try await log.append([sample(number)]) }
    let waiting = Task { try await log.waitForHead(beyond: 100) }
    try administer("DELETE", "", fixture)
    try await JetStreamStreams.create(
      network: fixture.network, on: fixture.servers(JetStreamFixture.operatorKey), limits: LogHarness.limits)
    let other = try await fixture.openLog("other")
    for number in 0..<5 { _ = try await other.append([sample(number)]) }
    await expectFailure(.historyChanged, naming: fixture.names.logStream) { try await waiting.value }
    for action in [
      { _ = try await log.head() }, { _ = try await log.append([sample(9)]) },
      { _ = try await log.read(from: .start, limit: 1) },
    ] as [@Sendable () async throws -> Void] {
      await expectFailure(.historyChanged, naming: fixture.names.logStream) { try await action() }
    }
    try await log.close()
    for verification in [LogVerification.head, .full] {
      await expectFailure(.historyChanged) { try await fixture.openLog(verification: verification) }
    }
    try await other.close()
  }

  @Test("a stream that is gone is refused in time")
  func deletedStream() async throws {
    let fixture = try await JetStreamFixture()
    let log = try await fixture.openLog(servers: impatient(fixture))
    _ = try await log.append([sample(0)])
    try administer("DELETE", "", fixture)
    await expectFailure(.historyChanged, naming: fixture.names.logStream) {
      try await log.waitForHead(beyond: 1)
    }
    try await log.close()
  }

  @Test("a stream that lost messages to other settings is refused")
  func shrunkStream() async throws {
    let fixture = try await JetStreamFixture()
    let log = try await fixture.openLog()
    for number in 0..<5 { _ = try await log.append([sample(number)]) }
    try await log.close()
    let right = StreamSettings.log(fixture.names, limits: LogHarness.limits, replicas: 1)
    var shrunk = right
    shrunk.messagesLimit = 2
    shrunk.discard = "old"
    for settings in [shrunk, right] {
      let body = String(decoding: try JSONEncoder().encode(settings), as: UTF8.self)
      try administer("UPDATE", body, fixture)
    }
    for name in ["log", "fresh"] {
      await expectFailure(.historyChanged, naming: fixture.names.logStream, name) {
        try await fixture.openLog(name)
      }
    }
  }

  @Test("a server that was set back to an old copy of its store is refused, before and after it grows again")
  func restoredStore() async throws {
    let fixture = try await JetStreamFixture()
    let log = try await fixture.openLog(servers: impatient(fixture))
    _ = try await log.append([sample(0)])
    fixture.kill()
    try move(fixture.folder("store"), fixture.folder("old"), copying: true)
    try fixture.restart()
    for number in 1..<4 { _ = try await log.append([sample(number)]) }
    try await log.close()
    fixture.kill()
    try move(fixture.folder("store"), fixture.folder("new"))
    try move(fixture.folder("old"), fixture.folder("store"))
    try fixture.restart()
    // The stream is the one that was created then, and shorter.
    await expectFailure(.historyChanged, naming: fixture.names.logStream) {
      try await fixture.openLog(servers: impatient(fixture))
    }
    let other = try await fixture.openLog("other")
    for number in 10..<20 { _ = try await other.append([sample(number)]) }
    try await other.close()
    // Now it is longer, and holds another message where this node stopped.
    for verification in [LogVerification.head, .full] {
      await expectFailure(.historyChanged, naming: fixture.names.logStream) {
        try await fixture.openLog(verification: verification)
      }
    }
    fixture.kill()
    try move(fixture.folder("store"), fixture.folder("second"))
    try move(fixture.folder("new"), fixture.folder("store"))
    try fixture.restart()
    let restored = try await fixture.openLog()
    #expect(try await restored.head().length == 4)
    try await restored.close()
  }

  @Test(
    "a stream that differs from the copy in bytes, order, number or names is refused, even from its start")
  func otherCopies() async throws {
    let fixture = try await JetStreamFixture()
    let log = try await fixture.openLog()
    for number in 0..<4 { _ = try await log.append([sample(number)]) }
    try await log.close()
    let changed = LogAppend(id: sample(2).id, bytes: [1])
    let histories: [[LogAppend]] = [
      [sample(0), sample(1), changed, sample(3)], [sample(0), sample(2), sample(1), sample(3)],
      [sample(0), sample(1), sample(2), sample(4)], [sample(0), sample(1), sample(2)],
    ]
    for (number, history) in histories.enumerated() {
      let other = try await JetStreamFixture()
      let writer = try await other.openLog("writer")
      for record in history { _ = try await writer.append([record]) }
      try await writer.close()
      try move(fixture.folder("log"), other.folder("log"), copying: true)
      // Without the note of how far it was read, all that is left to compare is the copy itself.
      try FileManager.default.removeItem(atPath: other.folder("log/anchor"))
      await expectFailure(.historyChanged, naming: other.names.logStream, "history \(number)") {
        try await other.openLog(servers: impatient(other))
      }
    }
    let same = try await JetStreamFixture()
    let writer = try await same.openLog("writer")
    for number in [0, 0, 1, 2, 1, 3, 4] { _ = try await writer.append([sample(number)]) }
    try await writer.close()
    try move(fixture.folder("log"), same.folder("log"), copying: true)
    try FileManager.default.removeItem(atPath: same.folder("log/anchor"))
    let reader = try await same.openLog()
    #expect(try await reader.head().length == 5)
    try await reader.close()
  }
}
