import Agents
import AgentsTestKit
import Door
import Engines
import HTTP
import Ledger
import Services
import Synchronization
import Wire

/// Gateways of a cluster, and contributors.
extension TestCluster {
  /// A door on loopback, with engines of its own if it has any.
  nonisolated func door(log: (any LogEngine)? = nil, blobs: (any BlobStore)? = nil) async throws -> Door {
    var configuration = DoorConfiguration()
    // Time stands still, so that no rate depends on how fast a test is.
    configuration.seconds = { 0 }
    configuration.limits.burstRequests = 1_000_000
    configuration.gateway.burstRequests = 1_000_000
    configuration.limits.checkpointVersions = 2
    // So that a stream is never as silent as a gateway that hangs.
    configuration.limits.heartbeatSeconds = 0.25
    return try await Door.open(
      network.genesis, log: log ?? self.log, blobs: blobs ?? self.blobs, configuration)
  }

  nonisolated func contributor(
    _ index: Int, _ gateways: [String], key: SigningKey? = nil, events: EventRecorder,
    _ configure: (inout ContributorService.Configuration) -> Void = { _ in }
  ) -> ContributorService {
    var configuration = ContributorService.Configuration(folder: folder("contributor-\(index)"))
    configuration.pauses = Self.pauses
    configuration.pollSeconds = 0.5
    configure(&configuration)
    let trainer = network.trainers[index]
    return ContributorService(
      key: key ?? network.contributorKeys[index], genesis: network.genesis, gateways: gateways,
      configuration: configuration, trainer: { _ in trainer }, report: events.report)
  }

  /// Validators that make every window final.
  nonisolated func validators() -> [Running] {
    network.validatorKeys.indices.map { Running(validator($0, events: EventRecorder())) }
  }
}

extension Door {
  var url: String { "http://127.0.0.1:\(port)" }
}

/// A gateway between a contributor and an honest one, which changes what it passes on.
final class LyingGateway: Sendable {
  /// Says what is answered to a method and path instead of the honest answer; nil to pass it on.
  typealias Lie = @Sendable (_ path: String, _ honest: ClientResponse) async throws -> Response?

  private let server: HTTPServer
  private let paths: Recorder
  var url: String { "http://127.0.0.1:\(server.port)" }
  /// The paths that were asked for.
  var asked: [String] { paths.values.withLock { $0 } }

  private final class Recorder: Sendable {
    let values = Mutex<[String]>([])
  }

  /// - Parameter honest: the gateway whose answers are passed on, but for its events
  init(before honest: String, lie: @escaping Lie) async throws {
    let client = HTTPClient(honest)
    let paths = Recorder()
    server = try await HTTPServer.start(ServerConfiguration()) { request in
      paths.values.withLock { $0.append(request.head.path) }
      if request.head.path.hasPrefix("/v1/events") {
        return .problem(503, code: "tooManySubscribers", detail: "poll the versions instead")
      }
      let body = request.body.length > 0 ? try await request.body.read(limitBytes: 1 << 20) : []
      var headers: Headers = [:]
      for name in ["accept", "content-type", "tributary-submission"] {
        if let value = request.head.headers[name] { headers.add(name, value) }
      }
      let answer = try await client.send(
        ClientRequest(request.head.method, request.head.path, headers: headers, body: body))
      if let lie = try await lie(request.head.path, answer) { return lie }
      var response = Response(answer.status, type: answer.headers["content-type"] ?? "", answer.body)
      if let tag = answer.headers["etag"] { response.headers.add("etag", tag) }
      return response
    }
    self.paths = paths
  }

  func close() async { await server.stop() }
}
