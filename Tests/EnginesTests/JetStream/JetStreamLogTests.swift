import EnginesTestKit
import Foundation
import Numerics
import Testing
import Wire

@testable import Engines

enum LogConformanceSample {
  /// A record that differs from those of other numbers.
  static func append(_ number: Int, byteCount: Int = 24) -> LogAppend {
    var random = SeededRandom(seed: UInt64(number), stream: 9)
    let bytes = (0..<byteCount).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    return LogAppend(
      id: Digest(of: Array("\(number)".utf8), in: HashDomain("test.nats-record")), bytes: bytes)
  }
}

private func sample(_ number: Int, byteCount: Int = 24) -> LogAppend {
  LogConformanceSample.append(number, byteCount: byteCount)
}

/// What several nodes and a hostile one make of one stream.
@Suite("JetStream log", .timeLimit(.minutes(2)))
struct JetStreamLogTests {
  /// Stores a message that no engine wrote.
  private func forge(_ body: [UInt8], id: String? = nil, _ fixture: JetStreamFixture) throws {
    let link = NatsLink(fixture.servers())
    defer { link.close() }
    _ = try JetStreamClient(connection: link.connection(), servers: link.servers)
      .publish(body, on: fixture.names.logSubject, stream: fixture.names.logStream, messageID: id)
  }

