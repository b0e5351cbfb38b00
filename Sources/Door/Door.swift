public import Engines
public import HTTP
public import Ledger

/// The contributors' door: a gateway behind HTTP/1.1. `docs/openapi.yaml` describes what it answers.
///
/// ```swift
/// let door = try await Door.open(genesis, log: log, blobs: blobs, DoorConfiguration())
/// // http://127.0.0.1:<door.port>/v1/head
/// await door.close()
/// ```
///
/// It holds no keys, and weights only to make checkpoints. Log and blobs stay open when it closes.
public final class Door: Sendable {
  private let server: HTTPServer
  private let tasks: [Task<Void, Never>]

  private init(_ server: HTTPServer, _ tasks: [Task<Void, Never>]) {
    self.server = server
    self.tasks = tasks
  }

  /// Reads the log to its end, and then listens and goes on following it.
  ///
  /// - Throws: `HTTPError` with code `cannotListen`, `exposed`, `badCertificate` or `system`
  public static func open(
    _ genesis: Genesis, log: any LogEngine, blobs: any BlobStore, _ configuration: DoorConfiguration
  ) async throws(HTTPError) -> Door {
    let service = GatewayService(genesis, log: log, blobs: blobs, configuration)
    let position = await service.catchUp()
    let server = try await HTTPServer.start(configuration.server) { request in
      try await service.respond(to: request)
    }
    await service.watch { server.statistics }
    return Door(
      server,
      [
        Task { await service.follow(from: position) }, Task { await service.beat() },
        Task { await service.keepCheckpoints() },
      ])
  }

  /// The port that the door listens on.
  public var port: UInt16 { server.port }

  /// What the server has done, and what it holds.
  public var statistics: ServerStatistics { server.statistics }

  /// Lets requests under way end, and closes.
  public func close() async {
    await server.stop()
    for task in tasks { task.cancel() }
    for task in tasks { await task.value }
  }
}
