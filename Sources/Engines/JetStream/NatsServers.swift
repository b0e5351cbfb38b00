/// The servers of one NATS cluster, how to log in to them, and how long to wait for them.
///
/// ```swift
/// var servers = NatsServers(["tls://a.example:4222", "tls://b.example:4222"], key: try NatsKey(of: key))
/// servers.authorityPath = "authority.pem"
/// ```
public struct NatsServers: Sendable {
  /// The addresses, `nats://host:port` or `tls://host:port`. Any of them will do.
  public var addresses: [String]
  /// The key to log in with; nil for a server that lets everybody in.
  public var key: NatsKey?
  /// The certificates to trust, a PEM file; nil for the system's.
  public var authorityPath: String?
  /// How long a connection may take.
  public var connectLimit: Duration = .seconds(2)
  /// How long an answer to one request may take.
  public var requestLimit: Duration = .seconds(5)
  /// How long an append or a put goes on trying, over lost connections and elections of leaders.
  public var retryLimit: Duration = .seconds(30)
  /// How long a stream may be absent, or shorter than it was, before that counts as a change of its history:
  /// a new leader needs a moment to know what the last one knew.
  public var recoveryLimit: Duration = .seconds(10)
  /// How long a log that hears of nothing new waits before it asks.
  public var pollInterval: Duration = .seconds(2)

  /// Names servers.
  public init(_ addresses: [String] = ["nats://127.0.0.1:4222"], key: NatsKey? = nil) {
    self.addresses = addresses
    self.key = key
  }

  /// The addresses, for errors.
  var place: String { addresses.joined(separator: ",") }
}

extension Duration {
  /// Whole milliseconds, at least one, as libnats wants them.
  var wholeMilliseconds: Int64 {
    max(1, components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000)
  }
}
