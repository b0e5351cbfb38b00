import Aggregation
import Attribution
import Testing
import Wire

@testable import Ledger

/// A world, and a last act in it that must be refused.
private struct RefusalCase: CustomTestStringConvertible {
  let refusal: Refusal
  let name: String
  let act: @Sendable (inout LedgerWorld) throws -> [ReplicaEvent]

  init(
    _ refusal: Refusal, _ name: String,
    _ act: @escaping @Sendable (inout LedgerWorld) throws -> [ReplicaEvent]
  ) {
    self.refusal = refusal
    self.name = name
    self.act = act
  }

  var testDescription: String { "\(refusal): \(name)" }
}

@Suite("Refusals")
struct RefusalTests {
  // `LedgerWorld.apply` checks that a refusal changes nothing.
  @Test("stop every act that breaks a rule", arguments: accounts + windows + validators)
  fileprivate func refuses(_ example: RefusalCase) throws {
    var world = try LedgerWorld()
    let events = try example.act(&world)
    #expect(events.refusal == example.refusal, "\(events)")
  }

  @Test("are all reached by an example")
  func allCases() {
    let reached = Set((Self.accounts + Self.windows + Self.validators).map(\.refusal))
    #expect(reached == Set(Refusal.allCases))
  }

  private static let accounts: [RefusalCase] = [
    RefusalCase(.malformed, "bytes that are no envelope") { $0.apply([1, 2, 3], id: LedgerWorld.digest(0)) },
    RefusalCase(.malformed, "no bytes at all") { $0.apply([], id: .zero) },
    RefusalCase(.malformed, "a name that is not the envelope's") { world in
      let message = Withdrawal(network: world.network, nonce: world.nonce(world.author), units: 1)
      return world.apply(
        Transaction.withdrawal(message).signed(by: world.author).wireBytes, id: LedgerWorld.digest(0))
    },
    RefusalCase(.malformed, "a signature over another body") { world in
      let message = Withdrawal(network: world.network, nonce: world.nonce(world.author), units: 1)
      let envelope = Transaction.withdrawal(message).signed(by: world.author)
      var bytes = envelope.wireBytes
      bytes[bytes.count - 1] ^= 1
      return world.apply(bytes, id: envelope.id)
    },
    RefusalCase(.malformed, "an attestation on its own") { world in
      world.decide()
      let header = try #require(world.header())
      let envelope = Attestation(header: header, credits: .zero).signed(by: world.validators[0])
      return world.apply(envelope.wireBytes, id: envelope.id)
    },
    RefusalCase(.otherNetwork, "a transaction for another network") { world in
      let message = Withdrawal(network: LedgerWorld.digest(0), nonce: world.nonce(world.author), units: 1)
      return world.apply(.withdrawal(message), by: world.author)
    },
    RefusalCase(.wrongNonce, "a record that is replayed") { world in
      let message = Withdrawal(network: world.network, nonce: world.nonce(world.author), units: 1)
      world.apply(.withdrawal(message), by: world.author)
      return world.apply(.withdrawal(message), by: world.author)
    },
    RefusalCase(.wrongNonce, "a nonce ahead of the account") { world in
      let message = Release(network: world.network, nonce: .max)
      return world.apply(.release(message), by: world.contributors[0])
    },
    RefusalCase(.insufficientUnits, "a transfer of more than there is") { world in
      let units = world.balance(world.author) + 1
      let message = Transfer(
        network: world.network, nonce: world.nonce(world.author), recipient: world.author.publicKey,
        units: units)
      return world.apply(.transfer(message), by: world.author)
    },
    RefusalCase(.insufficientUnits, "a withdrawal of bonded units") { world in
      let message = Withdrawal(network: world.network, nonce: 0, units: 1)
      return world.apply(.withdrawal(message), by: world.validators[0])
    },
    RefusalCase(.insufficientUnits, "a registration without a bond") { world in
      world.register(try LedgerWorld.key(9, 0))
    },
    RefusalCase(.zeroUnits, "a transfer of nothing") { world in
      let message = Transfer(
        network: world.network, nonce: world.nonce(world.author), recipient: world.author.publicKey, units: 0)
      return world.apply(.transfer(message), by: world.author)
    },
    RefusalCase(.zeroUnits, "a task without escrow, which a stranger could open") { world in
      let key = try LedgerWorld.key(9, 0)
      let message = TaskCreation(
        network: world.network, nonce: 0, specification: world.state.specification, escrowUnits: 0)
      return world.apply(.taskCreation(message), by: key)
    },
    RefusalCase(.alreadyRegistered, "a contributor twice") { $0.register($0.contributors[0]) },
    RefusalCase(.alreadyRegistered, "a validator") { $0.register($0.validators[0]) },
    RefusalCase(.notRegistered, "a release of someone who never registered") { world in
      world.apply(
        .release(Release(network: world.network, nonce: world.nonce(world.author))), by: world.author)
    },
    RefusalCase(.notRegistered, "a commitment after a release") { world in
      let key = world.contributors[0]
      world.apply(.release(Release(network: world.network, nonce: world.nonce(key))), by: key)
      return world.commit(0, LedgerWorld.digest(0))
    },
    RefusalCase(.stillCommitted, "a release with an open commitment") { world in
      world.commit(0, LedgerWorld.digest(0))
      return world.release(0)
    },
    RefusalCase(.stillCommitted, "a release with an update in the collecting window") { world in
      world.contribute(0, 0)
      return world.release(0)
    },
    RefusalCase(.stillCommitted, "a release with an update in the closed window") { world in
      world.decide()
      return world.release(0)
    },
    RefusalCase(.tooManyTasks, "one task more than there may be") { world in
      for _ in world.replica.tasks.count..<Limits.tasks {
        world.open(world.state.specification, escrowUnits: 1)
      }
      #expect(world.replica.tasks.count == Limits.tasks)
      let message = TaskCreation(
        network: world.network, nonce: world.nonce(world.author), specification: world.state.specification,
        escrowUnits: 1)
      return world.apply(.taskCreation(message), by: world.author)
    },
    RefusalCase(.unknownTask, "funds for no task") { world in
      let message = TaskFunding(
        network: world.network, nonce: world.nonce(world.author), task: .zero, units: 1)
      return world.apply(.taskFunding(message), by: world.author)
    },
    RefusalCase(.unknownTask, "a commitment to no task") { world in
      let message = Commitment(
        network: world.network, task: .zero, baseVersion: 0, sequence: 1, packet: .zero)
      return world.apply(.commitment(message), by: world.contributors[0])
    },
  ]

