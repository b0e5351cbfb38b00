import Simulation
import Updates

/// Who takes part in the race of stragglers, and what of each is tuned.
enum Contestant: String, CaseIterable, Codable {
  case tributary = "Tributary"
  case eightBit = "Tributary, 8-bit"
  case fedAvg = "FedAvg"
  case overSelected = "over-selected FedAvg"
  case fedProx = "FedProx"
  case fedAsync = "FedAsync"
  case fedBuff = "FedBuff"

  /// The devices of a synchronous round, and the updates of a window or buffer.
  static let windowUpdates = 10
  static let devices = 100
  /// Longer than anybody takes: only the lost are given up.
  private static let generousTimeoutSeconds = 4_000.0

  /// What is tuned, one axis after the other: the values that are tried. The first axis is the learning rate.
  var axes: [(name: String, values: [Double])] {
    let rate = (name: "learning rate", values: [0.02, 0.01, 0.005, 0.05, 0.1, 0.2, 0.4])
    let serverRate = (name: "server rate", values: [0.25, 0.5, 1, 1.5])
    return switch self {
    case .fedAvg, .overSelected: [rate]
    // Its merges are weighted means, so that staleness does not make its steps shorter as it does FedBuff's.
    case .tributary, .eightBit: [rate, ("server rate", [0.25, 0.35, 0.5, 0.75])]
    case .fedProx: [rate, ("deadline", [50, 100, 200]), ("mu", [0.001, 0.1, 1])]
    case .fedAsync: [rate, ("alpha", [0.3, 0.1, 0.6]), ("devices at a time", [30, 100])]
    case .fedBuff: [rate, serverRate, ("devices at a time", [30, 100])]
    }
  }

  /// Where tuning begins.
  var start: [Double] {
    switch self {
    case .fedAvg, .overSelected: [0.02]
    case .tributary, .eightBit: [0.02, 0.5]
    case .fedProx: [0.02, 100, 0.001]
    case .fedAsync: [0.02, 0.3, 100]
    case .fedBuff: [0.02, 1, 100]
    }
  }

  /// The method with some values on its axes; nil for Tributary itself.
  func method(_ values: [Double]) -> PeerMethod? {
    let perRound = Self.windowUpdates
    let timeout = Self.generousTimeoutSeconds
    switch self {
    case .tributary, .eightBit: return nil
    case .fedAvg: return .fedAvg(perRound: perRound, timeoutSeconds: timeout)
    case .overSelected: return .overSelected(perRound: perRound, timeoutSeconds: timeout)
    case .fedProx: return .fedProx(perRound: perRound, deadlineSeconds: values[1], mu: values[2])
    case .fedAsync: return .fedAsync(concurrency: Int(values[2]), alpha: values[1], exponent: 0.5)
    case .fedBuff:
      return .fedBuff(concurrency: Int(values[2]), bufferSize: perRound, serverRate: values[1])
    }
  }

  /// How it packs updates and steps: as the scenario has it, or every value in a byte.
  var packetForm: PacketForm? { self == .eightBit ? .dense8 : nil }

  /// How many versions it makes of as many updates as others make one of.
  var versionsPerWindow: Int { self == .fedAsync ? Self.windowUpdates : 1 }
}
