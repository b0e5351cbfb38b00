import Aggregation
import Testing
import Wire

@testable import Ledger

extension LedgerWorld {
  /// Two headers of one version that differ, signed by one validator.
  func evidence(against validator: Int, version: UInt64 = 1) -> Evidence {
    let header = VersionHeader.placeholder(network, task, version: version)
    func signed(_ header: VersionHeader) -> Envelope {
      Attestation(header: header, credits: .zero).signed(by: validators[validator])
    }
    return Evidence(
      network: network, first: signed(header), second: signed(header.with(step: Self.digest(1))))
  }

  @discardableResult
  mutating func slash(_ validator: Int) throws -> [ReplicaEvent] {
    apply(.evidence(evidence(against: validator)), by: author)
  }
}

@Suite("Evidence")
struct EvidenceTests {
  @Test("costs the bond once: a part for the reporter, the rest for the treasury")
  func slashesOnce() throws {
    var world = try LedgerWorld(stakes: [105, 100, 100, 100])
    let before = world.balance(world.author)
    let events = try world.slash(0)
    guard case .slashed(let offender, let units, .signedTwice) = try #require(events.first) else {
      Issue.record("no slashing but \(events)")
      return
    }
    #expect(offender == world.validators[0].publicKey)
    #expect(units == 105)
    #expect(world.balance(world.author) == before + 11, "a tenth, the larger remainder going up")
    let treasury = try #require(Replica.treasury)
    #expect(world.replica.accounts[treasury].balanceUnits == 94)
    #expect(world.replica.accounts[offender].bondUnits == 0)
    #expect(try world.slash(0).refusal == .noOffence)
    #expect(
      world.apply(.evidence(world.evidence(against: 0, version: 7)), by: world.author).refusal == .noOffence)
  }

  @Test(
    "must be two valid signatures by one validator for one version of one task, over different headers"
  )
  func needsOffence() throws {
    var world = try LedgerWorld()
    let network = world.network
    let good = world.evidence(against: 0)
    let header = try Attestation(opening: good.first).header
    func signed(_ header: VersionHeader, by key: SigningKey) -> Envelope {
      Attestation(header: header, credits: .zero).signed(by: key)
    }
    let key = world.validators[0]
    let foreign = VersionHeader.placeholder(.zero, header.task)
    let kind = Envelope(kind: Transaction.Kind.transfer.rawValue, body: good.second.body, signedBy: key)
    let pairs: [(String, Envelope, Envelope)] = [
      ("another version", good.first, signed(header.with(version: 2), by: key)),
      (
        "another signer", good.first,
        signed(header.with(step: LedgerWorld.digest(1)), by: world.validators[1])
      ),
      (
        "another network", signed(foreign, by: key),
        signed(foreign.with(step: LedgerWorld.digest(1)), by: key)
      ),
      ("no attestation", good.first, kind),
      (
        "a contributor", signed(header, by: world.author),
        signed(header.with(step: LedgerWorld.digest(1)), by: world.author)
      ),
      (
        "other credits only", good.first,
        Attestation(header: header, credits: LedgerWorld.digest(3)).signed(by: key)
      ),
      ("a forged signature", good.first, try forged(good.second)),
    ]
    for (name, first, second) in pairs {
      let message = Evidence(network: network, first: first, second: second)
      #expect(world.apply(.evidence(message), by: world.author).refusal == .noOffence, "\(name)")
    }
    #expect(world.replica.slashed.isEmpty)
  }

  private func forged(_ envelope: Envelope) throws -> Envelope {
    var bytes = envelope.wireBytes
    bytes[bytes.count - 1] ^= 1
    return try Envelope(wireBytes: bytes, limit: Envelope.bytesLimit)
  }

  @Test(
    "makes the stake count for nothing: bound secrets, revealed secrets, rows and attestations already there")
  func slashedVotes() throws {
    var bound = try LedgerWorld()
    for contributor in 0..<3 { bound.contribute(contributor, 0) }
    bound.bind(0)
    bound.bind(1)
    try bound.slash(0)
    #expect(bound.bind(2).isEmpty)
    #expect(bound.bind(3).names == ["windowClosed", "windowOpened"])

    var revealed = try LedgerWorld()
    revealed.closeWindow()
    revealed.reveal(0)
    try revealed.slash(0)
    #expect(revealed.reveal(1).isEmpty)
    #expect(revealed.reveal(2).names == ["seedDrawn"])

    var judged = try LedgerWorld()
    judged.drawSeed()
    let poison = judged.updates.map { _ in Assessment.Cell(verdict: .reject(.empty), trust: 0, clip: 0) }
    judged.commitRows([0: poison])
    judged.assess(0, poison)
    try judged.slash(0)
    for validator in 1..<3 { #expect(judged.assess(validator).isEmpty) }
    #expect(judged.assess(3).names == ["mergeDecided"])

    var weighed = try LedgerWorld(stakes: [30, 25, 25, 20])
    weighed.drawSeed()
    let rows = [UInt16(1), 10_000, 20_000, 30_000].map { trust in
      weighed.updates.map { _ in Assessment.Cell(verdict: .admit, trust: trust, clip: .max) }
    }
    weighed.commitRows(Dictionary(uniqueKeysWithValues: zip(0..., rows)))
    for (validator, row) in zip(0..., rows) {
      weighed.assess(validator, row)
      if validator == 0 { try weighed.slash(0) }
    }
    let weights = weighed.plan.map { Set($0.entries.map(\.weight)) }
    #expect(weights == [20_000], "with the slashed row it would be 10,000")

    var attested = try LedgerWorld()
    attested.decide()
    attested.attest(0)
    try attested.slash(0)
    for validator in 1..<3 { #expect(attested.attest(validator).isEmpty) }
    let final = try #require(attested.attest(3).final)
    #expect(
      final.certificate.attestations.map(\.signer) == attested.validators[1...].map(\.publicKey).sorted())
  }

  @Test("pays a slashed validator nothing for the version before")
  func unpaid() throws {
    var world = try LedgerWorld()
    world.finishWindow()
    try world.slash(2)
    let payout = try #require(world.finishWindow().payouts.first)
    #expect(payout.shares.count == 3)
    #expect(!payout.shares.map(\.recipient).contains(world.validators[2].publicKey))
  }
}
