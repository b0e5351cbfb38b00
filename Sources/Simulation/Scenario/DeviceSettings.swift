import JSON5

/// Contributors' machines and links, as scenarios write them.
public struct DeviceSettings: Equatable, Sendable {
  /// When devices take part. Each has windows of its own.
  public struct Availability: Equatable, Sendable {
    /// From one window to the next, 1...2^30.
    public var periodSeconds = 86_400.0
    /// The part of the period in which a device takes part, 0.001...1.
    public var share = 1.0
  }

  /// How trainings are lost.
  public struct Dropout: Equatable, Sendable {
    /// The probability that a training is, 0...0.99.
    public var probability = 0.0
    /// How long a device is gone then, 0...2^30.
    public var pauseSeconds = 60.0
  }

  /// How many times as long as an ordinary machine they train, 0.001...1,000,000.
  public var slowness = DeviceSpread.buckets([
    .init(parts: 80, from: 1, to: 1), .init(parts: 20, from: 10, to: 10),
  ])
  /// What their links carry up in a second, 1...10^12; nil for no limit.
  public var upBytesPerSecond: DeviceSpread?
  /// What their links carry down in a second, 1...10^12; nil for no limit.
  public var downBytesPerSecond: DeviceSpread?
  /// A CSV file to take all of that from, as `DeviceTrace` reads it; empty for none.
  public var trace = ""
  /// When they take part.
  public var availability = Availability()
  /// How their trainings are lost.
  public var dropout = Dropout()

  /// The defaults: one in five is ten times slower than the others, and nothing else goes wrong.
  public init() {}

  /// Devices whose slowness alone differs.
  public init(slowness: DeviceSpread) {
    self.slowness = slowness
  }

  /// Reads the fields that an object has. Those left out keep their values.
  mutating func read(_ fields: inout SettingsFields) {
    if let value = fields.value("slowness") {
      slowness = DeviceSpread(value, "slowness", in: ScenarioLimits.slowness, fields) ?? slowness
    }
    Self.readLink("upBytesPerSecond", &upBytesPerSecond, &fields)
    Self.readLink("downBytesPerSecond", &downBytesPerSecond, &fields)
    fields.text("trace", &trace)
    fields.object("availability") { inner in
      inner.number("periodSeconds", &availability.periodSeconds, in: ScenarioLimits.periodSeconds)
      inner.number("share", &availability.share, in: ScenarioLimits.availableShare)
    }
    fields.object("dropout") { inner in
      inner.number("probability", &dropout.probability, in: ScenarioLimits.dropout)
      inner.number("pauseSeconds", &dropout.pauseSeconds, in: ScenarioLimits.pauseSeconds)
    }
  }

  private static let unlimited = "unlimited"

  private static func readLink(_ name: String, _ link: inout DeviceSpread?, _ fields: inout SettingsFields) {
    guard let value = fields.value(name) else { return }
    if value.content == .text(unlimited) {
      link = nil
    } else {
      link = DeviceSpread(value, name, in: ScenarioLimits.bytesPerSecond, fields) ?? link
    }
  }

  /// The settings as a field `devices` of a scenario's contributors, with a comment on every field of it.
  var documented: String {
    let quoted = "\"\(Self.unlimited)\""
    return """
          // Their machines and links. Each figure is one number for all, { logNormal: { median, sigma } }, or
          // { buckets: [{ parts, from, to }, ...] }, where each bucket takes its parts of the devices and
          // draws uniformly. Hostile contributors have the fastest machines. FADAS (Wang et al., 2024) tests
          // long delays with { buckets: [{ from: 1, to: 2 }, { from: 3, to: 5 }, { from: 50, to: 80 }] }.
          devices: {
            // How many times as long as an ordinary machine they train. Whoever trains at least twice as long
            // as the median device is reported as slow.
            slowness: \(slowness.documented),
            // What their links carry in a second; "unlimited" leaves it out.
            upBytesPerSecond: \(upBytesPerSecond?.documented ?? quoted),
            downBytesPerSecond: \(downBytesPerSecond?.documented ?? quoted),
            // A CSV file with a device a line, to take the three from: columns slowness, upBytesPerSecond and
            // downBytesPerSecond, the last two if links are limited. Empty for none.
            trace: \(JSON5Text.quoted(trace)),
            // They take part in a share of each period; outside of it they begin nothing and ask for nothing,
            // and what is under way rests.
            availability: { periodSeconds: \(availability.periodSeconds), share: \(availability.share) },
            // The probability that a training is lost midway, and how long the device is gone then.
            dropout: { probability: \(dropout.probability), pauseSeconds: \(dropout.pauseSeconds) },
          },
      """
  }
}
