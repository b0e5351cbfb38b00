public import JSON5

/// How a gateway is set up, as files write it.
public struct GatewaySettings: Equatable, Sendable {
  /// The file of the network's genesis.
  public var genesis = "genesis"
  /// The key file to log in to the cluster with; the embedded engine needs none.
  public var key: String?
  /// Where log and blobs are.
  public var engine = EngineSettings(folder: "gateway")
  /// The numeric address to listen on.
  public var address = "127.0.0.1"
  /// The port to listen on; 0 for any that is free.
  public var port: UInt16 = 8_443
  /// The certificate chain, a PEM file; nil for no TLS.
  public var certificate: String?
  /// The key of the certificate, a PEM file.
  public var certificateKey: String?
  /// Whether a proxy in front has TLS, so that other addresses than loopback may do without.
  public var behindProxy = false
  /// From one checkpoint of a model to the next, in versions; 0 for none.
  public var checkpointVersions: UInt64 = 64
  /// Requests of one address a second, on average.
  public var requestsPerSecond = 64.0

  /// The defaults.
  public init() {}

  /// Reads a file. Fields that are left out keep their defaults.
  ///
  /// - Throws: `SettingsError` with every mistake
  public init(json5: [UInt8], name: String) throws(SettingsError) {
    self = try SettingsFields.read(json5, name: name) { fields in
      var settings = GatewaySettings()
      settings.read(&fields)
      return settings
    }
  }

  private mutating func read(_ fields: inout SettingsFields) {
    fields.text("genesis", &genesis)
    fields.text("key", &key)
    engine.read(&fields)
    fields.object("listen") { inner in
      inner.text("address", &address)
      inner.whole("port", &port, in: 0...UInt16.max)
      inner.text("certificate", &certificate)
      inner.text("certificateKey", &certificateKey)
      inner.flag("behindProxy", &behindProxy)
      if (certificate == nil) != (certificateKey == nil) {
        inner.report("certificate", .unusable(reason: "a certificate and its key come together"))
      }
    }
    fields.whole("checkpointVersions", &checkpointVersions, in: 0...1_000_000)
    fields.number("requestsPerSecond", &requestsPerSecond, in: 1...1_000_000)
  }

  /// A file with a comment on every field.
  public static var documented: String {
    let defaults = GatewaySettings()
    return """
      // A gateway. Every field may be left out; unknown fields are refused. Names of files start at the
      // folder that the gateway is started in.
      {
        // The network.
        genesis: \(JSON5Text.quoted(defaults.genesis)),

        // The key to log in to the cluster with. It signs nothing else, and the embedded engine needs none.
        // key: "gateway.key",

      \(defaults.engine.documented)

        // Other addresses than loopback need a certificate, or a proxy in front that has one.
        listen: {
          address: \(JSON5Text.quoted(defaults.address)),
          port: \(defaults.port),
          // certificate: "chain.pem",
          // certificateKey: "key.pem",
          behindProxy: \(defaults.behindProxy),
        },

        // How many versions come between checkpoints, which spare newcomers the steps; 0 for none.
        checkpointVersions: \(defaults.checkpointVersions),

        // Requests of one address a second, on average.
        requestsPerSecond: \(defaults.requestsPerSecond),
      }
      """
  }
}
