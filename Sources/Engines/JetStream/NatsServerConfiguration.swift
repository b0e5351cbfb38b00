/// The configuration file of one nats-server of a network's cluster.
///
/// ```swift
/// var configuration = NatsServerConfiguration(
///   storeFolder: "nats", networks: [network], users: [.init(operatorKey.user, .operator)])
/// try AtomicFile.write(Array(try configuration.text().utf8), to: "nats.conf")
/// ```
///
/// Every user logs in with a key and may do what its role says; there is no other way in. What is
/// acknowledged is on disk. Without certificates the server listens on loopback only.
public struct NatsServerConfiguration: Sendable {
  /// What a user may do.
  public enum Role: Sendable, Hashable, CaseIterable {
    /// Read logs and blobs.
    case reader
    /// Append to logs and keep blobs, too: validators and gateways.
    case member
    /// Create streams, and administer JetStream. It neither appends nor keeps.
    case `operator`
  }

  /// A key and its role.
  public struct User: Sendable, Hashable {
    /// The key.
    public let user: NatsUser
    /// The role.
    public let role: Role

    /// Gives a key a role.
    public init(_ user: NatsUser, _ role: Role) {
      self.user = user
      self.role = role
    }
  }

  /// Certificates, as PEM files.
  public struct Certificates: Sendable, Hashable {
    /// The server's certificate.
    public var certificatePath: String
    /// Its secret key.
    public var keyPath: String
    /// The authority that the servers of the cluster know each other by.
    public var authorityPath: String

    /// Names the files.
    public init(certificatePath: String, keyPath: String, authorityPath: String) {
      self.certificatePath = certificatePath
      self.keyPath = keyPath
      self.authorityPath = authorityPath
    }
  }

  /// The other servers of the cluster.
  public struct Cluster: Sendable, Hashable {
    /// The cluster's name, the same on every server.
    public var name: String
    /// The address at which the other servers connect.
    public var host: String
    /// The port at which the other servers connect.
    public var port: Int
    /// The addresses of all servers, `nats-route://host:port`.
    public var routes: [String]

    /// Describes a cluster.
    public init(name: String = "tributary", host: String = "127.0.0.1", port: Int, routes: [String]) {
      self.name = name
      self.host = host
      self.port = port
      self.routes = routes
    }
  }

  /// The server's name, which differs from those of the other servers.
  public var serverName = "tributary-1"
  /// The address to listen on.
  public var host = "127.0.0.1"
  /// The port to listen on; -1 for any that is free.
  public var port = 4_222
  /// The folder of the streams.
  public var storeFolder: String
  /// What the streams may take on disk.
  public var storeBytesLimit = 64 << 30
  /// The length in bytes of the longest message.
  public var payloadBytesLimit = 8 << 20
  /// The number of connections.
  public var connectionsLimit = 1_024
  /// The networks whose streams the users may use, by their names.
  public var networks: [JetStreamNames]
  /// Who may log in.
  public var users: [User]
  /// Certificates, without which the server keeps to loopback.
  public var certificates: Certificates?
  /// The cluster; nil for a server on its own.
  public var cluster: Cluster?

  /// Describes a server on its own, on loopback.
  public init(storeFolder: String, networks: [JetStreamNames], users: [User]) {
    self.storeFolder = storeFolder
    self.networks = networks
    self.users = users
  }

