import EnginesTestKit
import Foundation
import Testing
import Wire

@testable import Engines

/// Servers with certificates.
@Suite("JetStream over TLS", .timeLimit(.minutes(2)))
struct JetStreamTLSTests {
  private struct Failure: Error {
    let arguments: [String]
  }

  private func openssl(_ arguments: String...) throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/openssl")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Failure(arguments: arguments) }
  }

  /// Makes a certificate for a name that signs itself, so that it is its own authority.
  private func certify(_ name: String, for subject: String, in folder: TemporaryFolder) throws {
    try openssl(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
      "-subj", "/CN=\(name)", "-addext", "subjectAltName=\(subject)", "-keyout", folder("\(name).key"),
      "-out", folder("\(name).pem"))
  }

  @Test("a client trusts the authority that it was given, for the server's own name only")
  func certificates() async throws {
    let folder = try TemporaryFolder()
    for (name, subject) in [
      ("right", "IP:127.0.0.1"), ("stranger", "IP:127.0.0.1"), ("elsewhere", "DNS:elsewhere.example"),
    ] { try certify(name, for: subject, in: folder) }
    let network = LogHarness.network
    for name in ["right", "elsewhere"] {
      var configuration = NatsServerConfiguration(
        storeFolder: folder("store-\(name)"), networks: [JetStreamNames(network: network)],
        users: try JetStreamFixture.users())
      configuration.port = -1
      configuration.certificates = .init(
        certificatePath: folder("\(name).pem"), keyPath: folder("\(name).key"),
        authorityPath: folder("\(name).pem"))
      let process = try NatsServerProcess(configuration: configuration.text(), folder: folder.path)
      defer { process.kill() }
      var servers = NatsServers(["tls://127.0.0.1:\(process.port)"], key: JetStreamFixture.operatorKey)
      servers.authorityPath = folder("\(name).pem")
      servers.retryLimit = .milliseconds(100)
      if name == "right" {
        try await JetStreamStreams.create(network: network, on: servers)
      } else {
        await expectFailure(.notPermitted, "a certificate for another name") {
          try await JetStreamStreams.create(network: network, on: servers)
        }
      }
      for authority in [nil, folder("stranger.pem")] {
        servers.authorityPath = authority
        await expectFailure(.notPermitted, "authority \(authority ?? "of the system")") {
          try await JetStreamStreams.create(network: network, on: servers)
        }
      }
    }
  }
}
