import Aggregation
import Attribution
import Numerics
import Testing
import Wire

@testable import Ledger

/// Draws records that are valid, nearly valid, replayed and broken.
private struct Fuzzer {
  var world: LedgerWorld
  var random: SeededRandom
  var packets: [(contributor: Int, packet: Digest)] = []
  var refusals: [Refusal: Int] = [:]
  var finals = 0
  /// Rows by their commitments.
  private var rows: [Digest: Assessment] = [:]

  init(seed: UInt64) throws {
    world = try LedgerWorld(
      stakes: [40, 30, 20, 20], contributors: 5,
      policy: LedgerWorld.policy(windowSize: 3, maximumStaleness: 3, perContributor: 1),
      privacy: .sealedPublished)
    random = SeededRandom(seed: seed)
  }

  mutating func chance(_ percent: Int) -> Bool { random.integer(below: 100) < percent }

  mutating func step() {
    let record = nextRecord()
    let events = world.apply(record)
    if let refusal = events.refusal { refusals[refusal, default: 0] += 1 }
    if events.final != nil { finals += 1 }
  }

  private mutating func nextRecord() -> Replica.CheckedRecord {
    if chance(6) {
      let (bytes, id) = world.log[random.integer(below: world.log.count)]
      return Replica.CheckedRecord(bytes, id: id)
    }
    let (transaction, signer) = nextTransaction()
    let key = chance(3) ? other(than: signer, for: transaction) : signer
    let envelope = transaction.signed(by: key)
    guard chance(5) else { return Replica.CheckedRecord(envelope.wireBytes, id: envelope.id) }
    return Replica.CheckedRecord(mutated(envelope.wireBytes, &random), id: chance(50) ? envelope.id : .zero)
  }

  private mutating func nextTransaction() -> (Transaction, SigningKey) {
    switch random.integer(below: 100) {
    case 0..<12: accountTransaction()
    case 12..<35: commitment()
    case 35..<55: submission()
    case 55..<67: seedCommitment()
    case 67..<76: seedReveal()
    case 76..<82: rowCommitment()
    case 82..<88: assessment()
    case 88..<97: attestation()
    case 97..<99: keyRelease()
    default: evidence()
    }
  }

  /// Who signs for another. A validator that is bound to another's row could reveal none.
  private mutating func other(than signer: SigningKey, for transaction: Transaction) -> SigningKey {
    if case .assessmentCommitment = transaction { return world.author }
    return anyone()
  }

  private mutating func anyone() -> SigningKey {
    let keys = world.validators + world.contributors + [world.author]
    return keys[random.integer(below: keys.count)]
  }

  private mutating func units() -> UInt64 {
    let choices: [UInt64] = [
      0, 1, UInt64(random.integer(below: 500)), world.balance(world.author), Limits.supplyUnits,
    ]
    return choices[random.integer(below: choices.count)]
  }

  private mutating func near(_ number: UInt64) -> UInt64 {
    if chance(88) { return number }
    return [0, number &+ 1, number &- 1, .max][random.integer(below: 4)]
  }

  private mutating func task() -> Digest { chance(97) ? world.task : .zero }

  private mutating func accountTransaction() -> (Transaction, SigningKey) {
    let (key, network) = (anyone(), chance(97) ? world.network : .zero)
    let nonce = near(world.nonce(key))
    let transaction: Transaction =
      switch random.integer(below: 7) {
      case 0:
        .transfer(Transfer(network: network, nonce: nonce, recipient: anyone().publicKey, units: units()))
      case 1: .withdrawal(Withdrawal(network: network, nonce: nonce, units: units()))
      case 2: .registration(Registration(network: network, nonce: nonce))
      case 3: .release(Release(network: network, nonce: nonce))
      case 4: .taskFunding(TaskFunding(network: network, nonce: nonce, task: task(), units: units()))
      case 5:
        .snapshotNotice(
          SnapshotNotice(
            network: network, task: task(), version: near(world.state.version),
            blob: LedgerWorld.digest(60, random.integer(below: 3))))
      default:
        .taskCreation(
          TaskCreation(
            network: network, nonce: nonce, specification: world.state.specification,
            escrowUnits: UInt64(random.integer(below: 50))))
      }
    return (transaction, key)
  }

