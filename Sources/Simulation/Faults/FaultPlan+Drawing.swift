import Ledger
import Numerics

extension FaultPlan {
  /// Draws a plan from a seed.
  public init(seed: UInt64) {
    var random = SeededRandom(seed: seed, stream: 1)
    let validators = Self.drawValidators(&random)
    let contributors = 5 + random.integer(below: 3)
    let windowSize = 2 + random.integer(below: 2)
    // As many honest ones as fill windows alone.
    let hostileCount = random.integer(below: min(4, contributors - windowSize))
    let calmSeconds = 6 + 8 * random.uniform()
    self.init(
      seed: seed, validators: validators, gateways: 1 + random.integer(below: 3), contributors: contributors,
      hostile: (0..<hostileCount).map { _ in
        Scenario.Hostility.allCases[random.integer(below: Scenario.Hostility.allCases.count)]
      }, windowSize: windowSize,
      committeeSeats: random.integer(below: 3) == 0 ? 3 + random.integer(below: 3) : 0,
      privacy: PacketPrivacy.allCases[random.integer(below: PacketPrivacy.allCases.count)],
      links: .init(
        lostPerMille: random.integer(below: 2) * random.integer(below: 200),
        doubledPerMille: random.integer(below: 2) * random.integer(below: 200),
        delaySeconds: random.integer(below: 3) == 0 ? 0.05 : 0.6 * random.uniform()),
      faults: [], calmSeconds: calmSeconds)
    faults = (0..<random.integer(below: 12)).map { _ in drawFault(&random) }
  }

  private static func drawValidators(_ random: inout SeededRandom) -> [Validator] {
    let isEqual = random.integer(below: 5) < 2
    let count = 4 + random.integer(below: 4)
    var validators = (0..<count).map { _ in
      Validator(stakeUnits: isEqual ? 3_000 : 1_000 * UInt64(1 + random.integer(below: 4)))
    }
    // Hostile weight stays a little below a third: fines lower honest weights, too.
    let weights = weights(of: validators)
    var hostileWeight: UInt64 = 0
    for index in random.permutation(count: count) {
      let conduct = Conduct.allCases[random.integer(below: Conduct.allCases.count)]
      guard conduct != .honest, 100 * (hostileWeight + weights[index]) < 32 * weights.reduce(0, +) else {
        continue
      }
      hostileWeight += weights[index]
      validators[index].conduct = conduct
    }
    return validators
  }

  /// Every process of the network.
  var nodes: [NodeID] {
    [.log, .blobs] + (0..<gateways).map { NodeID(role: .gateway, index: $0) }
      + validators.indices.map { NodeID(role: .validator, index: $0) }
      + (0..<contributors).map { NodeID(role: .contributor, index: $0) }
  }

  private func drawFault(_ random: inout SeededRandom) -> Fault {
    let node = nodes[random.integer(below: nodes.count)]
    let seconds = calmSeconds * random.uniform()
    switch random.integer(below: 12) {
    case 0..<4:
      let steps = node.role == .log || node.role == .validator ? 400 : 80
      return .crash(node, step: 1 + random.integer(below: steps), downSeconds: 3 * random.uniform())
    case 4: return .powerCut(atSeconds: seconds, downSeconds: 2 * random.uniform())
    case 5, 6:
      let islanders = nodes.filter { _ in random.integer(below: 3) == 0 }
      return .partition(
        islanders.isEmpty ? [node] : islanders, fromSeconds: seconds,
        untilSeconds: seconds + (calmSeconds - seconds) * random.uniform())
    case 7, 8:
      // The log's servers check their files by themselves, and take what is damaged from each other.
      return .flippedBit(node == .log ? .blobs : node, atSeconds: seconds)
    case 9...10 where node != .log && node != .blobs:
      return .lostDisk(node, atSeconds: seconds, downSeconds: 3 * random.uniform())
    default: return .drift(node, percent: 70 + random.integer(below: 70))
    }
  }
}
