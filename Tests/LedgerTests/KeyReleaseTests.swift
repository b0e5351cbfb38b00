import Aggregation
import Testing
import Updates
import Wire

@testable import Ledger

/// When the keys of a merge may be published, and what becomes of validators who do not publish them.
@Suite("Content keys")
struct KeyReleaseTests {
  private func world() throws -> LedgerWorld { try LedgerWorld(privacy: .sealedPublished) }

  private func validatorUnits(_ events: [ReplicaEvent]) -> UInt64 {
    events.payouts.flatMap(\.shares).filter { $0.role == .validator }.reduce(0) { $0 + $1.units }
  }

  @Test("are released once, by whichever validator is first")
  func firstRelease() throws {
    var world = try world()
    world.decide()
    let events = world.releaseKeys(2)
    guard case .keysReleased(let task, let window, let keys)? = events.first, events.count == 1 else {
      Issue.record("\(events)")
      return
    }
    #expect(task == world.task && window == 0)
    #expect(keys == world.plan?.entries.compactMap { world.contentKey(of: $0.packet) })
    #expect(world.releaseKeys(2).refusal == .repeated)
    #expect(world.releaseKeys(0).refusal == .repeated)
  }

  @Test("are refused if any is forged, missing, moved or too many")
  func forged() throws {
    var world = try world()
    world.decide()
    let forged = try #require(ContentKey(bytes: LedgerWorld.digest(9).bytes))
    #expect(world.releaseKeys(0) { Array($0.dropFirst()) }.refusal == .wrongKeys)
    #expect(world.releaseKeys(0) { $0 + [forged] }.refusal == .wrongKeys)
    #expect(world.releaseKeys(0) { $0.reversed() }.refusal == .wrongKeys)
    #expect(world.releaseKeys(0) { _ in [] }.refusal == .wrongKeys)
    for place in 0..<3 {
      let events = world.releaseKeys(0) { keys in
        var keys = keys
        keys[place] = forged
        return keys
      }
      #expect(events.refusal == .wrongKeys, "key \(place)")
    }
    #expect(world.releaseKeys(0).refusal == nil, "a refused release stands in nobody's way")
  }

  @Test("are for validators to release, of a merge that was decided")
  func signers() throws {
    var world = try world()
    world.drawSeed()
    #expect(world.releaseKeys(0).refusal == .wrongPhase, "before the decision")
    world.decide()
    let keys = (world.plan?.entries ?? []).compactMap { world.contentKey(of: $0.packet) }
    let release = KeyRelease(network: world.network, task: world.task, window: 0, keys: keys)
    #expect(world.apply(.keyRelease(release), by: world.contributors[0]).refusal == .notValidator)
    let stray = KeyRelease(network: world.network, task: .zero, window: 0, keys: keys)
    #expect(world.apply(.keyRelease(stray), by: world.validators[0]).refusal == .unknownTask)
    #expect(world.releaseKeys(0, window: 1).refusal == .wrongPhase)
    #expect(world.releaseKeys(0).refusal == nil)
  }

  @Test("may come until the following version is final, and not later")
  func late() throws {
    var world = try world()
    world.finishWindow()
    let first = try #require(world.plan)
    let keys = first.entries.compactMap { world.contentKey(of: $0.packet) }
    let release = Transaction.keyRelease(
      KeyRelease(network: world.network, task: world.task, window: 0, keys: keys))
    world.decide()
    var early = world
    #expect(early.apply(release, by: early.validators[1]).refusal == nil, "the next is decided, not final")
    for validator in world.validators.indices { world.attest(validator) }
    #expect(world.state.version == 2)
    #expect(world.apply(release, by: world.validators[1]).refusal == .wrongPhase)
  }

  @Test("that nobody releases leave the validators unpaid, and their units in escrow")
  func unpaid() throws {
    var world = try world()
    world.finishWindow()
    let before = world.state.escrowUnits
    let second = world.finishWindow()
    #expect(second.final?.header.version == 2)
    #expect(validatorUnits(second) == 0)
    #expect(second.payouts.map(\.version) == [2], "author and contributors are paid all the same")
    let paid = second.payouts.flatMap(\.shares).reduce(0) { $0 + $1.units }
    #expect(world.state.escrowUnits == before - paid)
    world.releaseKeys(3)
    #expect(validatorUnits(world.finishWindow()) > 0, "the next version's validators are paid again")
  }

  @Test("that a task keeps or does not have cost nobody pay", arguments: [PacketPrivacy.plain, .sealedKept])
  func notOwed(_ privacy: PacketPrivacy) throws {
    var world = try LedgerWorld(privacy: privacy)
    world.finishWindow()
    #expect(world.releaseKeys(0).refusal == .wrongPhase)
    #expect(validatorUnits(world.finishWindow()) > 0)
  }

  @Test("fit what they open: every validator has a slot, every packet a seal, every window a release")
  func limits() {
    #expect(Limits.validators <= Recipients.countLimit)
    #expect(UpdateLimits.messageBytesLimit <= SealedBlob.contentBytesLimit)
    #expect(Limits.updatesPerWindow * ContentKey.byteCount < Envelope.bodyBytesLimit)
  }

  @Test("of a merge that took nothing in are not owed")
  func nothingMerged() throws {
    var world = try world()
    world.finishWindow(rejecting: Set(world.contributors.indices))
    #expect(world.plan?.entries.isEmpty == true)
    #expect(world.releaseKeys(0).refusal == .wrongPhase)
    #expect(validatorUnits(world.finishWindow()) > 0)
  }
}
