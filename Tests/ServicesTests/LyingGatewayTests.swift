import Agents
import AgentsTestKit
import Door
import Foundation
import HTTP
import Ledger
import Services
import Synchronization
import Testing
import Wire

/// Gateways that lie, or are too busy: each is said so, and left for the next.
@Suite(.serialized, .timeLimit(.minutes(5))) struct LyingGatewayTests {
  struct Lie: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let tell: LyingGateway.Lie

    init(_ name: String, at part: String, _ answer: @escaping @Sendable (ClientResponse) -> Response) {
      testDescription = name
      tell = { path, honest in path.contains(part) && honest.isSuccess ? answer(honest) : nil }
    }

    private static func flipped(_ honest: ClientResponse) -> Response {
      var bytes = honest.body
      if !bytes.isEmpty { bytes[bytes.count / 2] ^= 1 }
      return Response(type: honest.headers["content-type"] ?? "", bytes)
    }

    private static func json(_ text: String) -> Response {
      Response(type: "application/json", Array(text.utf8))
    }

    static let all = [
      Lie("another network", at: "/v1/head") { honest in
        let text = String(decoding: honest.body, as: UTF8.self)
        let other = text.replacing(#/"network":"[0-9a-f]+"/#, with: #""network":"\#(Digest.zero.hex)""#)
        return json(other)
      },
      Lie("no JSON", at: "/v1/head") { _ in json("{") },
      Lie("JSON of another kind", at: "/v1/head") { _ in json("[]") },
      Lie("no tasks", at: "/v1/tasks") { honest in
        honest.headers["content-type"] == "application/json" ? json("[]") : flipped(honest)
      },
      Lie("a task that nobody signed", at: "/v1/tasks/") { flipped($0) },
      Lie("other weights", at: "/v1/blobs/") { flipped($0) },
      Lie("weights cut short", at: "/v1/blobs/") { honest in
        Response(type: "application/octet-stream", Array(honest.body.dropLast(4)))
      },
      Lie("endless weights", at: "/v1/blobs/") { _ in
        Response(type: "application/octet-stream", [UInt8](repeating: 0, count: 1 << 20))
      },
      Lie("a forged certificate", at: "/versions/") { flipped($0) },
      Lie("a step's name that is none", at: "/versions?") { honest in
        let text = String(decoding: honest.body, as: UTF8.self)
        return json(text.replacing(#/"step":"[0-9a-f]+"/#, with: #""step":"none""#))
      },
      Lie("an account of another kind", at: "/v1/accounts/") { _ in json(#"{"nonce":-1}"#) },
      Lie("an error page", at: "/v1/") { _ in
        Response(502, type: "text/html", Array("<h1>Bad Gateway</h1>".utf8))
      },
      Lie("a nonsense answer to an order", at: "/v1/transactions") { _ in json("\"yes\"") },
    ]
  }

  @Test(arguments: Lie.all) func aLieLeadsToAnotherGateway(_ lie: Lie) async throws {
    let cluster = try TestCluster(TestNetwork(seed: 41))
    try await cluster.begin(registering: false)
    let validators = cluster.validators()
    let door = try await cluster.door()
    let liar = try await LyingGateway(before: door.url, lie: lie.tell)
    let others = [1, 2].map { Running(cluster.contributor($0, [door.url], events: EventRecorder())) }
    let events = EventRecorder()
    let node = Running(cluster.contributor(0, [liar.url, door.url], events: events))
    let failed = await events.first { $0.name == "gatewayFailed" && $0.fields["gateway"] == liar.url }
    #expect(failed.fields["reason"]?.isEmpty == false)
    // Validators admit only what was trained from the right weights.
    try await cluster.waitFor(version: 2)
    for node in others + [node] { try await node.kill() }
    await liar.close()
    await door.close()
    for validator in validators { try await validator.kill() }
  }

  @Test func aGatewayThatHangsIsLeft() async throws {
    let cluster = try TestCluster(TestNetwork(seed: 42))
    try await cluster.begin(registering: false)
    let door = try await cluster.door()
    let liar = try await LyingGateway(before: door.url) { _, _ in
      while !Task.isCancelled { try? await Task.sleep(for: .seconds(60)) }
      return nil
    }
    let events = EventRecorder()
    let node = Running(
      cluster.contributor(0, [liar.url, door.url], events: events) { $0.client.stallSeconds = 3 })
    let submitted = await events.first(named: "submitted")
    #expect(submitted.fields["task"] == cluster.network.task.hex)
    // A hanging request does not keep a contributor from stopping.
    let stuck = Running(cluster.contributor(1, [liar.url], events: EventRecorder()))
    try await stuck.kill()
    try await node.kill()
    await liar.close()
    await door.close()
  }

  /// The only gateway has no room for streams of events.
  @Test func withoutEventsVersionsArePolled() async throws {
    let cluster = try TestCluster(TestNetwork(seed: 47))
    try await cluster.begin(registering: false)
    let validators = cluster.validators()
    let door = try await cluster.door()
    let silent = try await LyingGateway(before: door.url) { _, _ in nil }
    let nodes = (0..<3).map { Running(cluster.contributor($0, [silent.url], events: EventRecorder())) }
    try await cluster.waitFor(version: 3)
    #expect(silent.asked.contains { $0.contains("/versions?after=") })
    for node in nodes { try await node.kill() }
    await silent.close()
    await door.close()
    for validator in validators { try await validator.kill() }
  }

  @Test func aBusyGatewayIsAskedAgainWhenItSays() async throws {
    let cluster = try TestCluster(TestNetwork(seed: 43))
    try await cluster.begin(registering: false)
    let door = try await cluster.door()
    let refusals = Mutex(0)
    let busy = try await LyingGateway(before: door.url) { path, _ in
      guard path == "/v1/transactions",
        refusals.withLock({
          $0 += 1; return $0
        }) <= 2
      else { return nil }
      var response = Response.problem(429, code: "overRate", detail: "more than 8 requests a second")
      response.headers.add("retry-after", "7")
      return response
    }
    let slept = Mutex<[Double]>([])
    let events = EventRecorder()
    let node = Running(
      cluster.contributor(0, [busy.url], events: events) {
        $0.pauses.sleep = { seconds in
          slept.withLock { $0.append(seconds) }
          try await Task.sleep(for: .milliseconds(1))
        }
      })
    _ = await events.first(named: "submitted")
    try await node.kill()
    #expect(slept.withLock { $0.filter { $0 == 7 }.count } == 2)
    let keyed = events.events(named: "gatewayFailed").compactMap { $0.fields["reason"] }
    #expect(keyed.contains { $0.contains("more than 8 requests a second") })
    await busy.close()
    await door.close()
  }

  /// A gateway of which the log is another network's, with nobody else to ask: it is said, and nothing is
  /// trained.
  @Test func withNobodyElseToAskItWaits() async throws {
    let cluster = try TestCluster(TestNetwork(seed: 44))
    try await cluster.begin(registering: false)
    let other = try TestCluster(TestNetwork(seed: 45))
    let door = try await other.door()
    let events = EventRecorder()
    let node = Running(cluster.contributor(0, [door.url], events: events))
    let failed = await events.first(named: "gatewayFailed")
    #expect(failed.fields["reason"]?.contains(other.network.network.hex) == true)
    try await node.kill()
    #expect(events.events(named: "joined") == [])
    await door.close()
  }

  /// A gateway without the task that was named, and one with none that pays.
  @Test func aTaskThatIsNotThereIsSaid() async throws {
    let cluster = try TestCluster(TestNetwork(seed: 46))
    let door = try await cluster.door()
    for task in [nil, cluster.network.task] {
      let events = EventRecorder()
      let node = Running(cluster.contributor(0, [door.url], events: events) { $0.task = task })
      let failed = await events.first(named: "gatewayFailed")
      #expect(failed.fields["reason"]?.contains("no ") == true)
      try await node.kill()
    }
    await door.close()
  }
}