  /// The file's text.
  ///
  /// - Throws: `EngineError` with code `malformed` for a name or path that cannot stand in the file, for an
  ///   address beyond loopback without certificates, or for two users of one key.
  public func text() throws(EngineError) -> String {
    try check()
    var lines = [
      "server_name: \(try quoted(serverName))",
      "listen: \(try quoted("\(host):\(port)"))",
      "max_payload: \(payloadBytesLimit)",
      "max_pending: \(max(64 << 20, 8 * payloadBytesLimit))",
      "max_connections: \(connectionsLimit)",
      "jetstream {",
      "  store_dir: \(try quoted(storeFolder))",
      "  max_memory_store: 0",
      "  max_file_store: \(storeBytesLimit)",
      "  sync_interval: always",
      "}",
    ]
    if let certificates { lines += try Self.block("tls", certificates, verifiesPeers: false, quoted) }
    if let cluster {
      lines += [
        "cluster {",
        "  name: \(try quoted(cluster.name))",
        "  listen: \(try quoted("\(cluster.host):\(cluster.port)"))",
        "  no_advertise: true",
        "  routes: [\(try list(cluster.routes))]",
      ]
      if let certificates { lines += try Self.block("  tls", certificates, verifiesPeers: true, quoted) }
      lines.append("}")
    }
    lines += ["accounts {", "  TRIBUTARY {", "    jetstream: enabled", "    users: ["]
    for user in users { lines += try self.lines(of: user) }
    lines += ["    ]", "  }", "}"]
    return lines.joined(separator: "\n") + "\n"
  }

  /// What a role may publish on, and what it may subscribe to besides its own answers.
  func subjects(of role: Role) -> (publish: [String], subscribe: [String]) {
    let reading = networks.flatMap { names in
      [names.logStream, names.blobStream].flatMap { stream in
        ["$JS.API.STREAM.INFO.\(stream)", "$JS.API.DIRECT.GET.\(stream)"]
      }
    }
    let appending = networks.flatMap { [$0.logSubject, $0.blobPrefix + "*", $0.chunkPrefix + "*"] }
    let announced = networks.map(\.storedSubject)
    return switch role {
    case .reader: (reading, announced)
    case .member: (reading + appending, announced)
    case .operator: (["$JS.API.>"], announced)
    }
  }

  private func lines(of user: User) throws(EngineError) -> [String] {
    let (publish, subscribe) = subjects(of: user.role)
    let inbox = NatsServers.inbox(of: user.user) + ".>"
    return [
      "      {",
      "        nkey: \(user.user.name)",
      "        permissions {",
      "          publish: { allow: [\(try list(publish))] }",
      "          subscribe: { allow: [\(try list([inbox] + subscribe))] }",
      "        }",
      "      }",
    ]
  }

  private static func block(
    _ name: String, _ certificates: Certificates, verifiesPeers: Bool,
    _ quoted: (String) throws(EngineError) -> String
  ) throws(EngineError) -> [String] {
    [
      "\(name) {",
      "  cert_file: \(try quoted(certificates.certificatePath))",
      "  key_file: \(try quoted(certificates.keyPath))",
      "  ca_file: \(try quoted(certificates.authorityPath))",
      "  verify: \(verifiesPeers)",
      "}",
    ]
  }

  private func check() throws(EngineError) {
    let hosts = [host] + (cluster.map { [$0.host] } ?? [])
    if certificates == nil,
      let open = hosts.first(where: { !["127.0.0.1", "::1", "localhost"].contains($0) })
    {
      throw refusal(
        "it would listen on \(open) without certificates", remedy: "set certificates, or listen on 127.0.0.1")
    }
    guard Set(users.map(\.user)).count == users.count else {
      throw refusal("two users have one key", remedy: "give each node a key of its own, and one role")
    }
    guard !users.isEmpty, !networks.isEmpty else {
      throw refusal("it names no user or no network", remedy: "list the nodes' keys and the networks")
    }
  }

  private func list(_ texts: [String]) throws(EngineError) -> String {
    var result: [String] = []
    for text in texts { result.append(try quoted(text)) }
    return result.joined(separator: ", ")
  }

  // The file's strings know escapes, which nothing that belongs here needs.
  private func quoted(_ text: String) throws(EngineError) -> String {
    let isPlain = text.unicodeScalars.allSatisfy {
      $0.value >= 0x20 && $0.value != 0x7f && $0 != "\"" && $0 != "\\"
    }
    guard isPlain, !text.isEmpty else {
      throw refusal(
        "\(text.debugDescription) cannot stand in it", remedy: "use names without quotes or backslashes")
    }
    return "\"\(text)\""
  }

  private func refusal(_ problem: String, remedy: String) -> EngineError {
    EngineError(.malformed, at: "the configuration of nats-server", problem: problem, remedy: remedy)
  }
}
