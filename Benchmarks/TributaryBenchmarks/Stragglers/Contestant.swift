import Simulation
import Updates

/// Who takes part in the race of stragglers, and what of each is tuned.
enum Contestant: String, CaseIterable, Codable {
  /// With the packets that a task file of this model has by default: a byte a parameter.
  case tributary = "Tributary"
  case oneBit = "Tributary, 1 bit"
  case eighthBit = "Tributary, 1/8 bit"
  case sparse = "Tributary, 1/64"
  case fedAvg = "FedAvg"
  case overSelected = "over-selected FedAvg"
  case fedProx = "FedProx"
  case fedAsync = "FedAsync"
  case fedBuff = "FedBuff"
  case momentum = "FedBuff, momentum"

  /// The devices of a synchronous round, and the updates of a window or buffer.
  static let windowUpdates = 10
  static let devices = 100
  /// Longer than anybody takes: only the lost are given up.
  private static let generousTimeoutSeconds = 4_000.0

  /// What is tuned: the values that are tried, all with all, the likely ones first. The first axis is the
  /// learning rate.
  var axes: [(name: String, values: [Double])] {
    let rate = (name: "learning rate", values: [0.4, 0.8, 0.2, 1.6, 0.1, 0.05])
    return switch self {
    case .fedAvg, .overSelected: [rate]
    // Its merges are weighted means, so that staleness does not make its steps shorter as it does FedBuff's.
    case .tributary, .oneBit, .eighthBit, .sparse: [rate, ("server rate", [0.35, 0.25, 0.5, 0.75, 0.1])]
    case .fedProx: [rate, ("deadline", [50, 100, 200]), ("mu", [0.001, 0.1, 1])]
    case .fedAsync: [rate, ("alpha", [0.3, 0.1, 0.6]), ("devices at a time", [100, 30])]
    case .fedBuff:
      [rate, ("server rate", [0.75, 1, 0.5, 1.5, 0.25]), ("devices at a time", [100, 30])]
    case .momentum: [rate, ("server rate", [0.5, 0.25, 0.75, 0.1]), ("momentum", [0.3, 0.6, 0.9])]
    }
  }

  /// The values of all axes, each with each of the others.
  var combinations: [[Double]] {
    axes.reduce([[]]) { combinations, axis in
      combinations.flatMap { values in axis.values.map { values + [$0] } }
    }
  }

  /// The method with some values on its axes; nil for Tributary itself.
  func method(_ values: [Double]) -> PeerMethod? {
    let perRound = Self.windowUpdates
    let timeout = Self.generousTimeoutSeconds
    switch self {
    case .tributary, .oneBit, .eighthBit, .sparse: return nil
    case .fedAvg: return .fedAvg(perRound: perRound, timeoutSeconds: timeout)
    case .overSelected: return .overSelected(perRound: perRound, timeoutSeconds: timeout)
    case .fedProx: return .fedProx(perRound: perRound, deadlineSeconds: values[1], mu: values[2])
    case .fedAsync: return .fedAsync(concurrency: Int(values[2]), alpha: values[1], exponent: 0.5)
    case .fedBuff:
      return .fedBuff(concurrency: Int(values[2]), bufferSize: perRound, serverRate: values[1])
    case .momentum:
      return .fedBuff(
        concurrency: Self.devices, bufferSize: perRound, serverRate: values[1], momentum: values[2])
    }
  }

  /// How it packs updates and steps; nil for methods that do not.
  var packetForms: (up: PacketForm, down: PacketForm)? {
    switch self {
    case .tributary: (.dense8, .dense8)
    case .oneBit: (.rotated(signsPerChunk: 4_096), .sparse(keptPerChunk: 256))
    case .eighthBit: (.rotated(signsPerChunk: 512), .sparse(keptPerChunk: 256))
    case .sparse: (.sparse(keptPerChunk: 64), .sparse(keptPerChunk: 256))
    default: nil
    }
  }

  /// How many versions it makes of as many updates as others make one of.
  var versionsPerWindow: Int { self == .fedAsync ? Self.windowUpdates : 1 }
}
