/// Where and how a server listens.
public struct ServerConfiguration: Sendable {
  /// Numeric IPv4 or IPv6 address.
  public var address = "127.0.0.1"
  /// Port; 0 for any that is free.
  public var port: UInt16 = 0
  /// Certificate chain and key as PEM files; nil for no TLS.
  public var tls: TLSFiles?
  /// Whether an address that others can reach may be listened on without TLS, behind a proxy that has it.
  public var allowsExposedPlaintext = false
  /// Event loops, a thread each.
  public var loops = 1
  /// What clients get at most.
  public var limits = ServerLimits()

  /// The defaults: any port of the loopback address, without TLS.
  public init() {}
}

/// A certificate chain and its private key, as PEM files.
public struct TLSFiles: Sendable, Hashable {
  /// The file with the certificate, and then those that vouch for it.
  public let certificateChain: String
  /// The file with the private key.
  public let privateKey: String

  /// Names the files.
  public init(certificateChain: String, privateKey: String) {
    self.certificateChain = certificateChain
    self.privateKey = privateKey
  }
}

/// What a server grants at most. Times in seconds.
public struct ServerLimits: Sendable, Hashable {
  /// Connections together.
  public var connections = 16_384
  /// Connections of one address; of one /64 for IPv6.
  public var connectionsPerAddress = 256
  /// Bytes of a request's head.
  public var headBytes = 16 << 10
  /// Fields of a request's head.
  public var headerFields = 64
  /// Bytes of a request's target.
  public var targetBytes = 4 << 10
  /// Bytes of bodies that are held at a time, over all connections of the server.
  public var heldBodyBytes = 256 << 20
  /// Bytes of an answer that wait to be sent on one connection, beside answers that are bytes already.
  public var outputBytes = 256 << 10
  /// From a connection's, or a request's, first byte to the end of the head; covers the TLS handshake.
  public var headSeconds = 10.0
  /// From one request to the next.
  public var idleSeconds = 75.0
  /// From the end of the head to the end of the body, besides what `minimumBytesPerSecond` grants for its
  /// length.
  public var bodySeconds = 10.0
  /// How fast a client sends and takes at the least, on average.
  public var minimumBytesPerSecond = 4_096
  /// How long an answer may be taken more slowly than that.
  public var stallSeconds = 30.0
  /// How long a client is listened to that was refused while it was sending.
  public var lingerSeconds = 2.0
  /// From the call to `stop` until connections are closed with requests under way.
  public var drainSeconds = 10.0

  /// The defaults.
  public init() {}
}
