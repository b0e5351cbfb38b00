import Aggregation
import Numerics
import Testing
import Wire

@testable import Ledger

/// Windows among which stakes come, go and are lost, at every step of a window, while contributors send
/// ahead.
private struct Turnover {
  var world: LedgerWorld
  var random: SeededRandom
  var handovers: [Handover] = []
  var finals: [(header: VersionHeader, certificate: Certificate)] = []
  /// What became of each update that was submitted.
  var receipts: [Digest: [Receipt]] = [:]
  /// The epoch that each commitment named.
  var epochs: [Digest: UInt64] = [:]
  private var slashings = 0

  init(seed: UInt64, privacy: PacketPrivacy = .plain) throws {
    random = SeededRandom(seed: seed)
    world = try LedgerWorld(
      stakes: [400, 300, 300, 200, 200], contributors: 3, candidates: 4, minimumStakeUnits: 50,
      minimumValidators: 4, privacy: privacy)
  }

  mutating func run(windows: Int) {
    for _ in 0..<windows {
      turn()
      closeWindow()
      turn()
      for validator in world.validators.indices { world.reveal(validator) }
      turn()
      sendAhead()
      world.commitRows()
      turn()
      for validator in world.validators.indices { world.assess(validator) }
      turn()
      sendAhead()
      for validator in world.validators.indices { note(world.attest(validator)) }
    }
  }

  private mutating func closeWindow() {
    let window = world.state.collectingWindow
    for validator in world.validators.indices { world.bind(validator) }
    for number in 0..<15 where world.state.collectingWindow == window { send(number % 3) }
  }

  private mutating func sendAhead() {
    for contributor in 0..<2 where random.integer(below: 2) == 0 { send(contributor) }
  }

  /// Sends an update, or commits to one and forgets it.
  private mutating func send(_ contributor: Int) {
    let packet = LedgerWorld.digest(900, world.log.count)
    guard world.commit(contributor, packet).refusal == nil else { return }
    epochs[packet] = world.epoch
    if random.integer(below: 8) > 0 { world.submit(contributor, packet) }
  }

  private mutating func note(_ events: [ReplicaEvent]) {
    handovers += events.handovers
    for receipt in events.receipts { receipts[receipt.packet, default: []].append(receipt) }
    if let final = events.final { finals.append(final) }
  }

  /// Has everyone of the genesis leave and every candidate join, all at once or one after another, while the
  /// model is trained on.
  mutating func replaceAll(atOnce: Bool) {
    if atOnce {
      world.replaceValidators()
    } else {
      for place in 0..<5 {
        if place < 4 { world.bond(5 + place, 300) }
        world.unbond(place, world.replica.bondedStakeUnits(of: world.validators[place].publicKey))
        round()
      }
    }
    for _ in 0..<3 { round() }
  }

  private mutating func round() {
    closeWindow()
    for validator in world.validators.indices { world.reveal(validator) }
    sendAhead()
    world.commitRows()
    for validator in world.validators.indices { world.assess(validator) }
    sendAhead()
    for validator in world.validators.indices { note(world.attest(validator)) }
  }

  private mutating func turn() {
    let validator = random.integer(below: world.validators.count)
    let stake = world.replica.bondedStakeUnits(of: world.validators[validator].publicKey)
    switch random.integer(below: 8) {
    case 0, 1: world.bond(validator, UInt64(random.integer(below: 400)))
    case 2: world.unbond(validator, stake)
    case 3: world.unbond(validator, UInt64(random.integer(below: Int(stake) + 2)))
    case 4 where slashings < 2 && canLose(validator):
      if (try? world.slash(validator))?.refusal == nil { slashings += 1 }
    default: break
    }
  }

  /// Whether the others can go on without a validator until it has left.
  private func canLose(_ validator: Int) -> Bool {
    let slashed = world.replica.slashed.map { world.replica.validators.electorate.weight(of: $0) }
    let weight = slashed.reduce(world.weights[validator], +)
    return weight * 4 < world.weights.reduce(0, +) && world.replica.slashed.isEmpty
  }
}

@Suite("Handovers")
struct HandoverTests {
  @Test(
    "lead a light client from the genesis to the end, by certificates alone, while stakes turn over",
    arguments: 1...12 as ClosedRange<UInt64>)
  func turnover(seed: UInt64) throws {
    var turnover = try Turnover(seed: seed, privacy: PacketPrivacy.allCases[Int(seed % 3)])
    turnover.run(windows: 16)
    #expect(turnover.finals.count == 16, "seed \(seed)")
    #expect(turnover.handovers.count >= 4, "seed \(seed): hardly anything changed")
    try check(turnover, seed)
  }

