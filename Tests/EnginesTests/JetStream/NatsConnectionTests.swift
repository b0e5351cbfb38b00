import EnginesTestKit
import Testing
import Wire

@testable import Engines

/// Keys, logins and what each role may do.
@Suite("NATS connections", .timeLimit(.minutes(2)))
struct NatsConnectionTests {
  /// Publishes on subjects, and expects that the server refuses each to the key and answers none.
  private func expectRefused(
    _ subjects: [String], as key: NatsKey?, _ fixture: JetStreamFixture
  ) async throws {
    let link = NatsLink(fixture.servers(key))
    defer { link.close() }
    let connection = try link.connection()
    let inbox = try connection.subscribe(messagesLimit: subjects.count)
    for subject in subjects {
      try connection.send(NatsMessage(subject: subject, body: Array("{}".utf8)), replyTo: inbox)
      // The suite's time limit ends this if the server lets the message pass.
      while !connection.complaint.contains("Publish to \"\(subject)\"") { await Task.yield() }
    }
    #expect(try inbox.next(within: .milliseconds(50)) == nil)
  }

  // The pair in NATS' documentation of keys.
  @Test("a user's name is the key with prefix and checksum in base 32")
  func knownAnswer() throws {
    let seed = try #require(Hex.decode("29497ba00f41dd45936b4cc4bda1decb67c128e69fb3d490ee820daf7c318c0a"))
    let user = NatsUser(try SigningKey(seed: seed).publicKey)
    #expect(user.name == "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4")
    #expect(NatsUser(name: user.name) == user)
    // Every other letter in every place is refused: by the prefix, the checksum or the spelling.
    for place in 0..<56 {
      for letter in "AB7u1" {
        var letters = Array(user.name)
        guard letters[place] != letter else { continue }
        letters[place] = letter
        #expect(NatsUser(name: String(letters)) == nil, "\(String(letters))")
      }
    }
    #expect(NatsUser(name: String(user.name.dropLast())) == nil && NatsUser(name: "") == nil)
  }

  @Test("a node's login key is not the key that signs its envelopes")
  func derivedKey() throws {
    let node = try SigningKey(seed: [UInt8](repeating: 7, count: 32))
    #expect(try NatsKey(of: node).user != NatsUser(node.publicKey))
    #expect(try NatsKey(of: node).user == NatsKey(of: node).user)
  }

  // One in 256 fails on the first attempt: all of these would pass without a second one once in 2,500 runs.
  @Test("logins with a key do not fail now and then")
  func manyLogins() async throws {
    let fixture = try await JetStreamFixture(createsStreams: false)
    for _ in 0..<2_000 {
      let link = NatsLink(fixture.servers())
      #expect(try !link.connection().isClosed)
      link.close()
    }
  }

  @Test("nobody gets in without a key, or with one that is not listed")
  func strangers() async throws {
    let fixture = try await JetStreamFixture()
    for key in [nil, JetStreamFixture.strangerKey] {
      let servers = fixture.servers(key)
      await expectFailure(.notPermitted, naming: servers.place) {
        try await fixture.openLog(servers: servers)
      }
      await expectFailure(.notPermitted, naming: servers.place) { try await fixture.openBlobs(servers) }
      await expectFailure(.notPermitted, naming: servers.place) {
        try await JetStreamStreams.create(network: fixture.network, on: servers)
      }
    }
  }

  @Test("an address where nobody listens, or that is none, is named")
  func wrongAddresses() async throws {
    let folder = try TemporaryFolder()
    for (address, code) in [("nats://127.0.0.1:1", EngineError.Code.unreachable), ("nats://", .unreachable)] {
      var servers = NatsServers([address])
      servers.retryLimit = .milliseconds(100)
      await expectFailure(code, naming: address) {
        try await JetStreamLog.open(folder("log"), network: LogHarness.network, servers: servers)
      }
    }
  }

  @Test("a reader reads and does not append; members and readers administer nothing")
  func roles() async throws {
    let fixture = try await JetStreamFixture()
    let writer = try await fixture.openLog("writer")
    let positions = try await writer.append([LogConformanceSample.append(1)])
    #expect(positions == [.start])
    var readerServers = fixture.servers(JetStreamFixture.readerKey)
    readerServers.requestLimit = .milliseconds(300)
    let reader = try await fixture.openLog("reader", servers: readerServers)
    #expect(try await reader.waitForHead(beyond: 0) == writer.head())
    await expectFailure(.notPermitted) { try await reader.append([LogConformanceSample.append(2)]) }
    let blobs = try await fixture.openBlobs(readerServers)
    await expectFailure(.notPermitted) { try await blobs.put([1]) }
    let names = fixture.names
    let calls = ["PURGE", "DELETE", "UPDATE", "CREATE", "MSG.DELETE", "MSG.GET", "SNAPSHOT", "RESTORE"]
    let administration = [names.logStream, names.blobStream].flatMap { stream in
      calls.map { "$JS.API.STREAM.\($0).\(stream)" } + ["$JS.API.CONSUMER.CREATE.\(stream)"]
    }
    let others = [names.storedSubject, NatsServers.inbox(of: JetStreamFixture.operatorKey?.user) + ".1"]
    for key in [JetStreamFixture.readerKey, JetStreamFixture.memberKey] {
      try await expectRefused(administration + others, as: key, fixture)
    }
    let appending = [names.logSubject, names.blobPrefix + "a", names.chunkPrefix + "a"]
    for key in [JetStreamFixture.readerKey, JetStreamFixture.operatorKey] {
      try await expectRefused(appending, as: key, fixture)
    }
    #expect(try await writer.head().length == 1)
    for log in [writer, reader] { try await log.close() }
    try await blobs.close()
  }

  @Test("not even the operator purges, deletes or rolls up")
  func nothingIsDeleted() async throws {
    let fixture = try await JetStreamFixture()
    let log = try await fixture.openLog()
    for number in 0..<3 { _ = try await log.append([LogConformanceSample.append(number)]) }
    let stream = fixture.names.logStream
    let link = NatsLink(fixture.servers(JetStreamFixture.operatorKey))
    defer { link.close() }
    let client = JetStreamClient(connection: try link.connection(), servers: link.servers)
    for (call, body) in [("PURGE", ""), ("MSG.DELETE", #"{"seq":2}"#)] {
      let message = NatsMessage(subject: "$JS.API.STREAM.\(call).\(stream)", body: Array(body.utf8))
      let answer = try client.connection.request(message, within: .seconds(2))
      #expect(String(decoding: answer.body, as: UTF8.self).contains("not permitted"), "\(call)")
    }
    var settings = StreamSettings.log(fixture.names, limits: LogHarness.limits, replicas: 1)
    settings.deniesPurge = false
    settings.allowsRollup = true
    await expectFailure(.alreadyExists) { try client.create(settings) }
    let member = NatsLink(fixture.servers())
    defer { member.close() }
    var message = NatsMessage(subject: fixture.names.logSubject, body: [1])
    for header in ["Nats-Rollup": "all", "Nats-TTL": "1s"] {
      message.headers = [header.key: header.value]
      let answer = try member.connection().request(message, within: .seconds(2))
      #expect(String(decoding: answer.body, as: UTF8.self).contains("error"), "\(header)")
    }
    let info = try client.info(stream)
    #expect(info.state.messages == 3 && info.state.lastSequence == 3)
    try await log.close()
  }
}
