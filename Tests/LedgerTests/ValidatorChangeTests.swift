import Aggregation
import Numerics
import Testing
import Wire

@testable import Ledger

@Suite("Changing validators")
struct ValidatorChangeTests {
  /// Opens a second task beside the one of the world.
  private func opened(_ world: inout LedgerWorld) -> (first: Digest, second: Digest) {
    let first = world.task
    world.open(world.state.specification, escrowUnits: 1_000)
    return (first, world.task)
  }

  private func digest(_ world: LedgerWorld) -> Digest { world.replica.validators.digest }

  @Test("a candidate votes from the version on that names it, and not before")
  func joining() throws {
    var world = try LedgerWorld(candidates: 1)
    let genesis = digest(world)
    world.decide()
    #expect(world.bond(4, 100).isEmpty)
    #expect(world.bind(4).refusal == .notValidator)
    #expect(world.template?.nextValidators == genesis, "decided before the bond")
    for validator in 0..<3 { world.attest(validator) }
    #expect(world.replica.validators.epoch == 0)
    world.decide()
    let named = try #require(world.template)
    #expect(named.epoch == 0 && named.nextValidators != genesis)
    #expect(world.attest(4).refusal == .notValidator, "the old set finishes what it decided")
    for validator in 0..<2 { #expect(world.attest(validator).isEmpty) }
    let events = world.attest(2)
    let handover = try #require(events.handovers.first)
    #expect(events.names.prefix(2) == ["versionFinal", "paid"] && events.names.contains("validatorsChanged"))
    #expect(handover.validators == world.replica.validators)
    #expect(handover.validators.digest == named.nextValidators)
    #expect(handover.validators.epoch == 1 && handover.validators.members.count == 5)
    #expect(world.bind(4).isEmpty)
    world.decide()
    #expect(world.template?.epoch == 1)
    #expect(world.template?.nextValidators == digest(world))
    for validator in [4, 0, 1] { world.attest(validator) }
    #expect(world.attest(2).final?.certificate.attestations.count == 4)
  }

  @Test("unbonded units stay bonded until no set that counts them has anything to finish")
  func leaving() throws {
    var world = try LedgerWorld(stakes: [100, 100, 100, 100, 100])
    let tasks = opened(&world)
    world.task = tasks.first
    world.decide()
    let (template, plan) = (try #require(world.template), try #require(world.plan))
    #expect(world.unbond(0, 100).isEmpty)
    #expect(world.replica.accounts[world.validators[0].publicKey].bondUnits == 100)
    world.task = tasks.second
    let events = world.finishWindow()
    #expect(events.handovers.count == 1)
    #expect(world.replica.validators.members.count == 4)
    #expect(events.unbonded.isEmpty, "the first task has a version to attest that the old set decided")
    #expect(world.bind(0).refusal == .notValidator)
    #expect(world.unbond(0, 1).refusal == .notValidator)
    world.task = tasks.first
    let header = template.with(step: LedgerWorld.digest(1))
    let credits = world.credits(of: plan)
    for validator in 0..<3 { #expect(world.attest(validator, header, credits: credits).isEmpty) }
    let last = world.attest(3, header, credits: credits)
    #expect(last.final?.header.epoch == 0)
    #expect(last.unbonded == [world.validators[0].publicKey: 100])
    #expect(world.balance(world.validators[0]) >= 100)
    #expect(world.register(world.validators[0]).refusal == .insufficientUnits, "it may be a contributor now")
  }

  @Test("part of a stake is taken out, and what is added in the meantime stays")
  func partly() throws {
    var world = try LedgerWorld(stakes: [100, 100, 100, 100], candidates: 1)
    world.bond(4, 500)
    #expect(world.unbond(4, 500).unbonded == [world.validators[4].publicKey: 500], "it was in no set yet")
    world.bond(4, 500)
    world.finishWindow()
    #expect(world.replica.validators.stakeUnits(of: world.validators[4].publicKey) == 500)
    #expect(world.weights == [100, 100, 100, 100, 171])
    world.unbond(4, 300)
    world.bond(4, 100)
    #expect(world.replica.accounts[world.validators[4].publicKey].bondUnits == 600)
    let events = world.finishWindow()
    #expect(events.unbonded == [world.validators[4].publicKey: 300])
    #expect(world.replica.validators.stakeUnits(of: world.validators[4].publicKey) == 300)
    #expect(world.replica.validators.epoch == 2)
  }

  @Test("all plans of an epoch that name another set name the same, and the first that is final hands over")
  func oneSuccessor() throws {
    var world = try LedgerWorld(candidates: 2)
    let tasks = opened(&world)
    let genesis = digest(world)
    world.task = tasks.first
    world.decide()
    let first = (template: try #require(world.template), plan: try #require(world.plan))
    #expect(first.template.nextValidators == genesis)
    world.bond(4, 100)
    world.task = tasks.second
    world.decide()
    let second = (template: try #require(world.template), plan: try #require(world.plan))
    #expect(second.template.nextValidators != genesis)
    world.bond(5, 100)
    // The first task goes on under the old set, and names the same successor.
    world.task = tasks.first
    let header = first.template.with(step: LedgerWorld.digest(1))
    for validator in 0..<3 { world.attest(validator, header, credits: world.credits(of: first.plan)) }
    #expect(world.replica.validators.epoch == 0, "that version names no other set")
    world.decide()
    let third = try #require(world.template)
    #expect(third.nextValidators == second.template.nextValidators, "though there is one more candidate")
    for validator in 0..<2 { world.attest(validator) }
    let events = world.attest(2)
    #expect(events.handovers.map(\.validators.members.count) == [5])
    // The other version of the old epoch names the set that is in force already.
    world.task = tasks.second
    let late = second.template.with(step: LedgerWorld.digest(2))
    for validator in 0..<2 { world.attest(validator, late, credits: world.credits(of: second.plan)) }
    let final = world.attest(2, late, credits: world.credits(of: second.plan))
    #expect(final.final != nil && final.handovers.isEmpty)
    #expect(world.replica.validators.epoch == 1)
    #expect(world.finishWindow().handovers.map(\.validators.members.count) == [6])
  }

  @Test("a window that has closed counts the votes of those who closed it, however many are left in force")
  func windowsUnderWay() throws {
    var world = try LedgerWorld(stakes: [100, 100, 100, 100, 100], minimumValidators: 2)
    let tasks = opened(&world)
    world.task = tasks.first
    world.drawSeed()
    for validator in 0..<2 { #expect(world.commitRow(validator).isEmpty) }
    let updates = world.updates
    for validator in 2..<5 { world.unbond(validator, 100) }
    world.task = tasks.second
    world.decide()
    for validator in 0..<3 { #expect(world.attest(validator).isEmpty) }
    let events = world.attest(3)
    #expect(world.replica.validators.members.count == 2)
    #expect(!events.names.contains("rowsCommitted"), "two of five are not enough")
    world.task = tasks.first
    let cells = updates.map { _ in LedgerWorld.fullTrust }
    #expect(world.commitRow(4, cells).isEmpty)
    #expect(world.commitRow(3, cells).names == ["rowsCommitted"])
    for validator in [0, 1, 3] { #expect(world.assess(validator, cells).isEmpty) }
    #expect(world.assess(2, cells).names == ["mergeDecided"], "it is bound to nothing, and counts")
    #expect(world.template?.epoch == 0)
  }

  @Test(
    "a window is finished by the set that closed it: seed, rows, plan and version",
    arguments: TaskPhase.allCases)
  func formerSet(_ phase: TaskPhase) throws {
    guard phase != .collecting else { return }
    var world = try LedgerWorld(candidates: 4)
    let tasks = opened(&world)
    world.task = tasks.first
    world.closeWindow()
    if phase != .drawingSeed { for validator in 0..<2 { world.reveal(validator) } }
    if phase == .revealing || phase == .attesting { world.commitRows() }
    if phase == .attesting { for validator in 0..<3 { world.assess(validator) } }
    #expect(world.state.phase == phase)
    let (genesis, updates, plan) = (digest(world), world.updates, world.plan)
    var template = world.template
    world.replaceValidators()
    world.task = tasks.second
    #expect(world.finishWindow().handovers.count == 1)
    let bonds = world.validators.prefix(4).map { world.replica.accounts[$0.publicKey].bondUnits }
    #expect(bonds == [100, 100, 100, 100], "they answer for a window")
    world.task = tasks.first
    #expect(world.state.phase == phase)
    if phase == .drawingSeed {
      #expect(world.reveal(4).refusal == .notValidator)
      #expect(world.reveal(0).isEmpty)
      #expect(world.reveal(1).names == ["seedDrawn"])
    }
    let cells = (phase == .drawingSeed ? world.updates : updates).map { _ in LedgerWorld.fullTrust }
    if phase == .drawingSeed || phase == .judging {
      #expect(world.commitRow(4, cells).refusal == .notValidator)
      for validator in 0..<3 { #expect(world.commitRow(validator, cells).refusal == nil) }
    }
    if phase != .attesting {
      #expect(world.assess(4, cells).refusal == .notValidator)
      for validator in 0..<2 { #expect(world.assess(validator, cells).isEmpty) }
      #expect(world.assess(2, cells).names == ["mergeDecided"])
      template = world.template
      #expect(template?.nextValidators == genesis, "others have followed, and it names no successor")
    }
    #expect(template?.epoch == 0)
    let header = try #require(template).with(step: LedgerWorld.digest(1))
    let credits = world.credits(of: phase == .attesting ? plan : world.plan)
    #expect(world.attest(4, header, credits: credits).refusal == .notValidator)
    for validator in 0..<2 { #expect(world.attest(validator, header, credits: credits).isEmpty) }
    let last = world.attest(2, header, credits: credits)
    #expect(last.final != nil && last.handovers.isEmpty)
    let owesRow = phase == .revealing || phase == .attesting
    #expect(last.unbonded.count == (owesRow ? 3 : 4), "the fourth has not revealed what it is bound to")
    #expect(world.replica.validators.epoch == 1)
    #expect(world.finishWindow().final?.header.epoch == 1)
  }

  @Test("a set that has gone names nobody, though stakes have changed since")
  func onlyThoseInForceName() throws {
    var world = try LedgerWorld(candidates: 5)
    let tasks = opened(&world)
    world.task = tasks.first
    world.drawSeed()
    let cells = world.updates.map { _ in LedgerWorld.fullTrust }
    for validator in 0..<4 { world.unbond(validator, 100) }
    for validator in 4..<8 { world.bond(validator, 100) }
    world.task = tasks.second
    world.finishWindow()
    let second = digest(world)
    world.bond(8, 100)
    world.task = tasks.first
    for validator in 0..<4 { world.commitRow(validator, cells) }
    for validator in 0..<3 { world.assess(validator, cells) }
    #expect(world.template?.nextValidators == world.genesis.validators.digest)
    for validator in 0..<3 { world.attest(validator) }
    #expect(world.state.version == 1 && digest(world) == second)
    #expect(world.finishWindow().handovers.map(\.validators.members.count) == [5])
  }

  @Test("a set never falls below the least number, and whoever signed twice leaves at the next change")
  func leastNumber() throws {
    var world = try LedgerWorld(candidates: 1, minimumValidators: 4)
    for validator in 0..<4 { world.unbond(validator, 100) }
    #expect(world.finishWindow().handovers.isEmpty)
    #expect(world.template?.nextValidators == digest(world))
    for validator in 0..<4 {
      #expect(world.replica.accounts[world.validators[validator].publicKey].bondUnits == 100)
    }
    world = try LedgerWorld(stakes: [100, 100, 100, 100, 100], minimumValidators: 4)
    try world.slash(2)
    #expect(world.weights[2] == 100, "its weight stays in the whole until then")
    #expect(world.finishWindow().handovers.map(\.validators.members.count) == [4])
    #expect(world.weights[2] == 0)
    #expect(world.finishWindow().final?.certificate.attestations.count == 3)
  }

  @Test("a validator that has left can be punished while its units are bonded, and not afterwards")
  func punishedWhileBonded() throws {
    var world = try LedgerWorld(stakes: [100, 100, 100, 100, 100])
    world.decide()
    world.unbond(0, 100)
    guard case .slashed(_, 100, .signedTwice) = try world.slash(0).first else {
      Issue.record("its units are not out of reach")
      return
    }
    for validator in 1..<5 { world.attest(validator) }
    world.unbond(1, 100)
    #expect(world.finishWindow().unbonded == [world.validators[1].publicKey: 100])
    #expect(try world.slash(1).refusal == .noOffence)
  }

  @Test("a row that is owed keeps the bond")
  func owedRow() throws {
    var world = try LedgerWorld(stakes: [10_000, 10_000, 10_000, 10_000, 10_000])
    world.unbond(0, 10_000)
    world.drawSeed()
    world.commitRows()
    for validator in 1..<5 { world.assess(validator) }
    for validator in 1..<4 { world.attest(validator) }
    #expect(world.attest(4).unbonded.isEmpty && world.replica.validators.epoch == 1)
    let events = world.finishWindow()
    #expect(events.unbonded == [world.validators[0].publicKey: 9_990], "less what the row cost")
  }
}
