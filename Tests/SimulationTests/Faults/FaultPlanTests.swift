import Numerics
import Testing

@testable import Simulation

@Suite struct FaultPlanTests {
  @Test func drawnPlansLeaveAnHonestSupermajority() {
    var (conducts, kinds): (Set<Conduct>, Set<Scenario.Hostility>) = ([], [])
    for seed: UInt64 in 0..<1_000 {
      let plan = FaultPlan(seed: seed)
      #expect(plan == FaultPlan(seed: seed))
      #expect(plan.hasHonestSupermajority(), "seed \(seed)")
      #expect((4...7).contains(plan.validators.count))
      #expect(plan.contributors - plan.hostile.count > plan.windowSize, "seed \(seed)")
      conducts.formUnion(plan.validators.map(\.conduct))
      kinds.formUnion(plan.hostile)
    }
    #expect(conducts == Set(Conduct.allCases))
    #expect(kinds == Set(Scenario.Hostility.allCases))
  }

  @Test func aPlanIsPrintedInFull() {
    var plan = FaultPlan(seed: 3)
    let node = NodeID(role: .validator, index: 2)
    plan.faults = [
      .crash(node, step: 7, downSeconds: 0.5), .powerCut(atSeconds: 1, downSeconds: 2),
      .partition([.log, node], fromSeconds: 1.25, untilSeconds: 2), .flippedBit(.blobs, atSeconds: 3),
      .lostDisk(node, atSeconds: 4, downSeconds: 1), .drift(node, percent: 120),
    ]
    let lines = plan.description.split(separator: "\n").map(String.init)
    #expect(lines.first == "seed 3")
    #expect(
      Array(lines.suffix(7).dropLast()) == [
        "  validator 2 stops before its step 7, for 0.50 s", "  power cut at 1.00 s, for 2.00 s",
        "  cut off from 1.25 to 2.00 s: the log, validator 2",
        "  a bit flips at 3.00 s on the disk of the blob store",
        "  validator 2 loses its disk at 4.00 s, and starts again after 1.00 s",
        "  the clock of validator 2 runs at 120 %",
      ])
  }

  @Test func shrinkingLeavesWhatMakesAPlanFail() async {
    for seed: UInt64 in 1...60 {
      var plan = FaultPlan(seed: seed)
      let crash = FaultPlan.Fault.crash(.log, step: 3, downSeconds: 1)
      plan.faults.insert(crash, at: plan.faults.count / 2)
      // It fails for as long as the log crashes and messages come twice.
      plan.links.doubledPerMille = 10
      let smallest = await plan.shrunk(runsLimit: 1_000) { candidate in
        candidate.faults.contains(crash) && candidate.links.doubledPerMille > 0
      }
      #expect(smallest.faults == [crash], "seed \(seed)")
      #expect(smallest.links.doubledPerMille == 10 && smallest.links.lostPerMille == 0)
      #expect(smallest.hostile.isEmpty && smallest.gateways == 1 && smallest.validators.count == 4)
      #expect(smallest.validators.allSatisfy { $0.conduct == .honest })
      #expect(smallest.calmSeconds < 2)
    }
  }

  @Test func shrinkingEndsAtItsLimit() async {
    var runs = 0
    let plan = FaultPlan(seed: 9)
    let smallest = await plan.shrunk(runsLimit: 5) { _ in
      runs += 1
      return false
    }
    #expect(smallest == plan)
    #expect(runs == 5)
  }
}
