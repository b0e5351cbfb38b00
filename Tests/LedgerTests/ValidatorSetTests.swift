import Numerics
import Testing
import Wire

@testable import Ledger

@Suite("Sets of validators")
struct ValidatorSetTests {
  private func set(_ stakes: [UInt64], cap: UInt64 = 3_000) throws -> ValidatorSet {
    let members = try stakes.enumerated().map {
      ValidatorSet.Member(key: try LedgerWorld.key(1, $0).publicKey, stakeUnits: $1)
    }
    return ValidatorSet(members, weightCapBasisPoints: cap)
  }

  private func weights(_ stakes: [UInt64], cap: UInt64 = 3_000) throws -> [UInt64] {
    let set = try set(stakes, cap: cap)
    return try stakes.indices.map { set.electorate.weight(of: try LedgerWorld.key(1, $0).publicKey) }
  }

  /// Every level there is, from the highest down; where none is within the cap, the least stake.
  private func reference(_ stakes: [UInt64], cap: UInt64) -> [UInt64] {
    let highest = stakes.max() ?? 0
    let level = (1...highest).reversed().first { level in
      10_000 * level <= cap * stakes.reduce(0) { $0 + min($1, level) }
    }
    return stakes.map { min($0, level ?? stakes.min() ?? 0) }
  }

  @Test("weigh votes as a search through every level does", arguments: 1...6)
  func reference(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    for round in 0..<150 {
      let stakes = (0..<(1 + random.integer(below: 9))).map { _ in
        UInt64(1 + random.integer(below: [3, 20, 200][random.integer(below: 3)]))
      }
      let cap = UInt64(1 + random.integer(below: 3_333))
      let note = "seed \(seed), round \(round): \(stakes), cap \(cap)"
      let found = try weights(stakes, cap: cap)
      #expect(found == reference(stakes, cap: cap), "\(note)")
      let total = found.reduce(0, +)
      if UInt64(stakes.count) * cap >= 10_000 {
        #expect(found.allSatisfy { 10_000 * $0 <= cap * total }, "\(note)")
      } else {
        #expect(Set(found).count == 1, "\(note): too few for the cap, so all weigh alike")
      }
    }
  }

  @Test("give whoever has 40 % of the stake in one key less than a third of the weight")
  func largeStake() throws {
    for others in 3...20 {
      let stakes = [UInt64(400)] + [UInt64](repeating: UInt64(600 / others), count: others)
      let found = try weights(stakes)
      #expect(3 * found[0] < found.reduce(0, +), "beside \(others) others")
      #expect(try !set(stakes).electorate.isMoreThanThird(found[0]))
    }
    #expect(try weights([40, 20, 20, 20]) == [25, 20, 20, 20])
    #expect(try weights([1_000_000, 1, 1, 1]) == [1, 1, 1, 1])
    #expect(try weights([5, 900, 80]) == [5, 5, 5], "three cannot each have 30 %")
    #expect(try weights([30, 25, 25, 20]) == [30, 25, 25, 20])
  }

  @Test("have weights within 64 bits for the greatest stakes and the most validators")
  func limits() throws {
    let huge = Limits.supplyUnits / 4
    #expect(try weights([huge, huge, huge, huge]) == [huge, huge, huge, huge])
    #expect(try weights([Limits.supplyUnits - 3, 1, 1, 1]) == [1, 1, 1, 1])
    let many = try weights([UInt64](repeating: 7, count: Limits.validators - 1) + [1 << 40], cap: 3_333)
    #expect(many.last == 3_579, "0.3333 / 0.6667 x 7 x 1,023, rounded down")
  }

  @Test("have another name if anything in them differs")
  func digest() throws {
    let members = try set([1, 2, 3, 4]).members
    let sets = [
      ValidatorSet(members), ValidatorSet(members, epoch: 1),
      ValidatorSet(members, weightCapBasisPoints: 2_999),
      ValidatorSet(members.dropLast()),
      ValidatorSet(members.dropLast() + [.init(key: members[3].key, stakeUnits: 5)]),
    ]
    #expect(Set(sets.map(\.digest)).count == sets.count)
    #expect(ValidatorSet(members.reversed()).digest == sets[0].digest)
  }

  @Test(
    "are refused as bytes with no cap or too high a one, without members, out of order, and without stake")
  func refusedBytes() throws {
    let keys = try (0..<2).map { try LedgerWorld.key(1, $0).publicKey }.sorted()
    func accepts(cap: UInt64, _ grants: [Grant]) -> Bool {
      var writer = WireWriter()
      writer.uint64(cap, field: 2)
      writer.messages(grants, field: 3)
      return (try? ValidatorSet(wireBytes: writer.bytes, limit: Limits.validatorSetBytes)) != nil
    }
    let good = keys.map { Grant(key: $0, units: 1) }
    #expect(accepts(cap: 3_333, good))
    #expect(!accepts(cap: 0, good))
    #expect(!accepts(cap: 3_334, good))
    #expect(!accepts(cap: 3_000, []))
    #expect(!accepts(cap: 3_000, good.reversed()))
    #expect(!accepts(cap: 3_000, [good[0], good[0]]))
    #expect(!accepts(cap: 3_000, [Grant(key: keys[0], units: 0)]))
    #expect(!accepts(cap: 3_000, keys.map { Grant(key: $0, units: Limits.supplyUnits) }))
  }

  @Test("fit into their limit of bytes, and certificates of so many into theirs")
  func encodedSizes() throws {
    let grant = Grant(key: try LedgerWorld.key(1, 0).publicKey, units: Limits.supplyUnits)
    #expect(Limits.validators * (grant.wireBytes.count + 4) + 32 < Limits.validatorSetBytes)
    let header = VersionHeader.placeholder(.zero, .zero, version: .max, epoch: .max)
    let envelope = Attestation(header: header, credits: .zero).signed(by: try LedgerWorld.key(1, 0))
    #expect(Limits.validators * (envelope.wireBytes.count + 16) < Limits.certificateBytes)
  }
}
