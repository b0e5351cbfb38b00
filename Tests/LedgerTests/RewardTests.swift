import Aggregation
import Attribution
import Numerics
import Testing
import Wire

@testable import Ledger

@Suite("Rewards")
struct RewardTests {
  /// What a payout gives everyone in a role.
  private func units(_ payout: Payout?, _ role: Payout.Share.Role) -> [PublicKey: UInt64] {
    let shares = payout?.shares.filter { $0.role == role } ?? []
    return Dictionary(shares.map { ($0.recipient, $0.units) }, uniquingKeysWith: +)
  }

  @Test(
    "go to the author and by positive credit to contributors, to the unit; a harmful update earns nothing")
  func byCredit() throws {
    var world = try LedgerWorld()
    world.decide()
    let entries = try #require(world.plan).entries
    let credits = CreditRow(credits: [500, -40, 1_000], lossBefore: 9_000, lossAfter: 9_000 - 1_460)
    for validator in 0..<2 { world.attest(validator, credits: credits) }
    let events = world.attest(2, credits: credits)
    let payout = try #require(events.payouts.first)
    #expect(units(payout, .author) == [world.author.publicKey: 100])
    #expect(units(payout, .contributor) == [entries[0].contributor: 233, entries[2].contributor: 467])
    #expect(units(payout, .validator).isEmpty)
    #expect(world.state.escrowUnits == LedgerWorld.escrowUnits - 800)
    #expect(events.receipts.map(\.credit) == [500, -40, 1_000])
    #expect(events.receipts.map(\.paidUnits) == [233, 0, 467])
    #expect(world.state.lossDrop == 1_460)
    #expect(world.state.contributionRatio(of: entries[2].contributor) == 1_000.0 / 1_460.0)
  }

  @Test("pay a validator that misses what changes less and less, to the unit, and the others in full")
  func insight() throws {
    var world = try LedgerWorld(contributors: 3)
    var latest: [UInt64] = []
    for window in 0..<30 {
      world.drawSeed()
      // Another contributor's update is bad in each window.
      let bad = world.contributors[window % 3].publicKey
      let cells = world.updates.map {
        $0.contributor == bad
          ? Assessment.Cell(verdict: .reject(.duplicate), trust: 0, clip: 0) : LedgerWorld.fullTrust
      }
      let lazy = world.updates.map { _ in LedgerWorld.fullTrust }
      for validator in 0..<4 { world.commitRow(validator, validator == 3 ? lazy : cells) }
      for validator in 0..<4 { world.assess(validator, validator == 3 ? lazy : cells) }
      var events: [ReplicaEvent] = []
      for validator in 0..<4 { events += world.attest(validator) }
      guard window > 0 else { continue }
      let paid = units(events.payouts.first, .validator)
      latest = world.validators.map { paid[$0.publicKey] ?? 0 }
      #expect(latest.reduce(0, +) == 200)
      #expect(Set(latest.prefix(3)).count <= 2 && (latest.max() ?? 0) - (latest.prefix(3).min() ?? 0) <= 1)
    }
    #expect(latest[3] * 2 < latest[0], "two in three agreements, and little insight: \(latest)")
  }

  @Test("pay validators by stake times agreement if they attested, the late ones as well")
  func validators() throws {
    var world = try LedgerWorld(stakes: [400, 300, 200, 100])
    world.drawSeed()
    let off = world.updates.map { _ in Assessment.Cell(verdict: .admit, trust: 32_768, clip: .max) }
    let nothing = world.updates.map { _ in Assessment.Cell(verdict: .reject(.empty), trust: 0, clip: 0) }
    world.commitRows([1: off, 3: nothing])
    #expect(world.assess(0).isEmpty)
    #expect(world.assess(1, off).isEmpty, "weights are 225, 225, 200 and 100")
    #expect(world.assess(2).names == ["mergeDecided"])
    #expect(world.assess(3, nothing).isEmpty, "a late row")
    for validator in 0..<2 { world.attest(validator) }
    #expect(world.attest(2).final != nil)
    #expect(world.attest(3).isEmpty, "a late attestation joins the certificate")
    #expect(world.state.certificate?.attestations.count == 4)
    let escrow = world.state.escrowUnits
    let events = world.finishWindow()
    let paid = units(events.payouts.first, .validator)
    // The matrix came to the median of full trust (425) and half of it (225): full. Agreements are 1, about
    // 1/2, 1 and 0, and pay goes by stake, so that 400, 150, 200 and 0 share 200 units.
    #expect(world.validators.map { paid[$0.publicKey] ?? 0 } == [107, 40, 53, 0])
    #expect(world.state.escrowUnits == escrow - 200 - 800)
  }

  @Test("leave out a validator that judged and never attested, and one that attested and never judged")
  func absentees() throws {
    var world = try LedgerWorld(stakes: [300, 300, 300, 50, 50])
    world.drawSeed()
    for validator in [0, 1, 2, 3] { world.commitRow(validator) }
    for validator in [0, 1, 2, 3] { world.assess(validator) }
    for validator in [0, 1, 2, 4] { world.attest(validator) }
    let paid = units(world.finishWindow().payouts.first, .validator)
    #expect(paid.keys.sorted() == world.validators[0..<3].map(\.publicKey).sorted())
    #expect(paid.values.reduce(0, +) == 200)
  }

