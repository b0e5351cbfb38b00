import Aggregation
import Attribution
import Testing
import Wire

@testable import Ledger

/// A network of n validators, of which one may lie.
private struct TestElectorate: CustomTestStringConvertible {
  let stakes: [UInt64]
  let liar: Int?

  var testDescription: String { "stakes \(stakes), liar \(liar.map(String.init) ?? "none")" }

  private static let allStakes: [[UInt64]] = [[1], [3, 1], [3, 2, 2], [30, 25, 25, 20]]

  /// Every network of up to four validators with a liar that holds less than a third.
  static let all: [TestElectorate] = allStakes.flatMap { (stakes: [UInt64]) -> [TestElectorate] in
    // Fewer than four weigh alike: a third each, or more.
    let liars = stakes.count < 4 ? [] : Array(stakes.indices)
    return [TestElectorate(stakes: stakes, liar: nil)]
      + liars.map { TestElectorate(stakes: stakes, liar: $0) }
  }
}

private struct Outcome: Hashable {
  let plan: Digest
  let root: Digest
  let credits: [PublicKey: CreditAccount]
  let escrowUnits: UInt64
}

/// Goes through the attestations in every order. Orders that begin alike share their beginning.
private struct Attesting {
  let task: Digest
  let plan: Digest
  let records: [Replica.CheckedRecord]
  let electorate: TestElectorate
  let weights: [UInt64]

  init(world: LedgerWorld, records: [Replica.CheckedRecord], electorate: TestElectorate) throws {
    weights = world.weights
    task = world.task
    plan = try #require(world.plan).digest
    self.records = records
    self.electorate = electorate
  }

  func explore(_ replica: Replica, order: [Int], _ outcomes: inout Set<Outcome>) {
    let honest = order.filter { $0 != electorate.liar }.reduce(UInt64(0)) { $0 + weights[$1] }
    let isDue = 3 * honest > 2 * weights.reduce(0, +)
    guard let state = replica.tasks[task] else {
      Issue.record("the task is gone")
      return
    }
    #expect(state.version == (isDue ? 1 : 0), "attestations in order \(order)")
    #expect(replica.conservesUnits, "attestations in order \(order)")
    for next in records.indices where !order.contains(next) {
      var copy = replica
      _ = copy.apply(records[next])
      explore(copy, order: order + [next], &outcomes)
    }
    if order.count == records.count {
      outcomes.insert(
        Outcome(plan: plan, root: state.root, credits: state.credits, escrowUnits: state.escrowUnits))
    }
  }
}

@Suite("Votes in every order")
struct VoteOrderTests {
  @Test(
    "lead to one plan and one final version, and never to one without more than two thirds",
    arguments: TestElectorate.all)
  fileprivate func everyOrder(_ electorate: TestElectorate) throws {
    var world = try LedgerWorld(stakes: electorate.stakes)
    world.drawSeed()
    for validator in world.validators.indices {
      world.commitRow(validator, cells(world, lies: validator == electorate.liar))
    }
    var outcomes: Set<Outcome> = []
    for rowOrder in permutations(electorate.stakes.count) {
      var judged = world
      for validator in rowOrder {
        judged.assess(validator, cells(judged, lies: validator == electorate.liar))
      }
      let records = try electorate.stakes.indices.map {
        try attestation(judged, validator: $0, lies: $0 == electorate.liar)
      }
      let attesting = try Attesting(world: judged, records: records, electorate: electorate)
      attesting.explore(judged.replica, order: [], &outcomes)
    }
    #expect(outcomes.count == 1)
  }

  /// The liar lets in what the others reject, and rejects what they admit.
  private func cells(_ world: LedgerWorld, lies: Bool) -> [Assessment.Cell] {
    world.updates.indices.map { index in
      (index == 0) == lies
        ? Assessment.Cell(verdict: .admit, trust: lies ? .max : 40_000, clip: lies ? .max : 50_000)
        : Assessment.Cell(verdict: .reject(lies ? .empty : .replay), trust: 0, clip: 0)
    }
  }

  private func attestation(
    _ world: LedgerWorld, validator: Int, lies: Bool
  ) throws -> Replica.CheckedRecord {
    let key = world.validators[validator]
    let honest = world.honestCredits
    let wild = honest.credits.map { _ in Limits.lossUnits }
    let credits =
      lies ? CreditRow(credits: wild, lossBefore: Limits.lossUnits, lossAfter: -Limits.lossUnits) : honest
    let header = try #require(world.header(lie: lies ? 1 : 0))
    let envelope = Transaction.attestation(world.attestation(header, credits, by: key)).signed(by: key)
    return Replica.CheckedRecord(envelope.wireBytes, id: envelope.id)
  }

  @Test(
    "stop at exactly two thirds of the stake",
    arguments: [[1, 1, 1], [20, 20, 20, 20, 10], [15, 15, 10, 10, 10]])
  func exactlyTwoThirds(_ stakes: [UInt64]) throws {
    let total = stakes.reduce(0, +)
    #expect(try LedgerWorld(stakes: stakes).weights == stakes, "no weight is cut")
    let subsets: [[Int]] = (1..<(1 << stakes.count)).map { mask in
      stakes.indices.filter { mask >> $0 & 1 == 1 }
    }
    let twoThirds = subsets.filter { subset in
      let stake = subset.reduce(UInt64(0)) { $0 + stakes[$1] }
      return 3 * stake == 2 * total
    }
    #expect(!twoThirds.isEmpty)
    for subset in twoThirds {
      var world = try LedgerWorld(stakes: stakes)
      for contributor in 0..<3 { world.contribute(contributor, 0) }
      for validator in subset { #expect(world.bind(validator).isEmpty) }
      world = try LedgerWorld(stakes: stakes)
      world.drawSeed()
      for validator in subset { #expect(world.commitRow(validator).isEmpty) }
      #expect(world.assess(subset[0]).refusal == .wrongPhase)
      world.commitRows()
      for validator in subset { #expect(world.assess(validator).isEmpty) }
      world = try LedgerWorld(stakes: stakes)
      world.decide()
      for validator in subset { #expect(world.attest(validator).isEmpty) }
      #expect(world.state.version == 0)
      let others = Set(stakes.indices).subtracting(subset)
      #expect(world.attest(try #require(others.min())).final != nil)
    }
  }

  @Test("make nothing final while validators with a third of the stake attest another model")
  func splitVote() throws {
    var world = try LedgerWorld(stakes: [1, 1, 1])
    world.decide()
    world.attest(0)
    world.attest(1, world.header(lie: 1))
    world.attest(2)
    #expect(world.state.version == 0)
    #expect(world.state.certificate == nil)
  }
}
