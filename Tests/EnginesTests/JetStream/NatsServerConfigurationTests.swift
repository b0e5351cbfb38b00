import Engines
import EnginesTestKit
import Testing
import Wire

@Suite("NATS server configuration", .timeLimit(.minutes(1)))
struct NatsServerConfigurationTests {
  private func configuration() throws -> NatsServerConfiguration {
    NatsServerConfiguration(
      storeFolder: "store", networks: [JetStreamNames(network: LogHarness.network)],
      users: try JetStreamFixture.users())
  }

  @Test("the text says what was set, and keeps each role to its subjects")
  func text() throws {
    var configuration = try configuration()
    configuration.cluster = .init(port: 6_222, routes: ["nats-route://127.0.0.1:6223"])
    let text = try configuration.text()
    for line in [
      "listen: \"127.0.0.1:4222\"", "  sync_interval: always", "  max_memory_store: 0",
      "  routes: [\"nats-route://127.0.0.1:6223\"]", "max_payload: 8388608",
    ] { #expect(text.split(separator: "\n").contains { $0 == line }, "\(line)") }
    #expect(text.split(separator: "$JS.API.>").count == 2, "one role administers JetStream")
    let publishers = text.split(separator: "\n").filter { $0.contains("publish:") && $0.contains(".log\"") }
    #expect(publishers.count == 1, "one role appends")
  }

  @Test("texts that would end a string, open servers without certificates, and shared keys are refused")
  func refusals() async throws {
    let right = try configuration()
    let changes: [(inout NatsServerConfiguration) -> Void] = [
      { $0.storeFolder = "a\"b" }, { $0.storeFolder = "a\nb" }, { $0.storeFolder = "" },
      { $0.serverName = "a\\b" }, { $0.host = "0.0.0.0" }, { $0.users += $0.users }, { $0.users = [] },
      { $0.networks = [] }, { $0.cluster = .init(host: "10.0.0.1", port: 1, routes: []) },
      { $0.cluster = .init(port: 1, routes: ["\u{0}"]) },
    ]
    for (number, change) in changes.enumerated() {
      var configuration = right
      change(&configuration)
      await expectFailure(.malformed, "change \(number)") { try configuration.text() }
    }
    var secured = right
    secured.host = "0.0.0.0"
    secured.certificates = .init(certificatePath: "c.pem", keyPath: "k.pem", authorityPath: "a.pem")
    #expect(try secured.text().contains("cert_file: \"c.pem\""))
  }
}