  @Test("stop at the end of the escrow, to the unit, while versions go on")
  func escrowEnds() throws {
    var world = try LedgerWorld(escrowUnits: 1_003)
    var paid: UInt64 = 0
    for _ in 0..<5 {
      let events = world.finishWindow()
      paid += events.payouts.flatMap(\.shares).reduce(0) { $0 + $1.units }
      #expect(paid + world.state.escrowUnits == 1_003)
    }
    #expect(world.state.version == 5)
    #expect(world.state.escrowUnits < 3, "rounding leaves at most the part of validators that are paid later")
  }

  @Test("pay nobody but validators for a version that merged nothing")
  func emptyMerge() throws {
    var world = try LedgerWorld()
    world.drawSeed()
    let rejects = world.updates.map { _ in Assessment.Cell(verdict: .reject(.unexplained), trust: 0, clip: 0)
    }
    for validator in 0..<3 { world.commitRow(validator, rejects) }
    for validator in 0..<3 { world.assess(validator, rejects) }
    #expect(world.plan?.entries.isEmpty == true)
    for validator in 0..<2 { world.attest(validator) }
    let events = world.attest(2)
    #expect(events.payouts.flatMap(\.shares).isEmpty)
    #expect(
      events.receipts.allSatisfy {
        $0.verdict == .reject(.unexplained) && $0.credit == 0 && $0.paidUnits == 0
      }
    )
    #expect(world.state.escrowUnits == LedgerWorld.escrowUnits)
    #expect(units(world.finishWindow().payouts.first, .validator).values.reduce(0, +) == 200)
  }

  @Test("hold when validators agree on the wildest credits that the limits allow")
  func extremeCredits() throws {
    var world = try LedgerWorld()
    for sign in [Int64(1), -1, 1] {
      world.decide()
      let extreme = Limits.lossUnits * sign
      let credits = CreditRow(credits: [extreme, extreme, extreme], lossBefore: extreme, lossAfter: -extreme)
      for validator in 0..<3 { world.attest(validator, credits: credits) }
    }
    #expect(world.state.version == 3)
    #expect(world.state.lossDrop == 2 * Limits.lossUnits)
  }

  @Test(
    "keep the sum of loss drops at the end of 64 bits, where more versions than anyone can sign would lead")
  func saturatedLossDrop() throws {
    var world = try LedgerWorld()
    world.replica.tasks[world.task]?.lossDrop = .max
    world.finishWindow()
    #expect(world.state.version == 1)
    #expect(world.state.lossDrop == .max)
  }
}

@Suite("Credit consensus")
struct CreditConsensusTests {
  @Test("a lying minority moves no credit beyond what honest validators measured", arguments: 0..<10)
  func lyingMinority(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let count = 6
    let truth = (0..<count).map { _ in Int64(random.integer(below: 1_000)) + 100 }
    let honest = (0..<5).map { _ in
      let credits = truth.map { $0 + Int64(random.integer(below: 21)) - 10 }
      return (
        row: CreditRow(credits: credits, lossBefore: 50_000, lossAfter: 50_000 - truth.reduce(0, +)),
        weight: UInt64(10)
      )
    }
    let liars = (0..<2).map { _ in
      let wild = truth.map { _ in random.integer(below: 2) == 0 ? Limits.lossUnits : -Limits.lossUnits }
      return (
        row: CreditRow(credits: wild, lossBefore: Limits.lossUnits, lossAfter: -Limits.lossUnits),
        weight: UInt64(24)
      )
    }
    let agreed = CreditConsensus.reduce(honest + liars, count: count)
    #expect(agreed.lossDrop == truth.reduce(0, +), "seed \(seed)")
    #expect(
      (agreed.credits.reduce(0, +) - agreed.lossDrop).magnitude <= UInt64(count),
      "seed \(seed): scaled to the drop")
    for (credit, actual) in zip(agreed.credits, truth) {
      // The medians are within 10 of the truth, and scaling moves them by 10 in 100 at most.
      #expect(abs(credit - actual) <= 12 + actual / 10, "seed \(seed)")
    }
  }

  @Test("scales medians to the agreed loss drop, but not where the two have nothing to do with each other")
  func scaling() {
    func reduce(_ credits: [Int64], drop: Int64) -> [Int64] {
      CreditConsensus.reduce(
        [(row: CreditRow(credits: credits, lossBefore: 10_000, lossAfter: 10_000 - drop), weight: 1)],
        count: credits.count
      ).credits
    }
    #expect(reduce([100, 200, -50], drop: 500) == [200, 400, -100])
    #expect(reduce([100, 200, -50], drop: 125) == [50, 100, -25])
    #expect(reduce([100, 200, -50], drop: 501) == [100, 200, -50], "more than twice")
    #expect(reduce([100, 200, -50], drop: 124) == [100, 200, -50], "less than half")
    #expect(reduce([100, 200, -50], drop: -250) == [100, 200, -50], "the loss rose")
    #expect(reduce([100, -100], drop: 10) == [100, -100], "credits that sum to nothing")
    #expect(reduce([], drop: 10) == [])
  }

  @Test("takes rows up to the limits and none beyond")
  func limits() {
    let limit = Limits.lossUnits
    #expect(
      CreditConsensus.isWithinLimits(
        CreditRow(credits: [limit, -limit], lossBefore: limit, lossAfter: -limit)))
    for row in [
      CreditRow(credits: [limit + 1], lossBefore: 0, lossAfter: 0),
      CreditRow(credits: [.min], lossBefore: 0, lossAfter: 0),
      CreditRow(credits: [], lossBefore: -limit - 1, lossAfter: 0),
      CreditRow(credits: [], lossBefore: 0, lossAfter: .min),
    ] { #expect(!CreditConsensus.isWithinLimits(row)) }
  }
}
