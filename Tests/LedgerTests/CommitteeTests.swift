import Aggregation
import Numerics
import Testing
import Wire

@testable import Ledger

@Suite("Committees")
struct CommitteeTests {
  private func world(
    stakes: [UInt64] = [100, 100, 100, 100, 100, 100], seats: UInt32
  ) throws -> LedgerWorld {
    var policy = LedgerWorld.policy()
    policy.committeeSeats = seats
    return try LedgerWorld(stakes: stakes, policy: policy)
  }

  /// Who judges the window at hand.
  private func judges(_ world: LedgerWorld) -> [Int] {
    world.validators.indices.filter {
      world.state.isJudge(world.validators[$0].publicKey, of: world.state.version)
    }
  }

  private func slashings(_ events: [ReplicaEvent]) -> Set<PublicKey> {
    Set(events.compactMap { if case .slashed(let key, _, _) = $0 { key } else { nil } })
  }

  // MARK: drawing

  /// Lays every unit of weight out in a row, and looks where each seat's number falls.
  private func reference(
    seats: Int, round: UInt64, seed: Digest, _ members: [(key: PublicKey, weight: UInt64)]
  ) -> [PublicKey: UInt64] {
    let row = members.flatMap { member in (0..<member.weight).map { _ in member.key } }
    var drawn: [PublicKey: UInt64] = [:]
    for seat in 0..<seats {
      var hasher = DigestHasher(in: HashDomain("trib.committee"))
      hasher.update(seed)
      hasher.update(round)
      hasher.update(UInt64(seat))
      var point = 0
      for byte in hasher.finish().bytes.prefix(16).reversed() {
        point = (point * 256 + Int(byte)) % row.count
      }
      drawn[row[point], default: 0] += 1
    }
    return drawn
  }

