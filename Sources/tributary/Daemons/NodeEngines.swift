import Agents
import Engines
import Foundation
import Ledger
import Settings
import Wire

/// The log and the blobs of a daemon, open.
struct NodeEngines: Sendable {
  let log: any LogEngine
  let blobs: any BlobStore
  private let embedded: NetworkFolder?

  /// Opens what settings name, for one process at a time, and brings it to rest again.
  ///
  /// - Parameter key: the node's, to log in with; the embedded engine needs none
  /// - Throws: `EngineError`, with code `inUse` if another process has the folder
  static func with<Value: Sendable>(
    _ settings: EngineSettings, _ genesis: Genesis, key: SigningKey?,
    _ body: (NodeEngines) async throws -> Value
  ) async throws -> Value {
    let engines = try await open(settings, genesis, key: key)
    let value: Value
    do {
      value = try await body(engines)
    } catch {
      try? await engines.close()
      throw error
    }
    try await engines.close()
    return value
  }

  private static func open(_ settings: EngineSettings, _ genesis: Genesis, key: SigningKey?) async throws
    -> NodeEngines
  {
    guard settings.servers.isEmpty || key != nil else {
      throw CommandError("a cluster of NATS servers lets nobody in without a key; name its file with --key")
    }
    try FileManager.default.createDirectory(atPath: settings.folder, withIntermediateDirectories: true)
    guard let key, !settings.servers.isEmpty else { return try await embedded(in: settings.folder, genesis) }
    var servers = NatsServers(settings.servers, key: try NatsKey(of: key))
    servers.authorityPath = settings.authority
    let log = try await JetStreamLog.open(
      settings.folder + "/log", network: genesis.network, servers: servers)
    do {
      let blobs = try await JetStreamBlobStore.open(network: genesis.network, servers: servers)
      return NodeEngines(log: log, blobs: blobs, embedded: nil)
    } catch {
      try? await log.close()
      throw error
    }
  }

  private static func embedded(in path: String, _ genesis: Genesis) async throws -> NodeEngines {
    let folder = NetworkFolder(path)
    let log = try await folder.openLog(genesis.network, access: .readWrite)
    do {
      // From here on the folder changes, so that its seal would be wrong.
      try? FileManager.default.removeItem(atPath: path + "/" + Manifest.fileName)
      if !FileManager.default.fileExists(atPath: folder.genesisPath) { try folder.write(genesis) }
      let blobs = try await folder.openBlobs(access: .readWrite)
      return NodeEngines(log: log, blobs: blobs, embedded: folder)
    } catch {
      try? await log.close()
      throw error
    }
  }

  /// Brings both to rest; an embedded network is sealed, so that an audit checks every byte of it.
  private func close() async throws {
    try await blobs.close()
    try await log.close()
    if let embedded { _ = try Manifest.write(sealing: embedded.path) }
  }
}

extension EngineSettings {
  /// Takes what the command line says in place of a file.
  mutating func take(_ arguments: CommandLineArguments) {
    folder = arguments.text("--folder") ?? folder
    if arguments.has("--nats") { servers = arguments.texts("--nats") }
    authority = arguments.text(NatsOptions.authority.name) ?? authority
  }
}
