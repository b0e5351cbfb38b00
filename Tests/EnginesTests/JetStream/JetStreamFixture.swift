import Engines
import EnginesTestKit
import Foundation
import Synchronization
import Wire

/// A network's streams on a server of their own, and the keys that may use them.
final class JetStreamFixture: Sendable {
  let folder: TemporaryFolder
  let network: Digest
  let names: JetStreamNames
  let configuration: NatsServerConfiguration
  private let server: Mutex<Held>

  private struct Held: ~Copyable {
    var process: NatsServerProcess?
  }

  static let operatorKey = key(1)
  static let memberKey = key(2)
  static let readerKey = key(3)
  static let strangerKey = key(4)

  private static func key(_ number: UInt8) -> NatsKey? {
    let seed = Digest(of: [number], in: HashDomain("test.nats")).bytes
    return (try? SigningKey(seed: seed)).flatMap { try? NatsKey(of: $0) }
  }

  /// Starts a server, and creates the streams unless told not to.
  init(
    network: Digest = LogHarness.network, limits: EngineLimits = LogHarness.limits,
    createsStreams: Bool = true
  ) async throws {
    folder = try TemporaryFolder()
    self.network = network
    names = JetStreamNames(network: network)
    var configuration = NatsServerConfiguration(
      storeFolder: folder("store"), networks: [names], users: try Self.users())
    configuration.port = -1
    let process = try NatsServerProcess(configuration: configuration.text(), folder: folder.path)
    configuration.port = process.port
    self.configuration = configuration
    server = Mutex(Held(process: process))
    if createsStreams {
      try await JetStreamStreams.create(network: network, on: servers(Self.operatorKey), limits: limits)
    }
  }

  static func users() throws -> [NatsServerConfiguration.User] {
    let keys: [(NatsKey?, NatsServerConfiguration.Role)] = [
      (operatorKey, .operator), (memberKey, .member), (readerKey, .reader),
    ]
    return keys.compactMap { key, role in key.map { .init($0.user, role) } }
  }

  /// The server as a client with a key sees it.
  func servers(_ key: NatsKey? = memberKey) -> NatsServers {
    var servers = NatsServers(["nats://127.0.0.1:\(configuration.port)"], key: key)
    servers.requestLimit = .seconds(2)
    return servers
  }

  /// Kills the server with SIGKILL.
  func kill() { server.withLock { $0.process?.kill() } }

  /// Starts the server again, on its port, with its store.
  func restart() throws {
    let text = try configuration.text()
    try server.withLock { server in
      server.process = try NatsServerProcess(configuration: text, folder: folder.path)
    }
  }

  /// Opens the log with a copy in a folder below the fixture's.
  func openLog(
    _ name: String = "log", verification: LogVerification = .head, servers: NatsServers? = nil
  ) async throws -> JetStreamLog {
    try await JetStreamLog.open(
      folder(name), network: network, servers: servers ?? self.servers(), verification: verification,
      limits: LogHarness.limits)
  }

  /// Opens the blobs.
  func openBlobs(_ servers: NatsServers? = nil) async throws -> JetStreamBlobStore {
    try await JetStreamBlobStore.open(
      network: network, servers: servers ?? self.servers(), limits: BlobHarness.limits)
  }
}