  @Test("are drawn as from a row of all units of weight, each round anew", arguments: 1...10)
  func drawing(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let keys = try (0..<(1 + random.integer(below: 9))).map { try LedgerWorld.key(1, $0).publicKey }.sorted()
    let members = keys.map { (key: $0, weight: UInt64(1 + random.integer(below: 40))) }
    for round in 0..<20 as Range<UInt64> {
      let digest = LedgerWorld.digest(Int(seed), random.integer(below: 1 << 20))
      let seats = 1 + random.integer(below: 70)
      let drawn = Committee.draw(seats: seats, round: round, seed: digest, from: members)
      let expected = reference(seats: seats, round: round, seed: digest, members)
      #expect(drawn == Electorate(expected), "seed \(seed), round \(round)")
      #expect(drawn.totalWeight == UInt64(seats))
    }
    let digest = LedgerWorld.digest(1)
    let rounds = (0..<4).map { Committee.draw(seats: 64, round: $0, seed: digest, from: members) }
    if members.count > 3 { #expect(rounds.dropFirst().contains { $0 != rounds[0] }) }
    #expect(Committee.draw(seats: 3, round: 0, seed: digest, from: []).totalWeight == 0)
  }

  @Test("give everyone as many seats as its weight, on average")
  func shares() throws {
    let weights: [UInt64] = [300, 250, 200, 150, 75, 25]
    let keys = try weights.indices.map { try LedgerWorld.key(1, $0).publicKey }
    let members = zip(keys, weights).map { (key: $0, weight: $1) }.sorted { $0.key < $1.key }
    var seats: [PublicKey: UInt64] = [:]
    for number in 0..<500 {
      let drawn = Committee.draw(seats: 64, round: 0, seed: LedgerWorld.digest(7, number), from: members)
      for key in keys { seats[key, default: 0] += drawn.weight(of: key) }
    }
    let total = 500.0 * 64
    for (key, weight) in zip(keys, weights) {
      let share = Double(weight) / 1_000
      let deviation = (share * (1 - share) / total).squareRoot()
      #expect(abs(Double(seats[key] ?? 0) / total - share) < 4 * deviation, "a share of \(share)")
    }
  }

  /// The probability that a condition on the hostile seats holds, where each seat is hostile on its own.
  private func probability(seats: Int, hostile share: Double, _ holds: (Int) -> Bool) -> Double {
    var term = (0..<seats).reduce(1.0) { product, _ in product * (1 - share) }
    var sum = 0.0
    for count in 0...seats {
      if holds(count) { sum += term }
      term *= Double(seats - count) / Double(count + 1) * share / (1 - share)
    }
    return sum
  }

  @Test("have the chances of a hostile majority that the documentation names")
  func hostileMajorities() {
    let table: [(seats: Int, majority: Double, third: Double, thirdOfTenth: Double)] = [
      (16, 0.0500, 0.453, 0.00330), (32, 0.0164, 0.516, 0.000174), (64, 0.00197, 0.476, 0.000000120),
      (128, 0.0000345, 0.508, 0.000000000000371),
    ]
    for row in table {
      let found = [
        (probability(seats: row.seats, hostile: 1.0 / 3) { 2 * $0 > row.seats }, row.majority),
        (probability(seats: row.seats, hostile: 1.0 / 3) { 3 * $0 >= row.seats }, row.third),
        (probability(seats: row.seats, hostile: 0.1) { 3 * $0 >= row.seats }, row.thirdOfTenth),
      ]
      for (computed, documented) in found {
        #expect(abs(computed / documented - 1) < 0.005, "\(row.seats) seats")
      }
    }
  }

  // MARK: judging

  @Test("alone bind themselves and reveal rows, and everyone recomputes")
  func membersOnly() throws {
    var world = try world(seats: 3)
    world.drawSeed()
    let judges = judges(world)
    #expect(!judges.isEmpty && judges.count <= 3)
    for validator in world.validators.indices where !judges.contains(validator) {
      #expect(world.commitRow(validator).refusal == .notValidator)
    }
    for validator in judges { world.commitRow(validator) }
    for validator in world.validators.indices where !judges.contains(validator) {
      #expect(world.assess(validator).refusal == .notValidator)
    }
    #expect(world.plan == nil)
    for validator in judges { world.assess(validator) }
    #expect(world.plan != nil)
    for validator in 0..<4 { #expect(world.attest(validator).final == nil) }
    #expect(world.attest(4).final != nil)
  }

  @Test("count seats, not weights: more than two thirds of them bind and decide, and medians weigh them")
  func seatsCount() throws {
    for number in 0..<12 {
      var world = try world(seats: UInt32(3 + number))
      world.drawSeed()
      let voters = try #require(world.state.closed?.committee)
      let seats = world.validators.map { voters.weight(of: $0.publicKey) }
      #expect(seats.reduce(0, +) == UInt64(3 + number))
      var cells: [Int: [Assessment.Cell]] = [:]
      for validator in seats.indices {
        cells[validator] = world.updates.map { _ in
          .init(verdict: .admit, trust: UInt16(1_000 + validator), clip: .max)
        }
      }
      var bound: UInt64 = 0
      for validator in judges(world) {
        let wasDue = voters.isSupermajority(bound)
        bound += seats[validator]
        let isDue = voters.isSupermajority(bound) && !wasDue
        #expect(world.commitRow(validator, cells[validator]).names == (isDue ? ["rowsCommitted"] : []))
      }
      var revealed: [(value: UInt16, weight: UInt64)] = []
      for validator in judges(world) {
        revealed.append((UInt16(1_000 + validator), seats[validator]))
        let isDecided = world.assess(validator, cells[validator]).names == ["mergeDecided"]
        #expect(isDecided == voters.isSupermajority(revealed.reduce(0) { $0 + $1.weight }))
        if isDecided { break }
      }
      let weights = Set(world.plan?.entries.map(\.weight) ?? [])
      #expect(weights == Set([WeightedVote.median(revealed)].compactMap(\.self)), "\(3 + number) seats")
    }
  }

  @Test("that stay silent are drawn anew, and what they withheld after enough were bound costs them")
  func silent() throws {
    var world = try world(seats: 8)
    world.drawSeed()
    let first = judges(world)
    #expect(world.redraw(0, round: 1).refusal == .wrongPhase)
    #expect(world.redraw(0, round: 0).isEmpty)
    #expect(world.redraw(0, round: 0).refusal == .repeated)
    for validator in first { world.commitRow(validator) }
    let stale = world.row(first[0])
    for validator in 1..<4 { #expect(world.redraw(validator, round: 0).isEmpty) }
    #expect(world.redraw(4, round: 0).names == ["committeeRedrawn"])
    #expect(world.redraw(5, round: 0).refusal == .wrongPhase)
    #expect(world.state.committeeRound(of: 0) == 1)
    #expect(
      world.apply(.assessment(stale), by: world.validators[first[0]]).refusal != nil, "of the round before")
    for validator in judges(world) { world.commitRow(validator) }
    for validator in judges(world) { world.assess(validator) }
    #expect(world.plan != nil)
    #expect(world.redraw(0, round: 1).refusal == .wrongPhase)
    for validator in world.validators.indices { world.attest(validator) }
    let events = world.finishWindow()
    #expect(slashings(events) == Set(first.map { world.validators[$0].publicKey }))
    let paid = Set(events.payouts.first?.shares.map(\.recipient) ?? [])
    #expect(paid.isDisjoint(with: slashings(events)))
  }

  @Test("owe nothing for a round that ended before anybody could reveal")
  func endedEarly() throws {
    var world = try world(seats: 8)
    world.drawSeed()
    world.commitRow(judges(world)[0])
    for validator in 0..<5 { world.redraw(validator, round: 0) }
    for validator in judges(world) { world.commitRow(validator) }
    for validator in judges(world) { world.assess(validator) }
    for validator in world.validators.indices { world.attest(validator) }
    #expect(slashings(world.finishWindow()).isEmpty)
  }

  @Test("do not exist where every validator judges, so that there is nothing to draw anew")
  func none() throws {
    var world = try world(seats: 0)
    world.drawSeed()
    #expect(judges(world).count == 6)
    #expect(world.state.committeeRound(of: 0) == nil)
    #expect(world.redraw(0, round: 0).refusal == .wrongPhase)
  }

  @Test("are paid in full for agreement, and others half as much for recomputing")
  func pay() throws {
    var world = try world(seats: 3)
    world.drawSeed()
    let judges = judges(world)
    for validator in judges { world.commitRow(validator) }
    for validator in judges { world.assess(validator) }
    for validator in world.validators.indices { world.attest(validator) }
    let payout = try #require(world.finishWindow().payouts.first)
    let units = world.validators.map { key in
      payout.shares.first { $0.recipient == key.publicKey }?.units ?? 0
    }
    let others = world.validators.indices.filter { !judges.contains($0) }
    for judge in judges {
      for other in others { #expect(abs(Int(units[judge]) - 2 * Int(units[other])) <= 2) }
    }
    #expect(units.reduce(0, +) == 200)
  }

  @Test(
    "let every task go on while less than a third of the weight is silent, withholds, or both",
    arguments: 1...20 as ClosedRange<UInt64>)
  func silentThird(seed: UInt64) throws {
    var random = SeededRandom(seed: seed)
    let stakes = (0..<(5 + random.integer(below: 6))).map { _ in UInt64(20 + random.integer(below: 30)) }
    var world = try world(stakes: stakes, seats: UInt32(1 + random.integer(below: 24)))
    var silent: Set<Int> = []
    for index in random.permutation(count: stakes.count) {
      let weight = silent.union([index]).reduce(UInt64(0)) { $0 + world.weights[$1] }
      if 3 * weight < world.weights.reduce(0, +) { silent.insert(index) }
    }
    for window in 0..<3 as Range<UInt64> {
      world.drawSeed()
      var rounds: UInt64 = 0
      while let round = world.state.committeeRound(of: window), rounds < 200 {
        for validator in judges(world) where !silent.contains(validator) || random.integer(below: 2) == 0 {
          world.commitRow(validator)
        }
        for validator in judges(world) where !silent.contains(validator) { world.assess(validator) }
        guard world.state.committeeRound(of: window) != nil else { break }
        for validator in stakes.indices where !silent.contains(validator) {
          world.redraw(validator, round: round)
        }
        rounds += 1
      }
      #expect(world.state.committeeRound(of: window) == nil, "seed \(seed): the task hangs")
      for validator in stakes.indices where !silent.contains(validator) { world.attest(validator) }
      #expect(world.state.version == window + 1, "seed \(seed)")
    }
  }
}

extension LedgerWorld {
  @discardableResult
  fileprivate mutating func redraw(_ validator: Int, round: UInt64) -> [ReplicaEvent] {
    let message = CommitteeRedraw(network: network, task: task, window: state.version, round: round)
    return apply(.committeeRedraw(message), by: validators[validator])
  }
}
