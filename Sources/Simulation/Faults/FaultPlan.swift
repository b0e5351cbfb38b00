import Ledger

/// Who takes part in a simulation of faults, and what befalls them: a plain value, so that a plan that fails
/// can be made smaller part by part.
public struct FaultPlan: Sendable, Equatable {
  /// One validator.
  struct Validator: Sendable, Equatable {
    var stakeUnits: UInt64
    var conduct = Conduct.honest
  }

  /// One thing that befalls somebody.
  enum Fault: Sendable, Equatable {
    /// A node stops just before its how many-th step, and starts again after some seconds.
    case crash(NodeID, step: Int, downSeconds: Double)
    /// Everything stops at once, and starts again after some seconds.
    case powerCut(atSeconds: Double, downSeconds: Double)
    /// Some nodes are cut off from all others.
    case partition([NodeID], fromSeconds: Double, untilSeconds: Double)
    /// A bit flips on a node's disk.
    case flippedBit(NodeID, atSeconds: Double)
    /// A node loses its disk, and starts again after some seconds with an empty one.
    case lostDisk(NodeID, atSeconds: Double, downSeconds: Double)
    /// A node's clock runs so many times as fast as it should, in hundredths.
    case drift(NodeID, percent: Int)
  }

  /// Decides everything that chance decides.
  public var seed: UInt64
  var validators: [Validator]
  var gateways: Int
  var contributors: Int
  /// Of the contributors, the hostile ones.
  var hostile: [Scenario.Hostility]
  var windowSize: Int
  /// The seats of the committee that judges a window; none has every validator judge.
  var committeeSeats: Int
  var privacy: PacketPrivacy
  var links: SimulatedLinks.Quality
  var faults: [Fault]
  /// When everything works again, in virtual seconds.
  var calmSeconds: Double
}

extension FaultPlan {
  /// Whether validators with more than two thirds of the weight do what the protocol asks, and may be counted
  /// on.
  ///
  /// - Parameter lost: validators that may not be counted on
  func hasHonestSupermajority(without lost: Set<Int> = []) -> Bool {
    let weights = Self.weights(of: validators)
    let honest = validators.indices.filter { validators[$0].conduct == .honest && !lost.contains($0) }
    return 3 * honest.reduce(0) { $0 + weights[$1] } > 2 * weights.reduce(0, +)
  }

  /// The validators whose disks lose or change something. One that no longer has the row that it is bound to
  /// can no more be counted on for its window than a silent one.
  var forgetfulValidators: Set<Int> {
    Set(
      faults.compactMap { fault in
        switch fault {
        case .lostDisk(let node, _, _) where node.role == .validator: node.index
        case .flippedBit(let node, _) where node.role == .validator: node.index
        default: nil
        }
      })
  }

  static func weights(of validators: [Validator]) -> [UInt64] {
    let cap = ValidatorSet.weightCap(
      validators.map(\.stakeUnits), basisPoints: ValidatorSet.defaultWeightCapBasisPoints)
    return validators.map { min($0.stakeUnits, cap) }
  }
}

extension FaultPlan: CustomStringConvertible {
  /// The plan in lines of text.
  public var description: String {
    let stakes = validators.enumerated().map { index, validator in
      let conduct = validator.conduct == .honest ? "" : ", \(validator.conduct.rawValue)"
      return "  validator \(index): \(validator.stakeUnits) units\(conduct)"
    }
    let kinds = hostile.isEmpty ? "all honest" : "hostile: " + hostile.map(\.rawValue).joined(separator: ", ")
    let seats = committeeSeats > 0 ? "committees of \(committeeSeats)" : "everybody judges"
    return
      (["seed \(seed)"] + stakes + [
        "  gateways: \(gateways)", "  contributors: \(contributors), \(kinds)",
        "  windows of \(windowSize), \(seats), packets \(privacy.name)",
        "  messages: \(links.lostPerMille) of 1000 lost, \(links.doubledPerMille) doubled, "
          + "up to \(Self.text(links.delaySeconds)) s late",
      ] + faults.map { "  \($0)" } + ["  calm after \(Self.text(calmSeconds)) s"]).joined(separator: "\n")
  }

  static func text(_ seconds: Double) -> String {
    let hundredths = Int((seconds * 100).rounded())
    return "\(hundredths / 100).\(hundredths % 100 / 10)\(hundredths % 10)"
  }
}

extension FaultPlan.Fault: CustomStringConvertible {
  var description: String {
    let text = FaultPlan.text
    switch self {
    case .crash(let node, let step, let seconds):
      return "\(node) stops before its step \(step), for \(text(seconds)) s"
    case .powerCut(let seconds, let down): return "power cut at \(text(seconds)) s, for \(text(down)) s"
    case .partition(let nodes, let start, let end):
      let names = nodes.map(\.description).joined(separator: ", ")
      return "cut off from \(text(start)) to \(text(end)) s: \(names)"
    case .flippedBit(let node, let seconds): return "a bit flips at \(text(seconds)) s on the disk of \(node)"
    case .lostDisk(let node, let seconds, let down):
      return "\(node) loses its disk at \(text(seconds)) s, and starts again after \(text(down)) s"
    case .drift(let node, let percent): return "the clock of \(node) runs at \(percent) %"
    }
  }
}
