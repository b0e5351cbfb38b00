public import JSON5

/// How a validator is set up, as files write it.
public struct ValidatorSettings: SettingsFile, Equatable, Sendable {
  /// The file of the network's genesis.
  public var genesis = "genesis"
  /// The validator's key file.
  public var key = "validator.key"
  /// Where log and blobs are; what the validator keeps lies in the same folder.
  public var engine = EngineSettings(folder: "validator")
  /// The examples that it judges with.
  public var data = DataSettings()
  /// The program that judges in their place, for tasks whose trainer is a process; nil for native models.
  public var trainer: TrainerSettings?
  /// Where it serves a gateway of its own; nil for none.
  public var listen: ListenSettings?
  /// Threads of a matrix product, 1...256.
  public var threads = 1
  /// From one snapshot on disk to the next, in versions.
  public var snapshotVersions: UInt64 = 8
  /// From one snapshot for others to the next, in versions; 0 for none.
  public var noticeVersions: UInt64 = 64
  /// How long a committee has to judge a window before another is asked for, in seconds.
  public var committeeSeconds: UInt64 = 120

  /// The defaults.
  public init() {}

  /// Reads the fields that an object has. Those left out keep their values.
  public mutating func read(_ fields: inout SettingsFields) {
    fields.text("genesis", &genesis)
    fields.text("key", &key)
    engine.read(&fields)
    fields.object("data") { data.read(&$0) }
    TrainerSettings.read(&trainer, &fields)
    fields.object("listen") { inner in
      var listen = ListenSettings()
      listen.read(&inner)
      self.listen = listen
    }
    fields.whole("threads", &threads, in: SettingsLimits.threads)
    fields.whole("snapshotVersions", &snapshotVersions, in: 1...1_000_000)
    fields.whole("noticeVersions", &noticeVersions, in: 0...1_000_000)
    fields.whole("committeeSeconds", &committeeSeconds, in: 1...1_000_000)
  }

  /// A file with a comment on every field.
  public static var documented: String {
    let defaults = ValidatorSettings()
    return """
      // A validator. Every field may be left out; unknown fields are refused. Names of files start at the
      // folder that the validator is started in.
      {
        // The network.
        genesis: \(JSON5Text.quoted(defaults.genesis)),

        // The key that signs, of mode 0600. It must be that of one validator only.
        key: \(JSON5Text.quoted(defaults.key)),

      \(defaults.engine.documented)

      \(DataSettings.documented(
        purpose: "The reference set that updates are judged with: of every class, and of nobody else's.",
        share: "{ validator: 0 }"))

      \(TrainerSettings.documented)

        // Threads of a matrix product.
        threads: \(defaults.threads),

        // How many versions come between snapshots on disk, from which a restart goes on, and between those
        // that are published for validators that start late; 0 publishes none.
        snapshotVersions: \(defaults.snapshotVersions),
        noticeVersions: \(defaults.noticeVersions),

        // Seconds that a committee has to judge a window before this validator asks for another one.
        committeeSeconds: \(defaults.committeeSeconds),

        // With `listen`, the process is a gateway, too: with the embedded engine that is a whole network.
        // listen: { address: "127.0.0.1", port: 8443 },
      }
      """
  }
}
