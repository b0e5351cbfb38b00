import Agents
public import JSON5

/// How a contributor is set up, as files write it.
public struct ContributorSettings: SettingsFile, Equatable, Sendable {
  /// The file of the network's genesis.
  public var genesis = "genesis"
  /// The contributor's key file.
  public var key = "contributor.key"
  /// The folder of what the contributor keeps.
  public var folder = "contributor"
  /// The addresses of gateways, at least one.
  public var gateways = ["http://127.0.0.1:8443"]
  /// The certificates to trust for gateways, a PEM file; nil for the system's.
  public var authority: String?
  /// The task to contribute to; nil for the only one that the network pays for.
  public var task: String?
  /// The examples that it trains on.
  public var data = DataSettings()
  /// The program that trains in their place, for tasks whose trainer is a process; nil for native models.
  public var trainer: TrainerSettings?
  /// The part of the updates that are canaries, which validators must reject, 0...0.5.
  public var canaries = 0.0
  /// Threads of a matrix product, 1...256.
  public var threads = 1

  /// How many gateways may be named.
  static let gatewaysLimit = 64

  /// The defaults.
  public init() {}

  /// Reads the fields that an object has. Those left out keep their values.
  public mutating func read(_ fields: inout SettingsFields) {
    fields.text("genesis", &genesis)
    fields.text("key", &key)
    fields.text("folder", &folder)
    fields.texts("gateways", &gateways, count: 1...Self.gatewaysLimit)
    fields.text("authority", &authority)
    fields.text("task", &task)
    fields.object("data") { data.read(&$0) }
    TrainerSettings.read(&trainer, &fields)
    fields.number("canaries", &canaries, in: 0...Canaries.shareLimit)
    fields.whole("threads", &threads, in: SettingsLimits.threads)
  }

  /// A file with a comment on every field.
  public static var documented: String {
    let defaults = ContributorSettings()
    return """
      // A contributor. Every field may be left out; unknown fields are refused. Names of files start at the
      // folder that the contributor is started in.
      {
        // The network: all that is trusted of it.
        genesis: \(JSON5Text.quoted(defaults.genesis)),

        // The key that signs, of mode 0600. Its account needs the units of the bond.
        key: \(JSON5Text.quoted(defaults.key)),

        // What is kept between updates: what compression left out, and the update under way.
        folder: \(JSON5Text.quoted(defaults.folder)),

        // Gateways of the network. One is asked at a time; the next if it fails or says what does not hold.
        gateways: [\(defaults.gateways.map { JSON5Text.quoted($0) }.joined(separator: ", "))],

        // The certificates to trust for gateways, a PEM file. Without it, the system's.
        // authority: "authority.pem",

        // The task, by its 64 digits. Without it, the only one that the network pays for.
        // task: "",

      \(DataSettings.documented(
        purpose: "What the contributor trains on. No example leaves the process.",
        share: "{ contributor: 0 }"))

      \(TrainerSettings.documented)

        // The part of the updates that are replaced by canaries, 0 to 0.5: ones that validators must reject,
        // so that those who do not look are paid less. A canary earns nothing.
        canaries: \(defaults.canaries),

        // Threads of a matrix product.
        threads: \(defaults.threads),
      }
      """
  }
}
