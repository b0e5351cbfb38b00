import Testing
import Wire

@testable import Ledger

@Suite("Snapshot notices") struct SnapshotNoticeTests {
  private func notice(
    _ world: inout LedgerWorld, by key: SigningKey, version: UInt64, blob: Int = 0, task: Digest? = nil
  ) -> [ReplicaEvent] {
    world.apply(
      .snapshotNotice(
        SnapshotNotice(
          network: world.network, task: task ?? world.task, version: version,
          blob: LedgerWorld.digest(7, blob))),
      by: key)
  }

  @Test("keep the newest of each validator, the newest version first, each blob once")
  func theNewestStays() throws {
    var world = try LedgerWorld()
    for _ in 0..<3 { world.finishWindow() }
    let keys = world.validators
    #expect(world.state.snapshots == [])
    #expect(notice(&world, by: keys[0], version: 1).isEmpty)
    #expect(notice(&world, by: keys[1], version: 2, blob: 2).isEmpty)
    #expect(notice(&world, by: keys[2], version: 2, blob: 2).isEmpty)
    #expect(world.state.snapshots.map(\.version) == [2, 1])
    #expect(notice(&world, by: keys[0], version: 3, blob: 3).isEmpty)
    #expect(world.state.snapshots.map(\.blob) == [LedgerWorld.digest(7, 3), LedgerWorld.digest(7, 2)])
  }

  @Test("are refused of versions that are not final, of old ones, and of anybody else")
  func whatIsRefused() throws {
    var world = try LedgerWorld()
    for _ in 0..<2 { world.finishWindow() }
    let keys = world.validators
    #expect(notice(&world, by: keys[0], version: 3).refusal == .futureVersion)
    #expect(notice(&world, by: keys[0], version: 0).refusal == .repeated, "version 0 needs no snapshot")
    #expect(notice(&world, by: keys[0], version: 2).refusal == nil)
    for version in 1...2 as ClosedRange<UInt64> {
      #expect(notice(&world, by: keys[0], version: version, blob: 1).refusal == .repeated)
    }
    #expect(notice(&world, by: world.contributors[0], version: 1).refusal == .notValidator)
    #expect(notice(&world, by: keys[1], version: 1, task: .zero).refusal == .unknownTask)
    #expect(world.state.snapshots.map(\.version) == [2])
  }
}

@Suite("A validator's duties") struct ValidatorDutiesTests {
  private func duties(_ world: LedgerWorld, of validator: Int = 0) throws -> ValidatorDuties {
    try #require(world.replica.duties(of: world.validators[validator].publicKey, in: world.task))
  }

  private func commitToARow(_ validator: Int, _ world: inout LedgerWorld) throws {
    #expect(try duties(world, of: validator).row == 0 && duties(world, of: validator).rowReveal == nil)
    world.commitRow(validator)
    #expect(try duties(world, of: validator).row == nil)
  }

  private func reveal(_ validator: Int, _ world: inout LedgerWorld) throws {
    let commitment = world.row(validator).commitment(by: world.validators[validator].publicKey)
    #expect(
      try duties(world, of: validator).rowReveal
        == ValidatorDuties.Reveal(window: 0, commitment: commitment))
    world.assess(validator)
    #expect(try duties(world, of: validator).rowReveal == nil)
  }

  @Test("follow a window from its opening to the version after, and end with each order")
  func aWholeWindow() throws {
    var world = try LedgerWorld()
    #expect(world.state.phase == .collecting)
    #expect(try duties(world).seedCommitment == 0)
    world.bind(0)
    #expect(try duties(world).seedCommitment == nil)
    #expect(try duties(world, of: 1).seedCommitment == 0)
    world.closeWindow()
    #expect(world.state.phase == .drawingSeed)
    let secret = world.secret(0, window: 0)
    #expect(
      try duties(world).seedReveal
        == ValidatorDuties.Reveal(window: 0, commitment: SeedReveal.commitment(to: secret)))
    #expect(try duties(world).row == nil && duties(world).attestations == [1])
    #expect(try duties(world).seedCommitment == 1)
    world.reveal(0)
    #expect(try duties(world).seedReveal == nil)
    world.reveal(1)
    #expect(world.state.phase == .judging)
    #expect(try duties(world, of: 3).seedReveal == nil, "the seed is drawn")
    for validator in 0..<3 { try commitToARow(validator, &world) }
    #expect(world.state.phase == .revealing)
    #expect(try duties(world, of: 3).row == 0, "those who are not bound may post theirs in the open")
    for validator in 0..<3 { try reveal(validator, &world) }
    #expect(world.state.phase == .attesting)
    #expect(try duties(world, of: 3).row == nil, "the plan is decided")
    world.attest(0)
    #expect(try duties(world).attestations == [] && duties(world, of: 1).attestations == [1])
    world.attest(1)
    world.attest(2)
    #expect(world.state.phase == .collecting)
    #expect(try duties(world).attestations == [])
    #expect(try duties(world, of: 3).attestations == [1], "it still counts, and is paid")
    world.attest(3)
    #expect(try duties(world, of: 3).attestations == [])
  }

  @Test("are none for those who may not vote, and for tasks that do not exist")
  func nobodyElse() throws {
    var world = try LedgerWorld()
    #expect(world.replica.duties(of: world.author.publicKey, in: world.task) == nil)
    #expect(world.replica.duties(of: world.validators[0].publicKey, in: .zero) == nil)
    world.decide()
    let key = world.validators[3]
    let headers = [world.header(), world.header(lie: 1)].compactMap(\.self)
    let attestations = headers.map { Attestation(header: $0, credits: .zero).signed(by: key) }
    world.apply(
      .evidence(Evidence(network: world.network, first: attestations[0], second: attestations[1])),
      by: world.author)
    #expect(world.replica.slashed == [key.publicKey])
    #expect(world.replica.duties(of: key.publicKey, in: world.task) == nil)
  }
}
