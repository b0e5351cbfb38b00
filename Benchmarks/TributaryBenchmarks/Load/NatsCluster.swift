import Engines
import EnginesTestKit
import Foundation
import Wire

/// Three nats-servers on loopback that keep every message three times, each time on disk.
final class NatsCluster {
  /// Who logs in.
  enum Node: Int, CaseIterable {
    case `operator`, writer, gateway

    var role: NatsServerConfiguration.Role { self == .operator ? .operator : .member }

    // Far from the numbers of contributors and validators.
    fileprivate func key() throws -> NatsKey { try NatsKey(of: try SampleKeys.key(1 << 21 + rawValue)) }
  }

  private static let serverCount = 3

  let addresses: [String]
  private let processes: [NatsServerProcess]

  /// Starts the servers, and creates a network's streams.
  static func start(network: Digest, in folder: String) async throws -> NatsCluster {
    let cluster = try NatsCluster(network: network, in: folder)
    try await JetStreamStreams.create(
      network: network, on: servers(cluster.addresses, as: .operator), replicas: serverCount)
    return cluster
  }

  private init(network: Digest, in folder: String) throws {
    let ports = try NatsServerProcess.freePorts(2 * Self.serverCount)
    let routes = ports.suffix(Self.serverCount).map { "nats-route://127.0.0.1:\($0)" }
    let users = try Node.allCases.map { NatsServerConfiguration.User(try $0.key().user, $0.role) }
    processes = try (0..<Self.serverCount).map { index in
      let own = "\(folder)/server-\(index)"
      try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: true)
      var configuration = NatsServerConfiguration(
        storeFolder: "\(own)/store", networks: [JetStreamNames(network: network)], users: users)
      configuration.serverName = "server-\(index)"
      configuration.port = ports[index]
      configuration.cluster = .init(port: ports[Self.serverCount + index], routes: routes)
      return try NatsServerProcess(configuration: configuration.text(), folder: own)
    }
    addresses = processes.map(\.address)
  }

  /// The servers as a node sees them.
  static func servers(_ addresses: [String], as node: Node) throws -> NatsServers {
    NatsServers(addresses, key: try node.key())
  }

  /// Kills the servers.
  func stop() {
    for process in processes { process.kill() }
  }
}
