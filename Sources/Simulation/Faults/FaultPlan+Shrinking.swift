import Ledger

extension FaultPlan {
  /// Plans that are simpler in one respect, the boldest first.
  var reductions: [FaultPlan] {
    var plans: [FaultPlan] = []
    func add(_ change: (inout FaultPlan) -> Void) {
      var plan = self
      change(&plan)
      let nodes = plan.nodes
      plan.faults.removeAll { !$0.concerns(nodes) }
      if plan != self, plan.isSensible { plans.append(plan) }
    }
    add { $0.faults.removeFirst($0.faults.count / 2) }
    add { $0.faults.removeLast($0.faults.count / 2) }
    for index in faults.indices { add { $0.faults.remove(at: index) } }
    add { $0.links = .calm }
    add { $0.links.lostPerMille = 0 }
    add { $0.links.doubledPerMille = 0 }
    add { $0.hostile = [] }
    for index in hostile.indices { add { $0.hostile.remove(at: index) } }
    for index in validators.indices { add { $0.validators[index].conduct = .honest } }
    add { $0.contributors -= 1 }
    add { $0.gateways = 1 }
    add { $0.validators.removeLast() }
    add { $0.committeeSeats = 0 }
    add { $0.privacy = .plain }
    add { $0.calmSeconds /= 2 }
    return plans
  }

  private var isSensible: Bool {
    gateways > 0 && validators.count >= 4 && hostile.count + windowSize <= contributors && calmSeconds >= 1
      && hasHonestSupermajority()
  }

  /// Makes a plan smaller for as long as it goes on failing.
  ///
  /// - Parameters:
  ///   - runsLimit: how many plans are tried at most
  ///   - fails: runs a plan, and says whether it fails as this one does
  /// - Returns: a plan that fails, none of whose reductions does if `runsLimit` was enough
  func shrunk(
    runsLimit: Int, while fails: (FaultPlan) async throws -> Bool
  ) async rethrows -> FaultPlan {
    var (plan, runs) = (self, 0)
    search: while true {
      for candidate in plan.reductions {
        guard runs < runsLimit else { break search }
        runs += 1
        if try await fails(candidate) {
          plan = candidate
          continue search
        }
      }
      break
    }
    return plan
  }
}

extension FaultPlan.Fault {
  /// Whether everybody whom it befalls is there.
  fileprivate func concerns(_ nodes: [NodeID]) -> Bool {
    switch self {
    case .crash(let node, _, _), .flippedBit(let node, _), .lostDisk(let node, _, _), .drift(let node, _):
      nodes.contains(node)
    case .powerCut: true
    case .partition(let islanders, _, _): islanders.allSatisfy { nodes.contains($0) }
    }
  }
}
