import Agents
import Door
import Engines
import Services
import Settings
import Wire

/// `tributary gateway`: the contributors' door of a network, until it is told to stop.
enum GatewayCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "gateway", summary: "serve a network over HTTP: orders, versions, blobs, events and metrics",
    optionalOperand: "CONFIG",
    options: [
      .init(name: "--genesis", value: "FILE", help: "the network's genesis (genesis)"),
      .init(name: "--folder", value: "DIR", help: "the embedded engine, or the copy of the log (gateway)"),
      .init(
        name: "--nats", value: "URL",
        help: "a server of the NATS cluster; may be repeated. Without it, the embedded engine"),
      NatsOptions.authority,
      .init(name: "--key", value: "FILE", help: "the key to log in to the cluster with"),
      .init(
        name: "--listen", value: "HOST:PORT", help: "where to listen (127.0.0.1:8443); port 0 is any"),
      .init(name: "--certificate", value: "FILE", help: "the certificate chain for TLS, a PEM file"),
      .init(name: "--certificate-key", value: "FILE", help: "its secret key, a PEM file"),
      DaemonFile.printOption,
    ] + Journal.options,
    example: "tributary gateway gateway.json5 --listen 127.0.0.1:8443")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    if arguments.has("--print-config") {
      print(GatewaySettings.documented)
      return .success
    }
    let settings = try settings(arguments)
    let journal = try Journal(arguments, specification)
    let genesis = try GenesisFile.read(settings.genesis)
    let key = try settings.key.map { try KeyFile.read($0) }
    return try await NodeEngines.with(settings.engine, genesis, key: key) { engines in
      let stop = try await StopSignal.running {
        try await Door.serve(genesis, engines, settings.listen, journal) {
          $0.limits.checkpointVersions = settings.checkpointVersions
          $0.limits.requestsPerSecond = settings.requestsPerSecond
          $0.limits.burstRequests = max($0.limits.burstRequests, settings.requestsPerSecond)
        }
      }
      guard let stop else { throw CommandError("the log was closed; look into the lines before this one") }
      journal.write(.info, "stopped")
      return stop.exitCode
    }
  }

  private static func settings(_ arguments: CommandLineArguments) throws -> GatewaySettings {
    var settings = try GatewaySettings(path: arguments.operands.first)
    settings.genesis = arguments.text("--genesis") ?? settings.genesis
    settings.key = arguments.text("--key") ?? settings.key
    settings.engine.take(arguments)
    if let place = try arguments.endpoint("--listen", specification) {
      (settings.listen.address, settings.listen.port) = (place.host, place.port)
    }
    settings.listen.certificate = arguments.text("--certificate") ?? settings.listen.certificate
    settings.listen.certificateKey = arguments.text("--certificate-key") ?? settings.listen.certificateKey
    guard (settings.listen.certificate == nil) == (settings.listen.certificateKey == nil) else {
      throw UsageError("--certificate and --certificate-key come together", command: specification.name)
    }
    return settings
  }
}
