import Agents
import AgentsTestKit
import Aggregation
import Ledger
import Testing
import Updates
import Wire

/// Validators of which a few judge each window.
struct CommitteeTests {
  private func network(seats: UInt32, seed: UInt64) throws -> TestNetwork {
    try TestNetwork(
      seed: seed, validators: 6,
      policy: MergePolicy(windowSize: 3, upForm: .dense8, downForm: .dense8, committeeSeats: seats))
  }

  /// Who ordered rows, by window.
  private func judges(_ group: ValidatorGroup) -> [UInt64: Set<PublicKey>] {
    var judges: [UInt64: Set<PublicKey>] = [:]
    for envelope in group.envelopes {
      if case .assessment(let row)? = try? Transaction(envelope) {
        judges[row.window, default: []].insert(envelope.signer)
      }
    }
    return judges
  }

  @Test func aCommitteeJudgesAndEveryoneComesToTheSameModel() async throws {
    var group = ValidatorGroup(try network(seats: 2, seed: 1))
    try await group.begin()
    for sequence in 1...4 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    #expect(group.finals.map(\.version) == [1, 2, 3, 4] && group.halts.isEmpty)
    #expect(Set(group.validators.map { $0.model(of: group.network.task) }).count == 1)
    let judges = judges(group)
    #expect(judges.count == 4 && judges.values.allSatisfy { (1...2).contains($0.count) })
    #expect(judges.values.reduce(Set()) { $0.union($1) }.count > 2, "not always the same")
    let refused = group.events.compactMap { if case .refused(let refusal) = $0 { refusal } else { nil } }
    #expect(!refused.contains(.notValidator))
  }

  /// One validator of six sits on some committee of one, and says nothing.
  @Test func aSilentCommitteeIsDrawnAnewWhenClocksSaySo() async throws {
    var redraws: UInt64 = 0
    for seed in 1...6 as ClosedRange<UInt64> {
      var group = ValidatorGroup(
        try network(seats: 1, seed: seed),
        conducts: [.silent] + [ValidatorGroup.Conduct](repeating: .honest, count: 5))
      try await group.begin()
      for sequence in 1...3 as ClosedRange<UInt64> {
        try await group.runWindow(sequence: sequence, by: [0, 1, 2])
        while let round = group.replica.tasks[group.network.task]?.committeeRound(of: sequence - 1),
          round < 20
        {
          try await group.overdue(window: sequence - 1)
          redraws += 1
        }
        #expect(group.finals.count == Int(sequence), "seed \(seed)")
      }
      let orders = group.envelopes.count
      try await group.overdue(window: 2)
      #expect(group.envelopes.count == orders, "nothing is overdue")
      #expect(group.halts.isEmpty)
    }
    #expect(redraws > 0, "the silent one was never drawn")
  }
}
