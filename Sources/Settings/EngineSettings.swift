import JSON5

/// Where a node finds the log and the blobs, as files write it.
public struct EngineSettings: Equatable, Sendable {
  /// The folder of the embedded engine, or of the node's copy of the log.
  public var folder: String
  /// The servers of the cluster, `nats://host:port` or `tls://host:port`; none for the embedded engine.
  public var servers: [String] = []
  /// The certificates to trust, a PEM file; nil for the system's.
  public var authority: String?

  /// The embedded engine in a folder.
  public init(folder: String) {
    self.folder = folder
  }

  /// How many servers a cluster may have.
  static let serversLimit = 64

  /// Reads the field `engine`, if it is there.
  mutating func read(_ fields: inout SettingsFields) {
    fields.object("engine") { inner in
      inner.text("folder", &folder)
      inner.texts("servers", &servers, count: 0...Self.serversLimit)
      inner.text("authority", &authority)
    }
  }

  /// The settings as a field `engine` of a file, with a comment on every field of it.
  var documented: String {
    """
      // Where log and blobs are. With servers it is a NATS cluster, and the folder keeps a copy of the log;
      // without, all of it is in the folder, for one process at a time.
      engine: {
        folder: \(JSON5Text.quoted(folder)),
        servers: [],
        // servers: ["tls://nats-1.example:4222", "tls://nats-2.example:4222"],
        // The certificates to trust, a PEM file. Without it, the system's.
        // authority: "authority.pem",
      },
    """
  }
}
