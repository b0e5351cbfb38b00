import Aggregation
import Numerics
import Testing
import Wire

@testable import Ledger

@Suite("Rows of the validation matrix")
struct RowCommitmentTests {
  private func cells(_ world: LedgerWorld, trust: UInt16) -> [Assessment.Cell] {
    world.updates.map { _ in Assessment.Cell(verdict: .admit, trust: trust, clip: .max) }
  }

  private func slashings(_ events: [ReplicaEvent]) -> [(
    validator: PublicKey, units: UInt64, offence: Offence
  )] {
    events.compactMap {
      if case .slashed(let key, let units, let offence) = $0 { (key, units, offence) } else { nil }
    }
  }

  @Test("are bound until the first one is revealed, which more than two thirds of the stake must be for")
  func phases() throws {
    var world = try LedgerWorld()
    world.drawSeed()
    #expect(world.commitRow(0).isEmpty)
    #expect(world.commitRow(1).isEmpty)
    #expect(world.assess(0).refusal == .wrongPhase)
    #expect(world.commitRow(2).names == ["rowsCommitted"])
    #expect(world.commitRow(3).isEmpty, "nobody has seen a row yet")
    #expect(world.assess(3).isEmpty)
    #expect(world.assess(0).isEmpty)
    #expect(world.assess(1).names == ["mergeDecided"])
    #expect(world.assess(2).isEmpty, "a row that was committed to counts for pay after the plan")
  }

  @Test("say nothing while they are committed to, and bind one validator to one row")
  func hiding() throws {
    var world = try LedgerWorld()
    world.drawSeed()
    let row = world.row(0)
    let salts = (0..<4).map { LedgerWorld.digest($0) }
    let commitments = salts.flatMap { salt in
      world.validators.map { key in
        Assessment(network: row.network, task: row.task, window: row.window, cells: row.cells, salt: salt)
          .commitment(by: key.publicKey)
      }
    }
    #expect(Set(commitments).count == 16, "every salt and every key gives another commitment")
    #expect(
      world.row(0).commitment(by: world.validators[0].publicKey)
        == row.commitment(by: world.validators[0].publicKey))
    #expect(
      row.commitment(by: world.validators[0].publicKey)
        != world.row(0, cells(world, trust: 1)).commitment(by: world.validators[0].publicKey))
  }

  @Test("of validators that are not bound stand in for those that stay silent, and earn nothing")
  func silence() throws {
    var world = try LedgerWorld()
    world.drawSeed()
    for validator in 0..<3 { world.commitRow(validator) }
    #expect(world.assess(0).isEmpty)
    #expect(world.assess(1).isEmpty)
    #expect(world.assess(3).names == ["mergeDecided"], "the third is silent, the fourth is late")
    for validator in [0, 1, 3] { world.attest(validator) }
    #expect(world.state.version == 1)
    let payout = try #require(world.finishWindow().payouts.first)
    #expect(Set(payout.shares.map(\.recipient)) == Set(world.validators[0..<2].map(\.publicKey)))
  }

  @Test("cost a part of the bond if they are withheld, once the version's validators are paid")
  func withheld() throws {
    var world = try LedgerWorld(stakes: [100_000, 100_001, 100_000, 100_000])
    world.drawSeed()
    world.commitRows()
    for validator in [0, 2, 3] { world.assess(validator) }
    for validator in world.validators.indices { world.attest(validator) }
    #expect(world.state.version == 1)
    let treasury = try #require(Replica.treasury)
    #expect(world.replica.accounts[treasury].balanceUnits == 0)
    let events = world.finishWindow()
    let found = try #require(slashings(events).first)
    #expect(slashings(events).count == 1)
    #expect(found.validator == world.validators[1].publicKey)
    #expect(found.units == 101, "10 basis points of 100,001 units, rounded up")
    #expect(found.offence == .withheldRow(task: world.task, version: 1))
    #expect(world.replica.accounts[treasury].balanceUnits == 101)
    #expect(world.replica.accounts[found.validator].bondUnits == 99_900)
    #expect(!events.payouts[0].shares.map(\.recipient).contains(found.validator))
    #expect(slashings(world.finishWindow()).isEmpty, "once")
  }

  @Test("may be revealed until then, and are paid for: before the version, and after it")
  func lateReveal() throws {
    for isFinal in [false, true] {
      var world = try LedgerWorld()
      world.drawSeed()
      world.commitRows()
      let row = Transaction.assessment(world.row(3))
      for validator in 0..<3 { world.assess(validator) }
      if !isFinal { #expect(world.apply(row, by: world.validators[3]).isEmpty) }
      for validator in world.validators.indices { world.attest(validator) }
      if isFinal { #expect(world.apply(row, by: world.validators[3]).isEmpty) }
      #expect(world.apply(row, by: world.validators[3]).refusal == .repeated)
      let events = world.finishWindow()
      #expect(slashings(events).isEmpty)
      #expect(events.payouts.first?.shares.count == 4)
    }
  }

  @Test("of a validator that signed twice cost nothing more")
  func slashedAlready() throws {
    var world = try LedgerWorld()
    world.drawSeed()
    world.commitRows()
    for validator in 1..<4 { world.assess(validator) }
    for validator in 1..<4 { world.attest(validator) }
    try world.slash(0)
    #expect(slashings(world.finishWindow()).isEmpty)
  }

  @Test(
    "never move a median beyond honest values, whoever commits, reveals, copies or stays silent, and end",
    arguments: 1...40 as ClosedRange<UInt64>)
  func hostileThird(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let stakes = (0..<(4 + random.integer(below: 4))).map { _ in UInt64(1 + random.integer(below: 30)) }
    var world = try LedgerWorld(stakes: stakes)
    var hostile: Set<Int> = []
    for index in random.permutation(count: stakes.count) {
      let weight = hostile.union([index]).reduce(UInt64(0)) { $0 + world.weights[$1] }
      if 3 * weight < world.weights.reduce(0, +) { hostile.insert(index) }
    }
    world.drawSeed()
    var rows: [Int: [Assessment.Cell]] = [:]
    var honestTrusts: [UInt16] = []
    for index in stakes.indices {
      let trust = UInt16(20_000 + random.integer(below: 20_000))
      if !hostile.contains(index) { honestTrusts.append(trust) }
      rows[index] = cells(
        world, trust: hostile.contains(index) ? [0, .max][random.integer(below: 2)] : trust)
    }
    // The hostile are the first to commit and to reveal, if they do either.
    let order = random.permutation(count: stakes.count).sorted {
      hostile.contains($0) && !hostile.contains($1)
    }
    for index in order where !hostile.contains(index) || random.integer(below: 4) > 0 {
      world.commitRow(index, rows[index])
      if random.integer(below: 3) == 0, let first = hostile.first { world.assess(first, rows[first]) }
    }
    for index in order where !hostile.contains(index) || random.integer(below: 2) > 0 {
      world.assess(index, rows[index])
    }
    let plan = try #require(world.plan, "seed \(seed): the task hangs")
    honestTrusts.sort()
    for entry in plan.entries {
      #expect(
        entry.weight >= honestTrusts[0] && entry.weight <= honestTrusts[honestTrusts.count - 1],
        "seed \(seed)")
    }
    #expect(plan.entries.count == world.updates.count, "seed \(seed)")
  }
}