  @Test(
    "lead on though nobody of the genesis is left, whatever becomes of packets",
    arguments: PacketPrivacy.allCases, [true, false])
  func replaced(_ privacy: PacketPrivacy, atOnce: Bool) throws {
    for seed in 1...4 as ClosedRange<UInt64> {
      var turnover = try Turnover(seed: seed, privacy: privacy)
      turnover.replaceAll(atOnce: atOnce)
      let world = turnover.world
      #expect(turnover.finals.map(\.header.version) == Array(1...(atOnce ? 3 : 8)), "seed \(seed)")
      #expect(!world.genesis.validators.members.contains { world.replica.validators.contains($0.key) })
      let genesisBonds = world.validators.prefix(5).map { world.replica.accounts[$0.publicKey].bondUnits }
      #expect(genesisBonds == [0, 0, 0, 0, 0], "seed \(seed)")
      try check(turnover, seed)
    }
  }

  /// Every update has come to one end: it is open still, or one receipt says what became of it; and those who
  /// judged a sealed one are those to whom it was sealed.
  private func checkUpdates(_ turnover: Turnover, _ seed: UInt64) {
    let (world, epochs) = (turnover.world, turnover.finals.map(\.header.epoch))
    #expect(turnover.receipts.values.allSatisfy { $0.count == 1 }, "seed \(seed)")
    let returned = turnover.receipts.values.joined().filter { $0.verdict == nil }
    let isSealed = world.state.specification.privacy.isSealed
    #expect(returned.isEmpty == !isSealed, "seed \(seed)")
    for receipt in turnover.receipts.values.joined() where receipt.verdict != nil && isSealed {
      #expect(turnover.epochs[receipt.packet] == epochs[Int(receipt.window)], "seed \(seed)")
    }
    for update in world.state.collecting.intake.updates where isSealed {
      #expect(turnover.epochs[update.packet] == world.replica.validators.epoch, "seed \(seed)")
    }
  }

  private func check(_ turnover: Turnover, _ seed: UInt64) throws {
    checkUpdates(turnover, seed)
    let (world, finals) = (turnover.world, turnover.finals)
    // One chain of roots, whose epochs never go back, and one successor for each epoch.
    var (root, epoch) = (Digest.zero, UInt64(0))
    var client = LightClient(world.genesis)
    var handovers = turnover.handovers[...]
    var sets: [UInt64: Set<Digest>] = [0: [world.genesis.validators.digest]]
    for final in finals {
      while final.header.epoch > client.epoch, let next = handovers.popFirst() { try client.follow(next) }
      #expect(try client.check(final.certificate) == final.header, "seed \(seed)")
      #expect(final.header.previousRoot == root && final.header.epoch >= epoch, "seed \(seed)")
      (root, epoch) = (final.header.root, final.header.epoch)
      sets[epoch, default: []].insert(final.header.nextValidators)
    }
    try client.follow(Array(handovers))
    #expect(client.epoch == world.replica.validators.epoch)
    for handover in turnover.handovers {
      sets[handover.validators.epoch, default: []].insert(handover.validators.digest)
    }
    #expect(sets.values.allSatisfy { $0.count <= 2 }, "seed \(seed): its own set, and one that follows")
    // A replay comes to the same, and bonds are what their owners answer with.
    var again = Replica(world.genesis)
    for record in world.log { _ = again.apply(record.bytes, id: record.id) }
    #expect(again == world.replica, "seed \(seed)")
    for key in world.validators.map(\.publicKey) where !again.slashed.contains(key) {
      let stake = again.validators.stakeUnits(of: key) ?? 0
      #expect(again.accounts[key].bondUnits >= max(stake, again.bondedStakeUnits(of: key)), "seed \(seed)")
    }
  }

  /// A world whose validators have changed three times.
  private func changed() throws -> (world: LedgerWorld, handovers: [Handover], certificate: Certificate) {
    var world = try LedgerWorld(candidates: 3)
    var handovers: [Handover] = []
    for candidate in 4..<7 {
      world.bond(candidate, 100)
      handovers += world.finishWindow().handovers
    }
    let final = try #require(world.finishWindow().final)
    return (world, handovers, final.certificate)
  }