  private func expectSameRecords(_ logs: [JetStreamLog], count: UInt64) async throws {
    var heads: Set<LogHead> = []
    for log in logs { heads.insert(try await log.waitForHead(beyond: count - 1)) }
    #expect(heads.count == 1 && heads.first?.length == count)
    let records = try await LogConformance.readAll(logs[0])
    for log in logs.dropFirst() { #expect(try await LogConformance.readAll(log) == records) }
  }

  @Test("nodes that append at once agree on the order, and a late one reads the same")
  func nodesAgree() async throws {
    let fixture = try await JetStreamFixture()
    let nodes = [try await fixture.openLog("a"), try await fixture.openLog("b")]
    let placed = try await withThrowingTaskGroup(of: [(Digest, LogPosition)].self) { group in
      for (number, node) in nodes.enumerated() {
        for writer in 0..<4 {
          group.addTask {
            var placed: [(Digest, LogPosition)] = []
            for round in 0..<20 {
              // Every other record is appended by both nodes.
              let shared = sample(10_000 + writer * 100 + round)
              let own = sample((number * 10 + writer) * 100 + round, byteCount: round * 300)
              placed += zip([own.id, shared.id], try await node.append([own, shared]))
            }
            return placed
          }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    let late = try await fixture.openLog("late")
    try await expectSameRecords(nodes + [late], count: 2 * 4 * 20 + 4 * 20)
    let records = try await LogConformance.readAll(late)
    for (id, position) in placed { #expect(records[Int(position.index)].id == id) }
    for node in nodes + [late] { try await node.close() }
  }

  @Test("messages that are no batch add nothing, on every node alike")
  func forgedMessages() async throws {
    let fixture = try await JetStreamFixture()
    let node = try await fixture.openLog("node")
    _ = try await node.append([sample(0)])
    let limits = LogHarness.limits
    let batch = LogBatch([sample(1), sample(2)]).wireBytes
    var forged: [[UInt8]] = [[], [0], Array("garbage".utf8), Array(batch.dropLast()), batch + [0]]
    forged.append(LogBatch([sample(3, byteCount: limits.recordBytes + 1)]).wireBytes)
    forged.append(LogBatch((0...limits.batchRecords).map { sample(100 + $0) }).wireBytes)
    for (number, body) in forged.enumerated() { try forge(body, id: "forged \(number)", fixture) }
    let heavy = LogBatch((0..<5).map { sample(200 + $0, byteCount: limits.recordBytes) }).wireBytes
    await expectFailure(.limitExceeded, "the server keeps messages short") { try forge(heavy, fixture) }
    // Bytes that change a tag, a length or an id; where it is a record's bytes it stays a batch.
    let seed: UInt64 = 3
    var random = SeededRandom(seed: seed)
    var valid: Set<Digest> = []
    for _ in 0..<40 {
      var body = batch
      body[random.integer(below: body.count)] ^= 1 << UInt8(random.integer(below: 8))
      try forge(body, fixture)
      valid.formUnion(LogBatch.records(of: body, limits: limits).map(\.id))
    }
    let position = try await node.append([sample(4)])[0]
    #expect(position.index == UInt64(1 + valid.count), "seed \(seed)")
    let late = try await fixture.openLog("late")
    try await expectSameRecords([node, late], count: UInt64(2 + valid.count))
    for log in [node, late] { try await log.close() }
  }

  @Test("headers of whoever publishes mean nothing")
  func forgedHeaders() async throws {
    let fixture = try await JetStreamFixture()
    let node = try await fixture.openLog("node")
    let link = NatsLink(fixture.servers())
    defer { link.close() }
    for headers in [
      ["Nats-Sequence": "77", "Nats-Stream": "other", "Nats-Last-Sequence": "99"],
      ["Status": "204", "Description": "EOB"], ["Status": "404"], ["Status": "503"],
    ] {
      for body in [[], LogBatch([sample(headers.count)]).wireBytes] {
        let message = NatsMessage(subject: fixture.names.logSubject, headers: headers, body: body)
        _ = try link.connection().request(message, within: .seconds(2))
      }
    }
    #expect(try await node.append([sample(9)])[0].index == 3)
    let late = try await fixture.openLog("late")
    try await expectSameRecords([node, late], count: 4)
    for log in [node, late] { try await log.close() }
  }

  @Test("a record is appended even if its message id was taken by somebody else")
  func takenMessageID() async throws {
    let fixture = try await JetStreamFixture()
    let node = try await fixture.openLog()
    try forge([1, 2, 3], id: sample(0).id.hex, fixture)
    let batch = LogBatch([sample(1), sample(2)])
    try forge([4, 5, 6], id: batch.messageID.hex, fixture)
    #expect(try await node.append([sample(0)]).map(\.index) == [0])
    #expect(try await node.append(batch.records).map(\.index) == [1, 2])
    #expect(try await node.head().length == 3)
    try await node.close()
  }

  @Test("a copy that is ahead of what was written down is compared, and goes on")
  func copyAheadOfAnchor() async throws {
    let fixture = try await JetStreamFixture()
    var log = try await fixture.openLog()
    for number in 0..<10 { _ = try await log.append([sample(number), sample(number + 5)]) }
    let records = try await LogConformance.readAll(log)
    try await log.close()
    let anchor = fixture.folder("log/anchor")
    let written = try String(contentsOfFile: anchor, encoding: .utf8)
    #expect(written.contains(" 10 "))
    // As after a crash that came before anything was written down.
    try FileManager.default.removeItem(atPath: anchor)
    for verification in [LogVerification.head, .full] {
      log = try await fixture.openLog(verification: verification)
      #expect(try await LogConformance.readAll(log) == records)
      #expect(
        try await log.append([sample(3)])[0].index == records.first { $0.id == sample(3).id }?.position.index)
      try await log.close()
    }
    log = try await fixture.openLog()
    _ = try await log.append([sample(100)])
    try await log.close()
    // As after a crash that came before the last message was written down.
    try written.write(toFile: anchor, atomically: true, encoding: .utf8)
    log = try await fixture.openLog()
    #expect(try await log.head().length == UInt64(records.count) + 1)
    try await log.close()
    for text in ["", written + "x", written.replacingOccurrences(of: " 10 ", with: " 010 ")] {
      try text.write(toFile: anchor, atomically: true, encoding: .utf8)
      await expectFailure(.malformed, naming: "anchor") { try await fixture.openLog() }
    }
  }

  @Test("streams with other settings or limits, and none at all, are refused")
  func otherStreams() async throws {
    let fixture = try await JetStreamFixture(createsStreams: false)
    await expectFailure(.missing, naming: fixture.names.logStream) { try await fixture.openLog() }
    await expectFailure(.missing, naming: fixture.names.blobStream) { try await fixture.openBlobs() }
    for _ in 0..<2 {
      try await JetStreamStreams.create(
        network: fixture.network, on: fixture.servers(JetStreamFixture.operatorKey), limits: LogHarness.limits
      )
    }
    try await fixture.openLog().close()
    await expectFailure(.unknownFormat) {
      try await JetStreamLog.open(
        fixture.folder("other"), network: fixture.network, servers: fixture.servers())
    }
    let changes: [(inout StreamSettings) -> Void] = [
      { $0.deniesDelete = false }, { $0.deniesPurge = false },
      {
        $0.discard = "old"; $0.messagesLimit = 5
      }, { $0.ageLimitNanoseconds = 200_000_000_000 },
      { $0.allowsLifetimes = true }, { $0.republish = nil }, { $0.messageBytesLimit += 1 },
      { $0.firstSequence = 5 }, { $0.description = "tributary log 2" }, { $0.acknowledgesNothing = true },
    ]
    for (number, change) in changes.enumerated() { try await refuses(change, "change \(number)") }
  }

  // Each has a server of its own: a server goes on removing a deleted stream's files after it said that it is
  // gone, and a new stream of the same name may lose its own to that.
  private func refuses(_ change: (inout StreamSettings) -> Void, _ circumstance: String) async throws {
    let fixture = try await JetStreamFixture(createsStreams: false)
    var settings = StreamSettings.log(fixture.names, limits: LogHarness.limits, replicas: 1)
    change(&settings)
    let link = NatsLink(fixture.servers(JetStreamFixture.operatorKey))
    defer { link.close() }
    let client = JetStreamClient(connection: try link.connection(), servers: link.servers)
    _ = try client.create(settings)
    await expectFailure(.unknownFormat, naming: fixture.names.logStream, circumstance) {
      try await fixture.openLog()
    }
    await expectFailure(.alreadyExists, naming: fixture.names.logStream, circumstance) {
      try await JetStreamStreams.create(
        network: fixture.network, on: link.servers, limits: LogHarness.limits)
    }
  }
}