  private static let windows: [RefusalCase] = [
    RefusalCase(.futureVersion, "an update from a version that is not final") { world in
      world.decide()
      return world.commit(0, LedgerWorld.digest(0), base: 1)
    },
    RefusalCase(.futureVersion, "an update from the last version there can be") { world in
      world.commit(0, LedgerWorld.digest(0), base: .max)
    },
    RefusalCase(.stale, "an update from a version too long ago") { world in
      for _ in 0..<3 { world.finishWindow() }
      return world.commit(0, LedgerWorld.digest(0), base: 0)
    },
    RefusalCase(.oldSequence, "a commitment that is replayed") { world in
      let message = Commitment(
        network: world.network, task: world.task, baseVersion: 0, sequence: 1, packet: LedgerWorld.digest(0))
      world.apply(.commitment(message), by: world.contributors[0])
      return world.apply(.commitment(message), by: world.contributors[0])
    },
    RefusalCase(.oldSequence, "sequence zero") { world in
      let message = Commitment(
        network: world.network, task: world.task, baseVersion: 0, sequence: 0, packet: LedgerWorld.digest(0))
      return world.apply(.commitment(message), by: world.contributors[0])
    },
    RefusalCase(.alreadyCommitted, "someone else's open packet") { world in
      world.commit(0, LedgerWorld.digest(0))
      return world.commit(1, LedgerWorld.digest(0))
    },
    RefusalCase(.alreadyCommitted, "a packet of the closed window") { world in
      world.decide()
      return world.commit(1, world.updates[0].packet)
    },
    RefusalCase(.tooManyCommitments, "one open commitment more than allowed") { world in
      for number in 0..<Limits.openCommitmentsPerContributor {
        #expect(world.commit(0, LedgerWorld.digest(number)).refusal == nil)
      }
      return world.commit(0, LedgerWorld.digest(Limits.openCommitmentsPerContributor))
    },
    RefusalCase(.tooManyWaiting, "an update for the window after the next") { world in
      for number in 0..<4 { #expect(world.contribute(0, number).refusal == nil) }
      return world.contribute(0, 4)
    },
    RefusalCase(.heldBack, "an update after two rejections") { world in
      world = try LedgerWorld(contributors: 8)
      for number in 4..<8 { world.contribute(number, 0) }
      for _ in 0..<3 { world.finishWindow(rejecting: [0]) }
      return world.commit(0, LedgerWorld.digest(0))
    },
    RefusalCase(.notCommitted, "a submission of someone else's packet") { world in
      world.commit(0, LedgerWorld.digest(0))
      return world.submit(1, LedgerWorld.digest(0))
    },
    RefusalCase(.notCommitted, "a submission twice") { world in
      world.contribute(0, 0)
      return world.submit(0, LedgerWorld.digest(0, 0))
    },
    RefusalCase(.windowFull, "an update past the window's limit") { world in
      let packet = LedgerWorld.digest(0)
      world.commit(0, packet)
      return world.fullReplicaEvents(for: packet)
    },
  ]

  private static let validators: [RefusalCase] = [
    RefusalCase(.notValidator, "a contributor's row") { world in
      world.drawSeed()
      return world.apply(.assessment(world.row(LedgerWorld.fullTrust)), by: world.contributors[0])
    },
    RefusalCase(.notValidator, "an author's attestation") { world in
      world.decide()
      let message = world.attestation(try #require(world.header()), world.honestCredits, by: world.author)
      return world.apply(.attestation(message), by: world.author)
    },
    RefusalCase(.notValidator, "a slashed validator's secret") { world in
      try world.slash(0)
      return world.bind(0)
    },
    RefusalCase(.wrongPhase, "a secret for a window to come") { $0.bind(0, window: 1) },
    RefusalCase(.wrongPhase, "a secret revealed before the window closed") { world in
      world.bind(0)
      return world.reveal(0)
    },
    RefusalCase(.wrongPhase, "a row before the seed") { world in
      world.closeWindow()
      return world.assess(0)
    },
    RefusalCase(.wrongPhase, "an attestation before the plan") { world in
      world.finishWindow()
      world.drawSeed()
      return world.attest(0, world.header()?.with(version: 2))
    },
    RefusalCase(.repeated, "a secret bound twice") { world in
      world.bind(0)
      return world.bind(0)
    },
    RefusalCase(.repeated, "a secret revealed twice") { world in
      world.closeWindow()
      world.reveal(0)
      return world.reveal(0)
    },
    RefusalCase(.repeated, "a second row") { world in
      world.drawSeed()
      world.assess(0)
      return world.assess(0)
    },
    RefusalCase(.repeated, "a second attestation, though for another model") { world in
      world.decide()
      world.attest(0)
      return world.attest(0, world.header(lie: 1))
    },
    RefusalCase(.repeated, "a late attestation twice") { world in
      world.finishWindow()
      return world.attest(3)
    },
    RefusalCase(.wrongSecret, "another secret than the one bound") { world in
      world.closeWindow()
      let message = SeedReveal(network: world.network, task: world.task, window: 0, secret: .zero)
      return world.apply(.seedReveal(message), by: world.validators[0])
    },
    RefusalCase(.wrongSeal, "a content key where packets are plain") { world in
      world.commit(0, LedgerWorld.digest(0), keyDigest: LedgerWorld.digest(1))
    },
    RefusalCase(.wrongSeal, "no content key where packets are sealed") { world in
      world = try LedgerWorld(privacy: .sealedKept)
      return world.commit(0, LedgerWorld.digest(0), keyDigest: .zero)
    },
    RefusalCase(.wrongPhase, "keys of a task that keeps them") { world in
      world = try LedgerWorld(privacy: .sealedKept)
      world.decide()
      return world.releaseKeys(0)
    },
    RefusalCase(.wrongKeys, "a key too few") { world in
      world = try LedgerWorld(privacy: .sealedPublished)
      world.decide()
      return world.releaseKeys(0) { $0.dropLast() }
    },
    RefusalCase(.wrongShape, "a row with a cell too few") { world in
      world.drawSeed()
      return world.assess(0, [LedgerWorld.fullTrust, LedgerWorld.fullTrust])
    },
    RefusalCase(.wrongAttestation, "someone else's attestation") { world in
      world.decide()
      let message = world.attestation(
        try #require(world.header()), world.honestCredits, by: world.validators[1])
      return world.apply(.attestation(message), by: world.validators[0])
    },
    RefusalCase(.wrongAttestation, "a header with another log") { world in
      world.decide()
      return world.attest(0, world.header()?.with(logChain: .zero))
    },
    RefusalCase(.wrongAttestation, "a header with other accounts") { world in
      world.decide()
      return world.attest(0, world.header()?.with(accountsRoot: .zero))
    },
    RefusalCase(.wrongAttestation, "a credit too many") { world in
      world.decide()
      return world.attest(0, credits: CreditRow(credits: [1, 2, 3, 4], lossBefore: 0, lossAfter: 0))
    },
    RefusalCase(.wrongAttestation, "a credit that no measurement gives") { world in
      world.decide()
      return world.attest(0, credits: CreditRow(credits: [.min, 0, 0], lossBefore: 0, lossAfter: 0))
    },
    RefusalCase(.wrongAttestation, "losses whose difference exceeds 64 bits") { world in
      world.decide()
      return world.attest(0, credits: CreditRow(credits: [0, 0, 0], lossBefore: .max, lossAfter: .min))
    },
    RefusalCase(.wrongAttestation, "credits that the attestation does not name") { world in
      world.decide()
      let signed = world.attestation(
        try #require(world.header()), world.honestCredits, by: world.validators[0])
      let message = CreditedAttestation(
        network: world.network, attestation: signed.attestation,
        credits: CreditRow(credits: [0, 0, 0], lossBefore: 0, lossAfter: 0))
      return world.apply(.attestation(message), by: world.validators[0])
    },
    RefusalCase(.wrongAttestation, "a late attestation for another model") { world in
      world.decide()
      for validator in 0..<3 { world.attest(validator) }
      return world.attest(3, world.header(lie: 1))
    },
    RefusalCase(.wrongAttestation, "a late attestation without credits") { world in
      world.decide()
      for validator in 0..<3 { world.attest(validator) }
      return world.attest(3, credits: CreditRow(credits: [], lossBefore: 0, lossAfter: 0))
    },
    RefusalCase(.noOffence, "the same attestation twice") { world in
      world.decide()
      let header = try #require(world.header())
      let envelope = Attestation(header: header, credits: .zero).signed(by: world.validators[0])
      return world.apply(
        .evidence(Evidence(network: world.network, first: envelope, second: envelope)), by: world.author)
    },
  ]
}

extension LedgerWorld {
  fileprivate mutating func release(_ contributor: Int) -> [ReplicaEvent] {
    let key = contributors[contributor]
    return apply(.release(Release(network: network, nonce: nonce(key))), by: key)
  }

  /// Submits to a copy of the replica whose window has been filled by hand: as many signatures would say
  /// no more.
  fileprivate func fullReplicaEvents(for packet: Digest) -> [ReplicaEvent] {
    var replica = replica
    for number in 0..<Limits.updatesPerWindow {
      replica.tasks[task]?.collecting.intake.append(
        WindowUpdate(
          packet: Self.digest(77, number), contributor: author.publicKey, baseVersion: 0,
          committedAt: UInt64(number), keyDigest: .zero))
    }
    let message = Submission(network: network, task: task, packet: packet)
    let envelope = Transaction.submission(message).signed(by: contributors[0])
    return replica.apply(envelope.wireBytes, id: envelope.id)
  }
}
