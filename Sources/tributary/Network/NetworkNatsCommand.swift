import Agents
import Engines
import Ledger
import Wire

/// `tributary network nats`: writes the configuration of one nats-server of a network's cluster.
enum NetworkNatsCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "network nats", summary: "write the configuration of a nats-server for a network",
    operands: ["FILE"],
    options: [
      .init(name: "--genesis", value: "FILE", help: "the network's genesis (genesis); may be repeated"),
      .init(
        name: "--operator", value: "USER",
        help: "who may create streams; may be repeated. USER is a NATS user or a key file"),
      .init(
        name: "--member", value: "USER", help: "who may append: validators and gateways; may be repeated"),
      .init(name: "--reader", value: "USER", help: "who may read; may be repeated"),
      .init(name: "--name", value: "NAME", help: "the server's name, unlike the others' (tributary-1)"),
      .init(name: "--listen", value: "HOST:PORT", help: "where clients connect (127.0.0.1:4222)"),
      .init(name: "--store", value: "DIR", help: "the folder of the streams (nats)"),
      .init(name: "--cluster", value: "HOST:PORT", help: "where the other servers connect"),
      .init(
        name: "--route", value: "URL",
        help: "a server of the cluster, nats-route://host:port; may be repeated"),
      .init(name: "--certificate", value: "FILE", help: "the server's certificate, a PEM file"),
      .init(name: "--certificate-key", value: "FILE", help: "its secret key"),
      .init(name: "--ca", value: "FILE", help: "the authority that the servers know each other by"),
      .json,
    ],
    example: "tributary network nats nats.conf --operator operator.key --member v0.key --member gateway.key")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    var genesisPaths = arguments.texts("--genesis")
    if genesisPaths.isEmpty { genesisPaths = ["genesis"] }
    let networks = try genesisPaths.map { JetStreamNames(network: try GenesisFile.read($0).network) }
    var configuration = NatsServerConfiguration(
      storeFolder: arguments.text("--store") ?? "nats", networks: networks, users: try users(arguments))
    configuration.serverName = arguments.text("--name") ?? configuration.serverName
    if let place = try arguments.endpoint("--listen", specification) {
      (configuration.host, configuration.port) = (place.host, Int(place.port))
    }
    if let place = try arguments.endpoint("--cluster", specification) {
      configuration.cluster = .init(
        host: place.host, port: Int(place.port), routes: arguments.texts("--route"))
    }
    configuration.certificates = try certificates(arguments)
    let path = arguments.operands[0]
    try AtomicFile.write(Array(try configuration.text().utf8), to: path)
    let place = "\(configuration.host):\(configuration.port)"
    print(
      arguments.has("--json")
        ? JSONText.of(["file": path, "listen": place, "users": configuration.users.count])
        : "\(path): a server at \(place) for \(configuration.users.count) users; start it with "
          + "'nats-server -c \(path)'")
    return .success
  }

  private static func users(_ arguments: CommandLineArguments) throws -> [NatsServerConfiguration.User] {
    let roles: [(String, NatsServerConfiguration.Role)] = [
      ("--operator", .operator), ("--member", .member), ("--reader", .reader),
    ]
    return try roles.flatMap { option, role in
      try arguments.texts(option).map { text in
        NatsServerConfiguration.User(
          try NatsUser(name: text) ?? NatsKey(of: try KeyFile.read(text)).user, role)
      }
    }
  }

  private static func certificates(
    _ arguments: CommandLineArguments
  ) throws(UsageError) -> NatsServerConfiguration.Certificates? {
    let options = ["--certificate", "--certificate-key", "--ca"]
    let files = options.compactMap { arguments.text($0) }
    guard !files.isEmpty else { return nil }
    guard files.count == options.count else {
      throw UsageError(
        "\(options.joined(separator: ", ")) come together", command: specification.name)
    }
    return .init(certificatePath: files[0], keyPath: files[1], authorityPath: files[2])
  }
}

/// `tributary network streams`: creates a network's streams on its cluster.
enum NetworkStreamsCommand {
  static let command = Command(specification: specification, run: run)

  private static let specification = CommandSpecification(
    name: "network streams", summary: "create a network's streams on a NATS cluster, or find them there",
    options: [
      .init(name: "--genesis", value: "FILE", help: "the network's genesis (genesis)"),
      .init(name: "--key", value: "FILE", help: "the operator's key"),
      NatsOptions.address, NatsOptions.authority,
      .init(name: "--replicas", value: "N", help: "servers that store each message: 1, 3 or 5 (3)"),
      .json,
    ],
    example: "tributary network streams --key operator.key --nats nats://127.0.0.1:4222 --replicas 1")

  @Sendable private static func run(_ arguments: CommandLineArguments) async throws -> ExitCode {
    let replicas: Int = try arguments.number("--replicas", in: 1...5, command: specification) ?? 3
    guard !replicas.isMultiple(of: 2) else {
      throw UsageError("--replicas takes 1, 3 or 5, not \(replicas)", command: specification.name)
    }
    let genesis = try GenesisFile.read(arguments.text("--genesis") ?? "genesis")
    let servers = try arguments.natsServers(specification)
    try await JetStreamStreams.create(network: genesis.network, on: servers, replicas: replicas)
    print(
      arguments.has("--json")
        ? JSONText.of(["network": genesis.network.hex, "replicas": replicas])
        : "the streams of network \(genesis.network.hex) are there, on \(replicas) servers each")
    return .success
  }
}
