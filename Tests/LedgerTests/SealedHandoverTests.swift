import Aggregation
import Testing
import Wire

@testable import Ledger

/// What becomes of sealed packets when others come into force than those to whom they are sealed.
@Suite("Sealed packets under a change of validators")
struct SealedHandoverTests {
  /// A world in which four candidates take over from four validators once `world.attest(2)` is applied.
  private func changing(
    _ privacy: PacketPrivacy = .sealedPublished, contributors: Int = 5
  ) throws -> LedgerWorld {
    var world = try LedgerWorld(
      contributors: contributors, policy: LedgerWorld.policy(windowSize: 3, perContributor: 1),
      candidates: 4, privacy: privacy)
    world.replaceValidators()
    world.decide()
    for validator in 0..<2 { #expect(world.attest(validator).isEmpty) }
    return world
  }

  @Test(
    "are refused unless their commitment names the validators in force", arguments: PacketPrivacy.allCases)
  func epochOfCommitments(_ privacy: PacketPrivacy) throws {
    var world = try changing(privacy)
    let packet = LedgerWorld.digest(1)
    for epoch in [1, .max] as [UInt64] {
      #expect(world.commit(4, packet, epoch: epoch).refusal == .wrongSeal, "epoch \(epoch) before")
    }
    #expect(world.attest(2).handovers.count == 1)
    for epoch in [privacy.isSealed ? 0 : 1, 2, .max] as [UInt64] {
      #expect(world.commit(4, packet, epoch: epoch).refusal == .wrongSeal, "epoch \(epoch) after")
    }
    #expect(world.commit(4, packet).names == ["committed"])
    #expect(world.submit(4, packet).names == ["submitted"])
    #expect(Refusal.wrongSeal.explanation.contains("validators in force"))
  }

  @Test("that are in no closed window go back, each with a receipt, and nobody is held back for it")
  func givenBack() throws {
    var world = try changing()
    let (collected, waiting) = (LedgerWorld.digest(3, 900), LedgerWorld.digest(3, 901))
    let unsent = LedgerWorld.digest(4, 902)
    #expect(world.commit(3, collected).refusal == nil && world.submit(3, collected).names == ["submitted"])
    #expect(world.commit(3, waiting).refusal == nil && world.submit(3, waiting).isEmpty)
    #expect(world.commit(4, unsent).refusal == nil)
    let keys = (3...4).map { world.contributors[$0].publicKey }
    let backOff = world.state.backOff
    let events = world.attest(2)
    let returned = events.receipts.filter { $0.verdict == nil }
    #expect(returned.map(\.packet) == [collected, waiting].sorted())
    #expect(returned.allSatisfy { $0.contributor == keys[0] && $0.window == 1 && $0.staleness == 1 })
    #expect(returned.allSatisfy { $0.weight == 0 && $0.paidUnits == 0 && $0.credit == 0 })
    #expect(returned.first?.explanation?.contains("trains again") == true)
    #expect(events.receipts.count == 3 + 2, "those of the version beside")
    let change = try #require(events.names.firstIndex(of: "validatorsChanged"))
    #expect(events.names[change + 1] == "receipts")
    #expect(world.state.collectedUpdates == 0)
    #expect(keys.allSatisfy { world.state.openCommitmentCount(of: $0) == 0 && !world.state.involves($0) })
    var judged = backOff
    for contributor in 0..<3 { judged.note(.admit, of: world.contributors[contributor].publicKey, in: 0) }
    #expect(world.state.backOff == judged, "only what was judged counts")
    #expect(world.submit(4, unsent).refusal == .wrongSeal)
    #expect(world.submit(3, waiting).refusal == .notCommitted)
    #expect(world.submit(4, LedgerWorld.digest(4, 903)).refusal == .notCommitted)
    // The same bytes may be committed to anew: they are no longer known.
    #expect(world.commit(4, unsent).refusal == nil && world.submit(4, unsent).names == ["submitted"])
  }

  @Test("leave what is plain where it is")
  func plainStays() throws {
    var world = try changing(.plain)
    let unsent = LedgerWorld.digest(4, 902)
    for number in 900..<902 { world.contribute(3, number) }
    world.commit(4, unsent)
    let events = world.attest(2)
    #expect(events.handovers.count == 1 && events.receipts.allSatisfy { $0.verdict != nil })
    #expect(world.state.collectedUpdates == 1)
    #expect(world.submit(4, unsent).names == ["submitted"])
  }

  @Test("of every task go back, also of those whose windows others finish")
  func otherTasks() throws {
    var world = try LedgerWorld(candidates: 4, privacy: .sealedKept)
    let first = world.task
    world.open(world.state.specification, escrowUnits: 1_000)
    let second = world.task
    world.drawSeed()
    let packet = LedgerWorld.digest(3, 900)
    world.commit(3, packet)
    world.submit(3, packet)
    world.replaceValidators()
    world.task = first
    let events = world.finishWindow()
    let returned = events.receipts.filter { $0.verdict == nil }
    #expect(returned.map(\.task) == [second] && returned.map(\.packet) == [packet])
    world.task = second
    #expect(world.state.collectedUpdates == 0 && world.state.phase == .judging)
    #expect(world.state.validators(of: 0)?.epoch == 0 && world.replica.validators.epoch == 1)
    #expect(world.state.validators(of: 1) == nil, "it has not closed")
  }

  @Test("are opened by those who have left as long as keys are awaited, and they are paid")
  func formerValidatorsReleaseKeys() throws {
    var world = try changing()
    let plan = try #require(world.plan)
    let events = world.attest(2)
    #expect(events.unbonded.count == 4, "the bonds are back")
    #expect(world.replica.duties(of: world.validators[3].publicKey, in: world.task)?.keyReleases == [0])
    #expect(world.replica.duties(of: world.validators[3].publicKey, in: world.task)?.attestations == [1])
    #expect(world.attest(3).isEmpty, "a slow attestation joins the certificate")
    for validator in 4..<8 {
      #expect(world.releaseKeys(validator).refusal == .notValidator, "it could not open the packets")
    }
    #expect(world.releaseKeys(3).names == ["keysReleased"])
    let before = world.balance(world.validators[3])
    let next = world.finishWindow()
    #expect(next.final?.header.epoch == 1 && world.plan?.window == plan.window + 1)
    #expect(world.balance(world.validators[3]) > before)
    #expect(world.replica.duties(of: world.validators[3].publicKey, in: world.task) == nil)
    #expect(world.attest(3).refusal != nil)
  }

  @Test("name a state to those who follow, though the bonds are back")
  func formerValidatorsNameStates() throws {
    var world = try changing(.sealedKept)
    world.attest(2)
    func notice(_ validator: Int, version: UInt64) -> [ReplicaEvent] {
      let message = SnapshotNotice(
        network: world.network, task: world.task, version: version, blob: LedgerWorld.digest(9))
      return world.apply(.snapshotNotice(message), by: world.validators[validator])
    }
    #expect(notice(0, version: 1).isEmpty && notice(4, version: 1).isEmpty)
    #expect(world.state.snapshots.count == 1)
    world.finishWindow()
    #expect(notice(1, version: 1).refusal == .notValidator, "others have made the newest version")
    #expect(notice(5, version: 2).isEmpty)
    #expect(world.state.snapshots.map(\.version) == [2, 1])
  }
}
