import Agents
import Engines
import Foundation

/// What one gateway holds: a crowd on kept-alive connections that sends updates of a model with a million
/// parameters, over the embedded engines and over a cluster, and the same for Flower's SuperLink.
///
/// All of it runs on one machine: crowd, gateway and servers share its cores. Windows collect and do not
/// close; versions become final because their last attestations are held back until then.
enum LoadBenchmarks {
  private static let contributorCount = 10_000
  /// Contributors that follow the events, each with two connections more.
  private static let followerCount = 1_000
  /// Descriptors for all but the crowd.
  private static let spareDescriptors = 256
  private static let rounds = 2

  static func run() async throws -> Report {
    var report = Report(name: "load")
    let granted = try ClientPool.raiseDescriptorLimit()
    let count = min(contributorCount, granted - 2 * followerCount - spareDescriptors)
    if count < contributorCount {
      Progress.say("  \(count) contributors, because the system grants \(granted) descriptors")
    }
    Progress.say("  the crowd has one address, which the gateway lets have all connections and any rate")
    let scene = try LoadScene(contributorCount: count)
    let updates = try (0..<rounds).map { try scene.updates(round: $0) }
    Progress.say("  \(rounds * count) updates are signed")
    let peer = try SuperLinkPeer.measure(nodes: count, packetBytes: updates[0][0].packetBytes)
    peer?.add(to: &report)
    let load = Load(scene: scene, updates: updates, followerCount: followerCount, peer: peer)
    try await embedded(load, &report)
    try await cluster(load, &report)
    return report
  }

  private static func embedded(_ load: Load, _ report: inout Report) async throws {
    try await TemporaryFolder.with { path in
      let folder = try load.scene.makeFolder(path)
      let log = try await folder.openLog(load.scene.network, access: .readWrite)
      let blobs = try await folder.openBlobs(access: .readWrite)
      try await load.scene.fill(log, blobs)
      try await log.close()
      await blobs.close()
      let fsyncs = try EngineBenchmarks.fsyncsPerSecond(in: path)
      report.add("embedded: overwrite 1 KB, fsync", fsyncs, unit: "times/s")
      let gateway = try GatewayProcess(folder)
      defer { gateway.stop() }
      try load.measure(gateway, "embedded", &report)
    }
  }

  private static func cluster(_ load: Load, _ report: inout Report) async throws {
    try await TemporaryFolder.with { path in
      let network = load.scene.network
      let cluster = try await NatsCluster.start(network: network, in: path)
      defer { cluster.stop() }
      let folder = try load.scene.makeFolder(path)
      let servers = try NatsCluster.servers(cluster.addresses, as: .writer)
      let log = try await JetStreamLog.open("\(path)/writer", network: network, servers: servers)
      let blobs = try await JetStreamBlobStore.open(network: network, servers: servers)
      try await load.scene.fill(log, blobs)
      try await log.close()
      try await blobs.close()
      let gateway = try GatewayProcess(folder, natsAddresses: cluster.addresses)
      defer { gateway.stop() }
      try load.measure(gateway, "cluster", &report)
    }
  }
}
