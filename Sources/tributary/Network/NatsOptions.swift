import Engines

/// The options of commands that reach a network's cluster, beside the key that they log in with.
enum NatsOptions {
  static let address = CommandSpecification.Option(
    name: "--nats", value: "URL", help: "a server of the cluster; may be repeated (nats://127.0.0.1:4222)")
  static let authority = CommandSpecification.Option(
    name: "--ca", value: "FILE", help: "a PEM file with the authority to trust for TLS")
}

extension CommandLineArguments {
  /// The cluster's servers, and the key to log in with.
  func natsServers(_ command: CommandSpecification) throws -> NatsServers {
    var servers = NatsServers()
    if has("--nats") { servers.addresses = texts("--nats") }
    servers.key = try NatsKey(of: try signingKey(command))
    servers.authorityPath = text("--ca")
    return servers
  }
}
