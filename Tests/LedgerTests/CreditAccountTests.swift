import Attribution
import Numerics
import Testing
import Wire

@testable import Ledger

@Suite("Credit accounts")
struct CreditAccountTests {
  @Test("count for pay what brings the sum above its highest mark, and no more", arguments: 0..<20)
  func highestMark(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let credits = (0..<200).map { _ in Int64(random.integer(below: 2_001)) - 1_000 }
    var account = CreditAccount()
    var (sum, highest) = (Int64(0), Int64(0))
    for credit in credits {
      sum += credit
      #expect(account.add(credit) == UInt64(max(0, sum - highest)), "seed \(seed)")
      highest = max(highest, sum)
      #expect(account.total == sum && account.highest == highest, "seed \(seed)")
    }
  }

  @Test("pay honest work in full where no update does harm")
  func noHarm() {
    var account = CreditAccount()
    #expect([5, 0, 7, 1].map { account.add($0) } == [5, 0, 7, 1])
  }

  @Test("stay at the ends of 64 bits")
  func ends() {
    var account = CreditAccount()
    #expect(account.add(.max) == UInt64(Int64.max))
    #expect(account.add(.max) == 0)
    #expect(account.total == .max)
    for _ in 0..<3 { #expect(account.add(.min) == 0) }
    #expect(account.total == .min && account.highest == .max)
    #expect(account.add(.max) == 0)
  }

  @Test("have harm made good for before anything else is paid")
  func harmFirst() throws {
    var world = try LedgerWorld()
    func paid(_ first: Int64) throws -> (PublicKey, [UInt64]) {
      world.decide()
      let entries = try #require(world.plan).entries
      let credits = CreditRow(credits: [first, 500, 500], lossBefore: 9_000, lossAfter: 8_000 - first)
      for validator in 0..<2 { world.attest(validator, credits: credits) }
      return (entries[0].contributor, world.attest(2, credits: credits).receipts.map(\.paidUnits))
    }
    let (contributor, first) = try paid(-400)
    #expect(first == [0, 350, 350])
    let (same, second) = try paid(1_400)
    try #require(same == contributor, "the test's contributors keep their order")
    // Of 1,400 units of credit 400 make good for the harm, so that 1,000, 500 and 500 share.
    #expect(second == [350, 175, 175])
  }
}
