import Agents
import AgentsTestKit
import Aggregation
import Ledger
import Numerics
import Testing
import Updates
import Wire

/// The order in which updates reach a window changes the log, and nothing else.
struct ArrivalOrderTests {
  @Test func aHundredOrdersLeadToOneRoot() async throws {
    let network = try TestNetwork(
      contributors: 8, policy: MergePolicy(windowSize: 8, upForm: .dense8, downForm: .dense8))
    var start = ValidatorGroup(network)
    try await start.begin()
    var uploads: [TestNetwork.Upload] = []
    for index in 0..<8 {
      let upload = try await network.honestUpload(by: index, from: network.firstWeights, base: 0, sequence: 1)
      start.blobs[upload.digest] = upload.packet
      try await start.order(upload.commitment)
      uploads.append(upload)
    }
    var headers: [VersionHeader] = []
    var orders: Set<[Digest]> = []
    var states: Set<ModelState?> = []
    for seed in 0..<100 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      var shuffled = uploads
      random.shuffle(&shuffled)
      orders.insert(shuffled.map(\.digest))
      var group = start
      for upload in shuffled { try await group.order(upload.submission) }
      #expect(group.finals.count == 1, "seed \(seed)")
      headers += group.finals
      states.formUnion(group.validators.map { $0.model(of: network.task) })
    }
    #expect(orders.count > 90, "the orders differ")
    #expect(Set(headers.map(\.root)).count == 1)
    #expect(Set(headers.map(\.plan)).count == 1)
    #expect(Set(headers.map(\.logChain)).count == orders.count, "the log's chain tells the orders apart")
    #expect(states.count == 1)
  }

  /// Commitments as well, as long as no two updates are alike: then it decides who came first.
  @Test func theOrderOfCommitmentsDoesNotMatterEither() async throws {
    let network = try TestNetwork(
      contributors: 6, policy: MergePolicy(windowSize: 6, upForm: .dense8, downForm: .dense8))
    var start = ValidatorGroup(network)
    try await start.begin()
    var roots: Set<Digest> = []
    for seed in 0..<20 as Range<UInt64> {
      var random = SeededRandom(seed: seed)
      var group = start
      for index in random.permutation(count: 6) {
        try await group.take(
          try await network.honestUpload(by: index, from: network.firstWeights, base: 0, sequence: 1))
      }
      #expect(group.finals.count == 1, "seed \(seed)")
      roots.formUnion(group.finals.map(\.root))
    }
    #expect(roots.count == 1)
  }
}

/// One validator of four that posts random rows and random credits.
struct LyingValidatorTests {
  @Test(arguments: [1, 2, 3] as [UInt64]) func theMedianHoldsAgainstOneLiar(_ seed: UInt64) async throws {
    let network = try TestNetwork(seed: seed)
    for liar in 0..<4 {
      var conducts = [ValidatorGroup.Conduct](repeating: .honest, count: 4)
      conducts[liar] = .lying
      var group = ValidatorGroup(network, conducts: conducts, seed: seed)
      try await group.begin()
      for sequence in 1...3 as ClosedRange<UInt64> {
        try await group.runWindow(sequence: sequence, by: [0, 1, 2])
      }
      let place = "seed \(seed), liar \(liar)"
      #expect(group.finals.count == 3, "\(place)")
      #expect(group.halts.isEmpty, "\(place)")
      for receipt in group.receipts { try check(receipt, against: group, place) }
    }
  }

  /// A verdict on which the honest agree stands; a weight lies between the least and the greatest that they
  /// give.
  private func check(_ receipt: Receipt, against group: ValidatorGroup, _ place: String) throws {
    let column = try #require(
      group.receipts.filter { $0.window == receipt.window }.map(\.packet).sorted().firstIndex(
        of: receipt.packet))
    let cells = try #require(group.honestRows[receipt.window]).map { $0.cells[column] }
    #expect(cells.count == 3, "\(place)")
    let admitting = cells.filter { $0.verdict.isAdmit }
    let isAdmitted = receipt.verdict == .admit
    if admitting.isEmpty { #expect(!isAdmitted, "\(place)") }
    if Set(cells.map(\.verdict)).count == 1, !isAdmitted {
      let (measures, limits) = (cells.map(\.measured).sorted(), cells.map(\.limit).sorted())
      #expect((measures[0]...measures[2]).contains(receipt.measured), "\(place)")
      #expect((limits[0]...limits[2]).contains(receipt.limit), "\(place)")
    }
    if admitting.count == cells.count { #expect(isAdmitted, "\(place)") }
    guard isAdmitted, admitting.count == cells.count else { return }
    let discount = try #require(StalenessDiscount.discount(staleness: receipt.staleness))
    func weight(_ pick: ([UInt16]) -> UInt16?) -> UInt16 {
      MergeWeight.of(
        trust: pick(cells.map(\.trust)) ?? 0, discount: discount, clip: pick(cells.map(\.clip)) ?? 0)
    }
    let (least, greatest) = (weight { $0.min() }, weight { $0.max() })
    #expect((least...greatest).contains(receipt.weight), "\(place)")
    // Random credits reach 2^59; those of a merge that moves the loss by a few nats stay below 2^40.
    #expect(receipt.credit.magnitude < 1 << 40, "\(place)")
  }

  /// Validators are paid by agreement with the consensus.
  @Test func aLiarIsPaidLessThanTheHonest() async throws {
    let network = try TestNetwork(seed: 5)
    var group = ValidatorGroup(network, conducts: [.lying, .honest, .honest, .honest])
    try await group.begin()
    for sequence in 1...4 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    var paid: [PublicKey: UInt64] = [:]
    for case .paid(let payout) in group.events {
      for share in payout.shares where share.role == .validator {
        paid[share.recipient, default: 0] += share.units
      }
    }
    let liar = paid[network.validatorKeys[0].publicKey] ?? 0
    for key in network.validatorKeys.dropFirst() { #expect(paid[key.publicKey] ?? 0 > liar) }
  }
}
