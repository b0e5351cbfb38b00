import Testing
import Wire

@testable import Ledger

@Suite("Genesis")
struct GenesisTests {
  private static let key = [0, 1].compactMap { try? LedgerWorld.key(1, $0).publicKey }

  @Test("refuses what breaks a rule, and says which one")
  func rules() throws {
    let (one, two) = (Self.key[0], Self.key[1])
    let good = ValidatorSet.Member(key: one, stakeUnits: 1)
    let examples: [(String, () throws -> Genesis)] = [
      ("name", { try Genesis(name: "", validators: [good], allocations: []) }),
      ("name", { try Genesis(name: String(repeating: "n", count: 65), validators: [good], allocations: []) }),
      ("validators", { try Genesis(name: "n", validators: [], allocations: []) }),
      (
        "validator's key stands twice", { try Genesis(name: "n", validators: [good, good], allocations: []) }
      ),
      (
        "stake is zero",
        { try Genesis(name: "n", validators: [.init(key: one, stakeUnits: 0)], allocations: []) }
      ),
      (
        "allocation's key stands twice",
        {
          try Genesis(
            name: "n", validators: [good],
            allocations: [.init(key: two, units: 1), .init(key: two, units: 1)])
        }
      ),
      (
        "units exceed",
        {
          try Genesis(
            name: "n", validators: [.init(key: one, stakeUnits: .max), .init(key: two, stakeUnits: .max)],
            allocations: [])
        }
      ),
      (
        "units exceed",
        {
          try Genesis(
            name: "n", validators: [good], allocations: [.init(key: two, units: Limits.supplyUnits)])
        }
      ),
      (
        "bond exceeds",
        { try Genesis(name: "n", validators: [good], allocations: [], contributorBondUnits: .max) }
      ),
      (
        "10,000",
        { try Genesis(name: "n", validators: [good], allocations: [], reporterShareBasisPoints: 10_001) }
      ),
    ]
    check(examples)
  }

  @Test("refuses rules about stakes that its own validators break, and shares and caps above the whole")
  func stakeRules() throws {
    let good = ValidatorSet.Member(key: Self.key[0], stakeUnits: 1)
    let examples: [(String, () throws -> Genesis)] = [
      (
        "least stake",
        { try Genesis(name: "n", validators: [good], allocations: [], minimumStakeUnits: 2) }
      ),
      (
        "least stake",
        { try Genesis(name: "n", validators: [good], allocations: [], minimumStakeUnits: 0) }
      ),
      (
        "number of validators",
        { try Genesis(name: "n", validators: [good], allocations: [], minimumValidators: 2) }
      ),
      (
        "number of validators",
        { try Genesis(name: "n", validators: [good], allocations: [], minimumValidators: 0) }
      ),
      (
        "cap on weights",
        { try Genesis(name: "n", validators: [good], allocations: [], weightCapBasisPoints: 3_334) }
      ),
      (
        "cap on weights",
        { try Genesis(name: "n", validators: [good], allocations: [], weightCapBasisPoints: 0) }
      ),
      (
        "withheld row",
        { try Genesis(name: "n", validators: [good], allocations: [], withheldRowBasisPoints: 10_001) }
      ),
    ]
    check(examples)
  }

  private func check(_ examples: [(String, () throws -> Genesis)]) {
    for (part, make) in examples {
      let error = #expect(throws: LedgerError.self) { _ = try make() }
      #expect(error?.description.contains(part) == true, "\(String(describing: error)) should name: \(part)")
    }
  }

  @Test("refuses bytes whose stakes add up past 64 bits, and does not trap")
  func overflowingBytes() throws {
    var writer = WireWriter()
    writer.string("n", field: 1)
    let keys = try (0..<8).map { try LedgerWorld.key(1, $0).publicKey }.sorted()
    writer.messages(keys.map { Grant(key: $0, units: Limits.supplyUnits) }, field: 2)
    for (field, value) in [(7, ValidatorSet.defaultWeightCapBasisPoints), (8, 1), (9, 1)] {
      writer.uint64(value, field: field)
    }
    let error = #expect(throws: WireError.self) {
      _ = try Genesis(wireBytes: writer.bytes, limit: Limits.genesisBytes)
    }
    #expect(error?.description.contains("units exceed") == true)
  }

  @Test("names another network if anything in it differs")
  func network() throws {
    let (one, two) = (Self.key[0], Self.key[1])
    func genesis(
      name: String = "n", stake: UInt64 = 1, units: UInt64 = 1, bond: UInt64 = 1, share: UInt64 = 1,
      withheldRow: UInt64 = 1, cap: UInt64 = 1, least: UInt64 = 1
    ) throws -> Digest {
      try Genesis(
        name: name, validators: [.init(key: one, stakeUnits: stake)],
        allocations: [.init(key: two, units: units)],
        contributorBondUnits: bond, reporterShareBasisPoints: share,
        withheldRowBasisPoints: withheldRow, weightCapBasisPoints: cap, minimumStakeUnits: least
      ).network
    }
    let networks = [
      try genesis(), try genesis(name: "m"), try genesis(stake: 2), try genesis(units: 2),
      try genesis(bond: 2),
      try genesis(share: 2), try genesis(withheldRow: 2), try genesis(cap: 2),
      try genesis(stake: 2, least: 2),
    ]
    #expect(Set(networks).count == networks.count)
  }
}
