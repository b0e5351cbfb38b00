import Agents
import Door
import Engines
import HTTP
import JSON5
import Ledger
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
      .init(name: "--key", value: "FILE", help: "the key to log in to the cluster with"),
      .init(
        name: "--listen", value: "HOST:PORT", help: "where to listen (127.0.0.1:8443); port 0 is any"),
      .init(name: "--certificate", value: "FILE", help: "the certificate chain for TLS, a PEM file"),
      .init(name: "--certificate-key", value: "FILE", help: "its secret key, a PEM file"),
      .init(
        name: "--print-config", value: nil, help: "print a configuration, with what each field means",
        replacesOperands: true),
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
    let engines = try await NodeEngines.open(settings.engine, genesis, key: key)
    do {
      let door = try await Door.open(
        genesis, log: engines.log, blobs: engines.blobs, configuration(settings))
      let url = "\(settings.certificate == nil ? "http" : "https")://\(settings.address):\(door.port)"
      Console.line("listening on \(url)")
      journal.write(.info, "listening", ["url": url, "network": genesis.network.hex])
      let stop = try await StopSignal.first()
      await door.close()
      try await engines.close()
      journal.write(.info, "stopped")
      return stop.exitCode
    } catch {
      try? await engines.close()
      throw error
    }
  }

  private static func settings(_ arguments: CommandLineArguments) throws -> GatewaySettings {
    var settings = GatewaySettings()
    if let path = arguments.operands.first {
      settings = try GatewaySettings(
        json5: try FileReader.read(path, limitBytes: SettingsFields.fileBytesLimit), name: path)
    }
    settings.genesis = arguments.text("--genesis") ?? settings.genesis
    settings.key = arguments.text("--key") ?? settings.key
    settings.engine.folder = arguments.text("--folder") ?? settings.engine.folder
    if arguments.has("--nats") { settings.engine.servers = arguments.texts("--nats") }
    if let place = try arguments.endpoint("--listen", specification) {
      settings.address = place.host
      settings.port = UInt16(place.port)
    }
    settings.certificate = arguments.text("--certificate") ?? settings.certificate
    settings.certificateKey = arguments.text("--certificate-key") ?? settings.certificateKey
    guard (settings.certificate == nil) == (settings.certificateKey == nil) else {
      throw UsageError("--certificate and --certificate-key come together", command: specification.name)
    }
    return settings
  }

  private static func configuration(_ settings: GatewaySettings) -> DoorConfiguration {
    var configuration = DoorConfiguration()
    configuration.server.address = settings.address
    configuration.server.port = settings.port
    configuration.server.allowsExposedPlaintext = settings.behindProxy
    if let certificate = settings.certificate, let key = settings.certificateKey {
      configuration.server.tls = TLSFiles(certificateChain: certificate, privateKey: key)
    }
    configuration.limits.checkpointVersions = settings.checkpointVersions
    configuration.limits.requestsPerSecond = settings.requestsPerSecond
    return configuration
  }
}