  private mutating func commitment() -> (Transaction, SigningKey) {
    let contributor = random.integer(below: world.contributors.count)
    let key = world.contributors[contributor]
    let old = packets.isEmpty || chance(92) ? nil : packets[random.integer(below: packets.count)].packet
    let packet = old ?? LedgerWorld.digest(50, world.log.count)
    packets.append((contributor, packet))
    let back = UInt64(random.integer(below: 3))
    let base = near(world.state.version >= back ? world.state.version - back : 0)
    let sequence = chance(95) ? world.nextSequence(key) : near(1)
    return (
      .commitment(
        Commitment(
          network: world.network, task: task(), baseVersion: base, sequence: sequence, packet: packet,
          keyDigest: chance(97) ? world.keyDigest(of: packet) : .zero, epoch: near(world.epoch))), key
    )
  }

  private mutating func submission() -> (Transaction, SigningKey) {
    // Most often one that waits: contributors with nothing but open commitments could go on with none.
    let open = packets.filter { world.state.openCommitments[$0.packet] != nil }
    let recent = open.isEmpty || chance(20) ? packets.suffix(40) : open.suffix(40)
    let choice =
      recent.isEmpty
      ? (contributor: 0, packet: Digest.zero)
      : recent[recent.startIndex + random.integer(below: recent.count)]
    return (
      .submission(Submission(network: world.network, task: task(), packet: choice.packet)),
      world.contributors[choice.contributor]
    )
  }

  private mutating func seedCommitment() -> (Transaction, SigningKey) {
    let validator = random.integer(below: world.validators.count)
    let window = near(world.state.collectingWindow)
    let commitment = SeedReveal.commitment(to: world.secret(validator, window: window & 0xFFFF))
    return (
      .seedCommitment(
        SeedCommitment(network: world.network, task: task(), window: window, commitment: commitment)),
      world.validators[validator]
    )
  }

  private mutating func seedReveal() -> (Transaction, SigningKey) {
    let validator = random.integer(below: world.validators.count)
    let window = near(world.state.version)
    let secret = chance(95) ? world.secret(validator, window: window & 0xFFFF) : .zero
    return (
      .seedReveal(SeedReveal(network: world.network, task: task(), window: window, secret: secret)),
      world.validators[validator]
    )
  }

  private mutating func rowCommitment() -> (Transaction, SigningKey) {
    let validator = random.integer(below: world.validators.count)
    let (key, row) = (world.validators[validator], row(isSound: validator != 3))
    rows[row.commitment(by: key.publicKey)] = row
    return (.assessmentCommitment(AssessmentCommitment(to: row, by: key.publicKey)), key)
  }

  private mutating func assessment() -> (Transaction, SigningKey) {
    let key = world.validators[random.integer(below: world.validators.count)]
    let state = world.state
    let bound = state.closed?.rowCommitments[key.publicKey] ?? state.unpaid?.withheldRows[key.publicKey]
    let known = chance(85) ? bound.flatMap { rows[$0] } : nil
    return (.assessment(known ?? row(isSound: false)), key)
  }

  /// A row that can be revealed, or one with a fault now and then.
  private mutating func row(isSound: Bool) -> Assessment {
    let count = world.state.closed?.updates.count ?? 0
    let cells = (0..<(isSound || chance(95) ? count : random.integer(below: 6))).map { _ in
      let code = chance(75) ? 0 : UInt8(1 + random.integer(below: RejectionReason.allCases.count))
      let verdict = Verdict(code: code) ?? .admit
      return Assessment.Cell(
        verdict: verdict, trust: UInt16(random.integer(below: 65_536)),
        clip: UInt16(random.integer(below: 65_536)), measured: number(of: verdict, isSound),
        limit: number(of: verdict, isSound)
      )
    }
    return Assessment(
      network: world.network, task: task(), window: near(world.state.version), cells: cells,
      salt: LedgerWorld.digest(random.integer(below: 1 << 30)))
  }

