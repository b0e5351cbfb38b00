import Numerics

/// A contributor's machine and its link.
struct Device: Equatable, Sendable {
  /// How many times as long as an ordinary machine it trains.
  var slowness = 1.0
  /// What its link carries up in a second; infinite without a limit.
  var upBytesPerSecond = Double.infinity
  /// What its link carries down in a second; infinite without a limit.
  var downBytesPerSecond = Double.infinity
  /// When it takes part.
  var availability = Availability.always
}

extension Device {
  /// Keeps what is drawn here apart from what else follows from a scenario's seed.
  private static let seedMask: UInt64 = 0x6465_7669_6365

  /// The streams of random numbers, one a figure, so that a change of one leaves the others.
  private enum Stream: UInt64 {
    case slowness = 1
    case up, down, phase, row
  }

  /// Draws a scenario's devices, the slowest first.
  ///
  /// - Throws: `DeviceTrace.Mistake`, or `EngineError` for a trace that cannot be read
  static func drawn(for scenario: Scenario) throws -> [Device] {
    let settings = scenario.contributors.devices
    let count = scenario.contributors.count
    func random(_ stream: Stream) -> SeededRandom {
      SeededRandom(seed: scenario.seed ^ seedMask, stream: stream.rawValue)
    }
    func values(_ spread: DeviceSpread?, _ stream: Stream) -> [Double] {
      var random = random(stream)
      return spread?.values(count, using: &random) ?? [Double](repeating: .infinity, count: count)
    }
    var devices: [Device]
    if settings.trace.isEmpty {
      let slowness = values(settings.slowness, .slowness)
      let (up, down) = (values(settings.upBytesPerSecond, .up), values(settings.downBytesPerSecond, .down))
      devices = (0..<count).map {
        Device(slowness: slowness[$0], upBytesPerSecond: up[$0], downBytesPerSecond: down[$0])
      }
    } else {
      let trace = try DeviceTrace(path: settings.trace)
      var random = random(.row)
      devices = (0..<count).map { _ in trace.devices[random.integer(below: trace.devices.count)] }
    }
    var phases = random(.phase)
    let period = settings.availability.periodSeconds
    for index in devices.indices {
      devices[index].availability = Availability(
        periodSeconds: period, openSeconds: period * settings.availability.share,
        phaseSeconds: period * phases.uniform())
    }
    let order = devices.indices.sorted { (devices[$1].slowness, $0) < (devices[$0].slowness, $1) }
    return order.map { devices[$0] }
  }

  /// How long bytes take on the way up, or down.
  func upSeconds(_ bytes: Int) -> Double { Double(bytes) / upBytesPerSecond }
  func downSeconds(_ bytes: Int) -> Double { Double(bytes) / downBytesPerSecond }
}

extension DeviceSettings.Dropout {
  /// The part of a training after which it is lost; nil if it is not.
  func lostPart(using random: inout SeededRandom) -> Double? {
    probability > 0 && random.uniform() < probability ? random.uniform() : nil
  }
}
