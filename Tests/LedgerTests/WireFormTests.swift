import Aggregation
import Attribution
import Numerics
import Testing
import Wire

@testable import Ledger

@Suite("Messages on the wire")
struct WireFormTests {
  /// Checks that a message comes back, and that nothing near its encoding is another encoding of anything.
  private func check<Message: WireMessage & Equatable>(
    _ message: Message, seed: UInt64 = 1, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let bytes = message.wireBytes
    let limit = 1 << 20
    #expect((try? Message(wireBytes: bytes, limit: limit)) == message, sourceLocation: sourceLocation)
    var random = SeededRandom(seed: seed)
    for round in 0..<300 {
      let mutant = mutated(bytes, &random)
      guard mutant != bytes, let decoded = try? Message(wireBytes: mutant, limit: limit) else { continue }
      #expect(
        decoded.wireBytes == mutant, "seed \(seed), round \(round): a second encoding of \(Message.wireName)",
        sourceLocation: sourceLocation)
      #expect(decoded != message, "seed \(seed), round \(round)", sourceLocation: sourceLocation)
    }
    for count in bytes.indices {
      guard let decoded = try? Message(wireBytes: Array(bytes[..<count]), limit: limit) else { continue }
      #expect(
        decoded.wireBytes == Array(bytes[..<count]), "the first \(count) bytes",
        sourceLocation: sourceLocation)
    }
  }

  private var policy: MergePolicy { LedgerWorld.policy() }

  private var header: VersionHeader {
    VersionHeader(
      network: LedgerWorld.digest(1), task: LedgerWorld.digest(2), version: 3,
      previousRoot: LedgerWorld.digest(4),
      plan: LedgerWorld.digest(5), step: LedgerWorld.digest(6), parametersRoot: LedgerWorld.digest(7),
      residualRoot: LedgerWorld.digest(8), accountsRoot: LedgerWorld.digest(9), logLength: 300,
      logChain: LedgerWorld.digest(10), epoch: 7, nextValidators: LedgerWorld.digest(11))
  }

  @Test("account transactions")
  func accounts() throws {
    let (network, key) = (LedgerWorld.digest(1), try LedgerWorld.key(1, 1).publicKey)
    check(Transfer(network: network, nonce: 300, recipient: key, units: Limits.supplyUnits))
    check(Transfer(network: network, nonce: 0, recipient: key, units: 0))
    check(Withdrawal(network: network, nonce: .max, units: 1))
    check(Registration(network: network, nonce: 7))
    check(Release(network: network, nonce: 7))
    check(ValidatorBond(network: network, nonce: 7, units: 300))
    check(ValidatorUnbond(network: network, nonce: 0, units: Limits.supplyUnits))
    check(TaskFunding(network: network, nonce: 1, task: network, units: 128))
    let specification = LedgerWorld.specification(policy, LedgerWorld.reward)
    check(specification)
    check(TaskCreation(network: network, nonce: 1, specification: specification, escrowUnits: 9))
    check(Account(key: key, balanceUnits: 1, bondUnits: 2, nonce: 3))
    check(Account(key: key))
    check(MerkleProof(index: 3, count: 9, path: [network, LedgerWorld.digest(2)]))
    check(try LedgerWorld().genesis)
  }

  @Test("window transactions")
  func windows() throws {
    let (network, task) = (LedgerWorld.digest(1), LedgerWorld.digest(2))
    check(Commitment(network: network, task: task, baseVersion: 0, sequence: 1, packet: .zero))
    check(Commitment(network: network, task: task, baseVersion: .max, sequence: .max, packet: network))
    check(
      Commitment(
        network: network, task: task, baseVersion: 1, sequence: 1, packet: network, keyDigest: task,
        epoch: .max))
    check(Submission(network: network, task: task, packet: .zero))
    let keys = (0..<3).compactMap { ContentKey(bytes: LedgerWorld.digest($0).bytes) }
    check(KeyRelease(network: network, task: task, window: 5, keys: keys))
    check(KeyRelease(network: network, task: task, window: 0, keys: []))
    check(SeedCommitment(network: network, task: task, window: 5, commitment: .zero))
    check(SeedReveal(network: network, task: task, window: 5, secret: .zero))
    let verdicts = [Verdict.admit] + RejectionReason.allCases.map { Verdict.reject($0) }
    let cells = verdicts.enumerated().map { index, verdict in
      guard case .reject(let reason) = verdict else {
        return Assessment.Cell(verdict: verdict, trust: .max, clip: .max)
      }
      let range = reason.quantity.range
      return Assessment.Cell(
        verdict: verdict, trust: UInt16(index * 3_000), clip: .max, measured: range.upperBound,
        limit: range.lowerBound)
    }
    for cells in [cells, Array(cells.dropFirst()), Array(cells.prefix(1))] {
      check(Assessment(network: network, task: task, window: 5, cells: cells, salt: LedgerWorld.digest(3)))
    }
    check(Assessment(network: network, task: task, window: 0, cells: [], salt: .zero))
    check(
      AssessmentCommitment(
        network: network, task: task, window: 5, round: 300, commitment: LedgerWorld.digest(4)))
    check(CommitteeRedraw(network: network, task: task, window: 5, round: 300))
    check(CommitteeRedraw(network: network, task: task, window: 0, round: 0))
  }

  @Test("attestations, evidence and certificates")
  func attestations() throws {
    let keys = try (0..<2).map { try LedgerWorld.key(1, $0) }
    let row = CreditRow(credits: [0, -1, .max, .min], lossBefore: .max, lossAfter: .min)
    let attestation = Attestation(header: header, credits: row.digest)
    let envelopes = keys.map { attestation.signed(by: $0) }
    check(header)
    check(attestation)
    check(row)
    check(CreditedAttestation(network: header.network, attestation: envelopes[0], credits: row))
    check(Evidence(network: header.network, first: envelopes[0], second: envelopes[1]))
    check(Certificate(attestations: envelopes))
    check(Certificate(attestations: []))
    let set = ValidatorSet(keys.map { .init(key: $0.publicKey, stakeUnits: 300) }, epoch: 9)
    check(set)
    let handover = Handover(certificate: Certificate(attestations: envelopes), validators: set)
    check(handover)
    check(HandoverChain([handover, handover]))
    check(HandoverChain([]))
  }

  @Test("a certificate, a genesis and their like have one order")
  func orders() throws {
    let keys = try (0..<3).map { try LedgerWorld.key(1, $0) }
    let envelopes = keys.map { Attestation(header: header, credits: .zero).signed(by: $0) }
    var writer = WireWriter()
    writer.messages(envelopes.sorted { $0.signer > $1.signer }, field: 1)
    #expect(throws: WireError.self) {
      _ = try Certificate(wireBytes: writer.bytes, limit: Limits.certificateBytes)
    }
    var twice = WireWriter()
    twice.messages([envelopes[0], envelopes[0]], field: 1)
    #expect(throws: WireError.self) {
      _ = try Certificate(wireBytes: twice.bytes, limit: Limits.certificateBytes)
    }
    #expect(Certificate(attestations: envelopes) == Certificate(attestations: envelopes.reversed()))
  }

  @Test("values out of range are refused: columns of two lengths, unknown verdicts, shares above the whole")
  func ranges() throws {
    func row(
      verdicts: [UInt8], trusts: [UInt64], clips: [UInt64], measures: [Int64] = [], limits: [Int64] = []
    ) -> [UInt8] {
      var writer = WireWriter()
      writer.digest(.zero, field: 1)
      writer.digest(.zero, field: 2)
      writer.bytes(verdicts, field: 4)
      writer.packed(trusts, field: 5)
      writer.packed(clips, field: 6)
      writer.packedSigned(measures, field: 7)
      writer.packedSigned(limits, field: 8)
      writer.digest(.zero, field: 9)
      return writer.bytes
    }
    func accepts(_ bytes: [UInt8]) -> Bool { (try? Assessment(wireBytes: bytes, limit: 1 << 20)) != nil }
    #expect(accepts(row(verdicts: [0, 0], trusts: [1, 65_535], clips: [0, 1])))
    #expect(!accepts(row(verdicts: [0, 0], trusts: [1], clips: [0, 1])))
    #expect(!accepts(row(verdicts: [0], trusts: [1], clips: [0, 1])))
    #expect(!accepts(row(verdicts: [200], trusts: [1], clips: [0], measures: [0], limits: [0])))
    #expect(!accepts(row(verdicts: [0], trusts: [65_536], clips: [0])))
    #expect(!accepts(row(verdicts: [0], trusts: [0], clips: [65_536])))
    func rejects(_ verdicts: [UInt8], _ measures: [Int64], _ limits: [Int64]) -> [UInt8] {
      let zeros = verdicts.map { _ in UInt64(0) }
      return row(verdicts: verdicts, trusts: zeros, clips: zeros, measures: measures, limits: limits)
    }
    #expect(accepts(rejects([0, 8, 0, 9], [17, 2], [16, 1])))
    #expect(!accepts(rejects([0, 8, 0, 9], [17], [16, 1])), "a number for each rejection")
    #expect(!accepts(rejects([0, 8, 0, 9], [17, 2], [16])))
    #expect(!accepts(rejects([0, 8, 0, 9], [], [])))
    #expect(!accepts(rejects([0], [0], [0])), "none for an admission")
    #expect(!accepts(rejects([8], [0, 0], [0, 0])))
    for reason in RejectionReason.allCases {
      let range = reason.quantity.range
      for number in [range.lowerBound, 0, range.upperBound] {
        #expect(accepts(rejects([reason.rawValue], [number], [range.upperBound])), "\(reason) \(number)")
      }
      for number in [.min, range.lowerBound - 1, range.upperBound + 1, .max] {
        #expect(!accepts(rejects([reason.rawValue], [number], [0])), "\(reason) \(number)")
        #expect(!accepts(rejects([reason.rawValue], [0], [number])), "\(reason) \(number)")
      }
    }
    let limit = Limits.updatesPerWindow
    func long(_ count: Int) -> [UInt8] {
      let zeros = [UInt64](repeating: 0, count: count)
      return row(verdicts: zeros.map { _ in 0 }, trusts: zeros, clips: zeros)
    }
    #expect(accepts(long(limit)))
    #expect(!accepts(long(limit + 1)))
    let policies = [
      RewardPolicy(unitsPerVersion: 1, authorBasisPoints: 9_000, validatorBasisPoints: 1_001),
      RewardPolicy(unitsPerVersion: .max, authorBasisPoints: 0, validatorBasisPoints: 0),
    ]
    for policy in policies {
      #expect(throws: WireError.self) { _ = try RewardPolicy(wireBytes: policy.wireBytes, limit: 100) }
    }
  }

  @Test("the largest row fits into an envelope, also for windows of 8,192 updates")
  func largestRow() throws {
    let cells = RejectionReason.allCases.map { reason in
      let range = reason.quantity.range
      return Assessment.Cell(
        verdict: .reject(reason), trust: .max, clip: .max, measured: range.upperBound, limit: range.upperBound
      )
    }
    func row(_ cell: Assessment.Cell, _ count: Int) -> Assessment {
      Assessment(
        network: LedgerWorld.digest(1), task: LedgerWorld.digest(2), window: .max,
        cells: [Assessment.Cell](repeating: cell, count: count), salt: LedgerWorld.digest(3))
    }
    let largest = try #require(cells.max { row($0, 1).wireBytes.count < row($1, 1).wireBytes.count })
    #expect(row(largest, 8_192).wireBytes.count < 189_000)
    #expect(189_000 < Envelope.bodyBytesLimit)
    let full = row(largest, Limits.updatesPerWindow)
    let key = try LedgerWorld.key(1, 0)
    let envelope = try Envelope.open(Transaction.assessment(full).signed(by: key).wireBytes)
    guard case .assessment(full) = try Transaction(envelope) else {
      Issue.record("the row did not come back")
      return
    }
  }

  @Test("an envelope of any kind holds the transaction of that kind only")
  func kinds() throws {
    let key = try LedgerWorld.key(1, 0)
    let body = Registration(network: LedgerWorld.digest(1), nonce: 1).wireBytes
    let accepted = (UInt32(0)..<40).filter { kind in
      (try? Transaction(Envelope(kind: kind, body: body, signedBy: key))) != nil
    }
    // A release is written as a registration is; withdrawals and bonds may leave their units out. The kind
    // tells them apart.
    let expected: [Transaction.Kind] = [
      .withdrawal, .registration, .release, .validatorBond, .validatorUnbond,
    ]
    #expect(accepted == expected.map(\.rawValue))
  }
}

/// Bytes with a few bits flipped, cut short, with bytes put in, taken out, doubled or exchanged.
func mutated(_ bytes: [UInt8], _ random: inout SeededRandom) -> [UInt8] {
  var result = bytes
  for _ in 0...random.integer(below: 2) {
    guard !result.isEmpty else { return result }
    let place = random.integer(below: result.count)
    switch random.integer(below: 6) {
    case 0: result[place] ^= 1 << UInt8(random.integer(below: 8))
    case 1: result[place] = UInt8(random.integer(below: 256))
    case 2: result.insert(UInt8(random.integer(below: 256)), at: place)
    case 3: result.remove(at: place)
    case 4: result.removeLast(random.integer(below: result.count))
    default:
      let end = min(result.count, place + 1 + random.integer(below: 40))
      result.insert(contentsOf: result[place..<end], at: end)
    }
  }
  return result
}