  private func refused(_ client: LightClient, _ handover: Handover) -> String? {
    var client = client
    do {
      try client.follow(handover)
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test("are taken in order, once or again, and what is missing is named")
  func order() throws {
    let (world, handovers, certificate) = try changed()
    #expect(handovers.count == 3)
    var client = LightClient(world.genesis)
    #expect(throws: LedgerError.missingHandovers(from: 0, to: 2)) { _ = try client.check(certificate) }
    #expect(throws: LedgerError.missingHandovers(from: 0, to: 0)) { try client.follow(handovers[1]) }
    #expect(throws: LedgerError.missingHandovers(from: 0, to: 1)) { try client.follow(handovers[2]) }
    #expect(client.epoch == 0)
    try client.follow(handovers[0])
    try client.follow(handovers[0])
    #expect(client.epoch == 1)
    #expect(throws: LedgerError.missingHandovers(from: 1, to: 1)) {
      try client.follow([handovers[0], handovers[2]])
    }
    try client.follow(handovers)
    #expect(client.epoch == 3)
    #expect(try client.check(certificate).epoch == 3)
    #expect(try client.check(handovers[0].certificate).epoch == 0, "what earlier sets certified stays good")
    let message = "\(LedgerError.missingHandovers(from: 1, to: 4))"
    #expect(message.contains("1 to 4"))
  }

  @Test("are refused with another set, another certificate, too few signatures, or another cap")
  func forged() throws {
    let (world, handovers, _) = try changed()
    var client = LightClient(world.genesis)
    let good = handovers[0]
    let stranger = ValidatorSet.Member(key: world.author.publicKey, stakeUnits: 1_000)
    let captured = ValidatorSet([stranger], epoch: 1)
    #expect(refused(client, Handover(certificate: good.certificate, validators: captured)) != nil)
    #expect(
      refused(client, Handover(certificate: good.certificate, validators: handovers[1].validators)) != nil)
    let sameMembers = ValidatorSet(good.validators.members, epoch: 1, weightCapBasisPoints: 3_333)
    #expect(refused(client, Handover(certificate: good.certificate, validators: sameMembers)) != nil)
    #expect(
      refused(client, Handover(certificate: handovers[1].certificate, validators: good.validators)) != nil)
    let few = Certificate(attestations: Array(good.certificate.attestations.prefix(2)))
    #expect(refused(client, Handover(certificate: few, validators: good.validators)) != nil)
    #expect(
      refused(client, Handover(certificate: good.certificate, validators: world.genesis.validators)) != nil)
    let header = VersionHeader.placeholder(
      world.network, world.task, nextValidators: captured.digest)
    let ownWord = Certificate(
      attestations: [Attestation(header: header, credits: .zero).signed(by: world.author)])
    #expect(refused(client, Handover(certificate: ownWord, validators: captured)) != nil)
    // All that the genesis' validators signed together is good, whatever the cap that the set itself claims.
    let capped = ValidatorSet(good.validators.members, epoch: 1, weightCapBasisPoints: 1)
    let named = VersionHeader.placeholder(world.network, world.task, nextValidators: capped.digest)
    let signed = Certificate(
      attestations: world.validators.prefix(4).map {
        Attestation(header: named, credits: .zero).signed(by: $0)
      })
    #expect(refused(client, Handover(certificate: signed, validators: capped))?.contains("caps") == true)
    #expect(refused(client, good) == nil)
    try client.follow(good)
    #expect(
      refused(client, Handover(certificate: good.certificate, validators: captured)) != nil,
      "another of epoch 1")
  }

  @Test("of any bytes that differ lead nowhere else")
  func tampered() throws {
    let (world, handovers, _) = try changed()
    let client = LightClient(world.genesis)
    let bytes = handovers[0].wireBytes
    var random = SeededRandom(seed: 5)
    for round in 0..<300 {
      let mutant = mutated(bytes, &random)
      guard mutant != bytes, let decoded = try? Handover(wireBytes: mutant, limit: 1 << 20) else { continue }
      var reader = client
      guard (try? reader.follow(decoded)) != nil else { continue }
      #expect(decoded.validators == handovers[0].validators, "round \(round)")
    }
  }

  @Test("come in pages of limited bytes, of which each holds one at least")
  func pages() throws {
    let (_, handovers, _) = try changed()
    #expect(HandoverChain(page: handovers).handovers == handovers)
    #expect(HandoverChain(page: [Handover]()).handovers.isEmpty)
    let many = (0..<Limits.handovers + 5).map { _ in handovers[0] }
    #expect(HandoverChain(page: many).handovers.count == Limits.handovers)
  }
}
