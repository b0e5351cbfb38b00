public import JSON5

/// How a gateway is set up, as files write it.
public struct GatewaySettings: SettingsFile, Equatable, Sendable {
  /// The file of the network's genesis.
  public var genesis = "genesis"
  /// The key file to log in to the cluster with; the embedded engine needs none.
  public var key: String?
  /// Where log and blobs are.
  public var engine = EngineSettings(folder: "gateway")
  /// Where it listens.
  public var listen = ListenSettings()
  /// From one checkpoint of a model to the next, in versions; 0 for none.
  public var checkpointVersions: UInt64 = 64
  /// Requests of one address a second, on average.
  public var requestsPerSecond = 64.0

  /// The defaults.
  public init() {}

  /// Reads the fields that an object has. Those left out keep their values.
  public mutating func read(_ fields: inout SettingsFields) {
    fields.text("genesis", &genesis)
    fields.text("key", &key)
    engine.read(&fields)
    fields.object("listen") { listen.read(&$0) }
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

      \(defaults.listen.documented)

        // How many versions come between checkpoints, which spare newcomers the steps; 0 for none.
        checkpointVersions: \(defaults.checkpointVersions),

        // Requests of one address a second, on average.
        requestsPerSecond: \(defaults.requestsPerSecond),
      }
      """
  }
}
