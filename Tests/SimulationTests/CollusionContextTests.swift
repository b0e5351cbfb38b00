import Aggregation
import Learning
import Testing

@testable import Simulation

/// What a group of attackers knows together.
struct CollusionContextTests {
  private func view(senders: [Int]) -> RunRecorder.View {
    RunRecorder.View(
      steps: [[1, 2], [3, 4]], updates: senders.map { (sender: $0, values: [Float($0), 0]) })
  }

  @Test func theLatestHonestUpdatesOfAWindowAreSeen() {
    // Four of twelve: of a window of six two are expected to be theirs.
    var collusion = Collusion(SignFlipAttack(), members: [2, 5, 7, 9], of: 12, windowUpdates: 6)
    let first = collusion.context(
      of: 7, honestDelta: [7, 7], view: view(senders: [0, 1, 3, 4, 6]), version: 3)
    #expect(first.honestSenders == [1, 3, 4, 6])
    #expect(first.honestUpdates == [[1, 0], [3, 0], [4, 0], [6, 0]])
    #expect((first.windowUpdates, first.hostileUpdates, first.colluders, first.ownIndex) == (6, 2, 4, 2))
    #expect(first.colludersDeltas == [[7, 7]])
    #expect(first.globalSteps == [[1, 2], [3, 4]] && first.version == 3)
    let second = collusion.context(of: 2, honestDelta: [2, 2], view: view(senders: []), version: 3)
    #expect(second.colludersDeltas == [[2, 2], [7, 7]] && second.ownIndex == 0)
    #expect(second.honestUpdates.isEmpty)
  }

  @Test func theRuleIsPreparedOnceAVersionAndOnlyForWhoAsks() {
    var plain = Collusion(SignFlipAttack(), members: [0], of: 2, windowUpdates: 2)
    let plainAsks = plain.asksTheRule(at: 0)
    #expect(!plainAsks)
    let attack = ColludingAttack(OptimisedStrategy(LittleIsEnough()))
    var optimised = Collusion(attack, members: [0], of: 2, windowUpdates: 2)
    for version in UInt64(0)..<3 {
      let first = optimised.asksTheRule(at: version)
      let second = optimised.asksTheRule(at: version)
      #expect(first && !second, "version \(version)")
    }
  }

  @Test func groupsAreFoundInTheFederation() throws {
    var scenario = Scenario()
    scenario.contributors.count = 40
    scenario.contributors.devices.slowness = .buckets([
      .init(parts: 38, from: 1, to: 1), .init(parts: 2, from: 5, to: 9),
    ])
    scenario.contributors.hostile = [.alie: 3, .labelFlip: 2, .backdoor: 2, .sybil: 4]
    let federation = try Federation(scenario, dataset: try Digits.load(), variant: .asPlanned)
    #expect(federation.groups.map(\.name) == ["honest", "slow", "label-flip", "backdoor", "alie", "sybil"])
    #expect(federation.members.count { !$0.isHonest } == 11)
    #expect(federation.collusions(windowUpdates: 32).keys.sorted() == ["alie", "sybil"])
    #expect(federation.triggeredTest != nil)
    let clean = try Federation(scenario, dataset: try Digits.load(), variant: .allHonest)
    #expect(clean.triggeredTest == nil && clean.collusions(windowUpdates: 32).isEmpty)
  }

  @Test func hostileKindsHaveTheirPoisonAndTheirAttack() {
    for kind in Scenario.Hostility.allCases {
      #expect(kind.poison != .none || kind.attack != nil, "\(kind.rawValue) does nothing")
      if let attack = kind.attack, kind.poison == .none {
        let isKnown = attack.name == kind.rawValue || [.zeroUpdate, .disguisedCopycat].contains(kind)
        #expect(isKnown, "\(kind.rawValue) is called \(attack.name) in reports")
      }
    }
  }
}
