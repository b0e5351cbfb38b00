import Agents
import AgentsTestKit
import Engines
import HTTP
import Ledger
import Testing
import Updates
import Wire

@testable import Door

/// A door on a loopback port, before a network in memory.
struct TestDoor {
  let network: TestNetwork
  let log: InMemoryLog
  let blobs: InMemoryBlobStore
  let door: Door
  var url: String { "http://127.0.0.1:\(door.port)" }
  var http: HTTPClient { HTTPClient(url) }
  var client: GatewayClient { GatewayClient(url) }

  /// Opens a door, and closes it after the test.
  static func with(
    _ network: TestNetwork? = nil, _ configure: (inout DoorConfiguration) -> Void = { _ in },
    _ body: (TestDoor) async throws -> Void
  ) async throws {
    let network = try network ?? TestNetwork()
    let log = InMemoryLog(network: network.network)
    let blobs = InMemoryBlobStore()
    _ = try await blobs.put(FlatWeights.encode(network.firstWeights))
    try await with(network, log, blobs, configure, body)
    await log.close()
  }

  /// Opens a door before engines that are there.
  static func with(
    _ network: TestNetwork, _ log: InMemoryLog, _ blobs: InMemoryBlobStore,
    _ configure: (inout DoorConfiguration) -> Void = { _ in }, _ body: (TestDoor) async throws -> Void
  ) async throws {
    var configuration = DoorConfiguration()
    // Time stands still, so that no rate depends on how fast a test is.
    configuration.seconds = { 0 }
    configuration.server.limits.drainSeconds = 600
    configuration.server.limits.headSeconds = 600
    configuration.server.limits.stallSeconds = 600
    configuration.limits.burstRequests = 100_000
    configuration.gateway.burstRequests = 10_000
    configure(&configuration)
    let door = try await Door.open(network.genesis, log: log, blobs: blobs, configuration)
    let test = TestDoor(network: network, log: log, blobs: blobs, door: door)
    do {
      try await body(test)
    } catch {
      await door.close()
      throw error
    }
    await door.close()
  }

  /// Opens the task and registers everybody, through the door.
  func begin() async throws {
    for envelope in [network.creation] + network.contributorKeys.indices.map(network.registration) {
      guard case .accepted = try await client.order(envelope) else {
        throw TestFailure(description: "the network does not begin")
      }
    }
  }

  /// What is stored: records of the log, and blobs.
  func stored() async throws -> [Int] {
    [Int(try await log.head().length), try await blobs.digests().count]
  }

  /// Asks for a path.
  func get(_ path: String, _ headers: Headers = [:], method: String = "GET") async throws -> ClientResponse {
    try await http.send(ClientRequest(method, path, headers: headers))
  }

  /// Orders bytes.
  func order(_ bytes: [UInt8], type: String = Answers.protobufType) async throws -> ClientResponse {
    try await http.send(
      ClientRequest("POST", "/v1/transactions", headers: ["content-type": type], body: bytes))
  }

  /// Uploads a packet.
  func upload(
    _ packet: [UInt8], submission: [UInt8]?, task: Digest? = nil, type: String = "application/octet-stream"
  ) async throws -> ClientResponse {
    var headers: Headers = ["content-type": type]
    if let submission { headers.add(GatewayService.submissionField, Base64URL.encode(submission)) }
    return try await http.send(
      ClientRequest("POST", "/v1/tasks/\((task ?? network.task).hex)/packets", headers: headers, body: packet)
    )
  }
}

extension ClientResponse {
  /// The refusal's name; nil if this is none, or says nothing to do.
  var code: String? {
    guard headers["content-type"] == "application/problem+json",
      let problem = try? JSONView(body), let detail = problem.detail, detail.count > 10,
      problem.status == status
    else { return nil }
    return problem.code
  }
}

/// What a test cannot go on without.
struct TestFailure: Error, CustomStringConvertible {
  let description: String
}
