import EnginesTestKit
import Foundation
import Testing
import Wire

@testable import Engines

/// Three servers that keep every message three times.
@Suite("JetStream cluster", .timeLimit(.minutes(3)))
struct JetStreamClusterTests {
  private let folder: TemporaryFolder
  private let names = JetStreamNames(network: LogHarness.network)
  private let configurations: [NatsServerConfiguration]

  init() throws {
    let folder = try TemporaryFolder()
    self.folder = folder
    let ports = try NatsServerProcess.freePorts(6)
    let users = try JetStreamFixture.users()
    let names = names
    configurations = (0..<3).map { index in
      var configuration = NatsServerConfiguration(
        storeFolder: folder("\(index)/store"), networks: [names], users: users)
      configuration.serverName = "server-\(index)"
      configuration.port = ports[index]
      configuration.cluster = .init(
        port: ports[3 + index], routes: ports[3...].map { "nats-route://127.0.0.1:\($0)" })
      return configuration
    }
  }

  private func start(_ index: Int) throws -> NatsServerProcess {
    try FileManager.default.createDirectory(atPath: folder("\(index)"), withIntermediateDirectories: true)
    return try NatsServerProcess(
      configuration: configurations[index].text(), folder: folder("\(index)"))
  }

  private func servers(_ key: NatsKey? = JetStreamFixture.memberKey) -> NatsServers {
    var servers = NatsServers(configurations.map { "nats://127.0.0.1:\($0.port)" }, key: key)
    servers.requestLimit = .milliseconds(500)
    servers.retryLimit = .seconds(60)
    return servers
  }

  /// The number of the server that leads the log's stream.
  private func leader() throws -> Int {
    let link = NatsLink(servers())
    defer { link.close() }
    let subject = "$JS.API.STREAM.INFO.\(names.logStream)"
    let answer = try link.connection().request(NatsMessage(subject: subject, body: []), within: .seconds(5))
    let text = String(decoding: answer.body, as: UTF8.self)
    let found = try #require(text.firstMatch(of: /"leader":"server-([0-2])"/), "\(text)")
    return try #require(Int(found.1))
  }

  @Test("the leader's death, and then that of all, lose nothing that was acknowledged")
  func killedLeader() async throws {
    var processes = try (0..<3).map(start)
    try await JetStreamStreams.create(
      network: LogHarness.network, on: servers(JetStreamFixture.operatorKey), replicas: 3,
      limits: LogHarness.limits)
    func open(_ name: String) async throws -> JetStreamLog {
      try await JetStreamLog.open(
        folder(name), network: LogHarness.network, servers: servers(), limits: LogHarness.limits)
    }
    let log = try await open("log")
    let blobs = try await JetStreamBlobStore.open(network: LogHarness.network, servers: servers())
    var placed: [(Digest, LogPosition)] = []
    func append(_ range: Range<Int>) async throws {
      for number in range {
        let batch = [LogConformanceSample.append(number), LogConformanceSample.append(number + 1)]
        placed += zip(batch.map(\.id), try await log.append(batch))
      }
    }
    try await append(0..<20)
    let blob = [UInt8](repeating: 3, count: BlobManifest.chunkBytes + 1)
    let digest = try await blobs.put(blob)
    let leader = try leader()
    processes[leader].kill()
    try await append(20..<40)
    #expect(try await blobs.get(digest) == blob)
    processes[leader] = try start(leader)
    try await append(40..<60)
    for process in processes { process.kill() }
    processes = try (0..<3).map(start)
    try await append(60..<70)
    let records = try await LogConformance.readAll(log)
    #expect(records.count == 71 && Set(records.map(\.id)).count == 71)
    for (id, position) in placed { #expect(records[Int(position.index)].id == id) }
    let late = try await open("late")
    #expect(try await LogConformance.readAll(late) == records)
    #expect(try await blobs.get(digest) == blob)
    for log in [log, late] { try await log.close() }
    try await blobs.close()
    for process in processes { process.kill() }
  }
}