  /// A number that the verdict's check may have measured; now and then one beyond.
  private mutating func number(of verdict: Verdict, _ isSound: Bool) -> Int64 {
    guard case .reject(let reason) = verdict else { return 0 }
    let range = reason.quantity.range
    if !isSound, chance(1) {
      return [range.lowerBound - 1, range.upperBound + 1, .min, .max][random.integer(below: 4)]
    }
    return [range.lowerBound, range.upperBound, 0][random.integer(below: 3)]
  }

  private mutating func attestation() -> (Transaction, SigningKey) {
    let validator = random.integer(below: world.validators.count)
    let key = world.validators[validator]
    let header = world.header(lie: validator == 3 && chance(30) ? 1 : 0) ?? emptyHeader
    let extremes: [Int64] = [.max, .min, Limits.lossUnits, -Limits.lossUnits, 0]
    let wild = chance(20)
    let credits = (world.plan?.entries ?? []).map { _ in
      wild ? extremes[random.integer(below: extremes.count)] : Int64(random.integer(below: 1_000)) - 200
    }
    let (before, after) =
      wild ? (extremes[random.integer(below: 5)], extremes[random.integer(below: 5)]) : (5_000, 4_000)
    let row = CreditRow(credits: chance(97) ? credits : [1], lossBefore: before, lossAfter: after)
    return (.attestation(world.attestation(header, row, by: key)), key)
  }

  private mutating func keyRelease() -> (Transaction, SigningKey) {
    let keys = (world.plan?.entries ?? []).compactMap { world.contentKey(of: $0.packet) }
    let release = KeyRelease(
      network: world.network, task: task(), window: near(world.plan?.window ?? 0),
      keys: chance(80) ? keys : keys.reversed())
    return (.keyRelease(release), world.validators[random.integer(below: world.validators.count)])
  }

  private var emptyHeader: VersionHeader {
    .placeholder(world.network, world.task)
  }

  /// Only the last validator ever lies or signs twice: the others must be able to go on.
  private mutating func evidence() -> (Transaction, SigningKey) {
    var evidence = world.evidence(against: 3)
    if chance(70) {
      evidence = Evidence(network: evidence.network, first: evidence.first, second: evidence.first)
    }
    return (.evidence(evidence), anyone())
  }
}

@Suite("Random logs")
struct FuzzTests {
  // `LedgerWorld.apply` checks conservation, and that refusals change nothing, after every record.
  @Test("conserve units, never trap, and replay to the same state", arguments: 1...4)
  func randomLog(seed: UInt64) throws {
    var fuzzer = try Fuzzer(seed: seed)
    for _ in 0..<4_000 { fuzzer.step() }
    var again = Replica(fuzzer.world.genesis)
    for record in fuzzer.world.log { _ = again.apply(record.bytes, id: record.id) }
    #expect(again == fuzzer.world.replica, "seed \(seed)")
    #expect(again.chain == fuzzer.world.replica.chain)
    #expect(again.accounts.tree.root == fuzzer.world.replica.accounts.tree.root)
    let refused = fuzzer.refusals.values.reduce(0, +)
    #expect(fuzzer.finals >= 5, "seed \(seed): the log went nowhere: \(fuzzer.refusals)")
    #expect(refused > 600 && refused < 3_700, "seed \(seed): \(fuzzer.refusals)")
    #expect(fuzzer.refusals.count >= 12, "seed \(seed): \(fuzzer.refusals)")
  }

  @Test("in another order are another log, in which nothing breaks either", arguments: 1...3)
  func reordered(seed: UInt64) throws {
    var fuzzer = try Fuzzer(seed: 100 + seed)
    for _ in 0..<600 { fuzzer.step() }
    var random = SeededRandom(seed: seed)
    var log = fuzzer.world.log
    random.shuffle(&log)
    log += fuzzer.world.log
    var (one, other) = (Replica(fuzzer.world.genesis), Replica(fuzzer.world.genesis))
    for (index, record) in log.enumerated() {
      let checked = Replica.CheckedRecord(record.bytes, id: record.id)
      let names = one.apply(checked).names
      #expect(names == other.apply(checked).names, "seed \(seed), record \(index)")
      #expect(one.conservesUnits, "seed \(seed), record \(index)")
    }
    #expect(one == other, "seed \(seed)")
  }
}
