import Aggregation

/// The attackers of one group, who share an attack and everything that they know.
struct Collusion {
  /// The attack that they share.
  var attack: any UpdateAttack
  private let members: [Int]
  private let windowUpdates: Int
  private let hostileUpdates: Int
  private var deltas: [Int: [Float]] = [:]
  private var ruleVersion: UInt64?

  /// - Parameters:
  ///   - attack: what they share, before the first window
  ///   - members: their indices in the federation
  ///   - contributors: how many contributors there are in all
  ///   - windowUpdates: how many updates close a window
  init(_ attack: any UpdateAttack, members: [Int], of contributors: Int, windowUpdates: Int) {
    self.attack = attack
    self.members = members
    self.windowUpdates = windowUpdates
    let expected = Double(windowUpdates * members.count) / Double(contributors)
    hostileUpdates = max(1, Int(expected.rounded()))
  }

  /// What one of them knows when its training has come to a delta.
  mutating func context(
    of member: Int, honestDelta: [Float], view: RunRecorder.View, version: UInt64
  ) -> AttackContext {
    deltas[member] = honestDelta
    // The latest of a window's worth; at least one, however many the attackers are.
    let honest = view.updates.suffix(max(1, windowUpdates - hostileUpdates))
    return AttackContext(
      honestDelta: honestDelta, colludersDeltas: members.compactMap { deltas[$0] },
      honestUpdates: honest.map(\.values), honestSenders: honest.map(\.sender), globalSteps: view.steps,
      windowUpdates: windowUpdates, hostileUpdates: hostileUpdates, colluders: members.count,
      ownIndex: members.firstIndex(of: member) ?? 0, version: version)
  }

  /// Whether the rule has to be prepared for a version: the first of the group to finish asks it for all.
  mutating func asksTheRule(at version: UInt64) -> Bool {
    guard attack.asksTheRule, ruleVersion != version else { return false }
    ruleVersion = version
    return true
  }
}

extension Federation {
  /// The groups that do something to their updates, by name.
  func collusions(windowUpdates: Int) -> [String: Collusion] {
    var collusions: [String: Collusion] = [:]
    for group in groups {
      let indices = members.indices.filter { members[$0].group == group.name }
      guard let attack = indices.first.flatMap({ members[$0].attack }) else { continue }
      collusions[group.name] = Collusion(
        attack, members: indices, of: members.count, windowUpdates: windowUpdates)
    }
    return collusions
  }
}
