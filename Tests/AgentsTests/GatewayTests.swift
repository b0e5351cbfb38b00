import AgentsTestKit
import Ledger
import Testing
import Updates
import Wire

@testable import Agents

/// What a gateway lets through, and everything that it must not: then nothing is stored or appended.
struct GatewayTests {
  private let network: TestNetwork
  /// After the task and all registrations.
  private let records: [Replica.CheckedRecord]

  init() throws {
    network = try TestNetwork()
    let envelopes = [network.creation] + network.contributorKeys.indices.map(network.registration)
    records = envelopes.map { Replica.CheckedRecord($0.wireBytes, id: $0.id) }
  }

  private func gateway(limits: Gateway.Limits = .init(), isOpen: Bool = true) -> Gateway {
    var gateway = Gateway(genesis: network.genesis, limits: limits)
    for record in records where isOpen { _ = gateway.handle(.record(record)) }
    return gateway
  }

  private func record(_ envelope: Envelope) -> Gateway.Event {
    .record(Replica.CheckedRecord(envelope.wireBytes, id: envelope.id))
  }

  private func order(_ number: Int, _ envelope: Envelope, at seconds: Double = 0) -> Gateway.Event {
    .request(number, .order(envelope.wireBytes), seconds: seconds)
  }

  private func send(_ number: Int, _ upload: TestNetwork.Upload) -> Gateway.Event {
    .request(
      number, .upload(packet: upload.packet, submission: upload.submission.wireBytes), seconds: 0)
  }

  private func packet(_ seed: UInt8, sequence: UInt64 = 1, base: UInt64 = 0) -> TestNetwork.Upload {
    network.upload([seed], by: 0, base: base, sequence: sequence)
  }

  @Test func anEnvelopeIsAppendedAndThenAccepted() {
    var gateway = gateway(isOpen: false)
    let envelope = network.registration(of: 0)
    let directives = gateway.handle(order(7, envelope))
    #expect(directives.appended == [envelope.id])
    #expect(directives.count == 1)
    #expect(gateway.handle(.appended(7)).accepted == [envelope.id])
    #expect(gateway.handle(.appended(7)).isEmpty, "an answer is given once")
  }

  @Test func aPacketIsStoredBeforeItsSubmissionIsAppended() {
    var gateway = gateway()
    let upload = packet(1)
    _ = gateway.handle(record(upload.commitment))
    let directives = gateway.handle(send(3, upload))
    #expect(directives.stored == [upload.packet])
    #expect(directives.count == 1)
    #expect(gateway.handle(.stored(3)).appended == [upload.submission.id])
    #expect(gateway.handle(.appended(3)).accepted == [upload.submission.id])
  }

  @Test func anOfferIsCheckedBeforeThePacketComesAndAgainWhenItHasCome() {
    let upload = packet(1)
    func offer(_ number: Int, bytes: Int = 1) -> Gateway.Event {
      .request(number, .offer(submission: upload.submission.wireBytes, packetBytes: bytes), seconds: 0)
    }
    var gateway = gateway()
    #expect(gateway.handle(offer(1)).refusals.map(\.reason) == ["notCommitted"])
    _ = gateway.handle(record(upload.commitment))
    #expect(gateway.handle(offer(2, bytes: 1 << 20)).refusals.map(\.reason) == ["packetTooLarge"])
    #expect(gateway.handle(.upload(2, upload.packet)).isEmpty, "nobody waits for it")
    for (number, packet) in [(3, [2]), (4, upload.packet)] as [(Int, [UInt8])] {
      let directives = gateway.handle(offer(number))
      #expect(directives.count == 1 && directives.stored.isEmpty && directives.refusals.isEmpty)
      let answer = gateway.handle(.upload(number, packet))
      #expect(answer.stored == (number == 4 ? [packet] : []))
      #expect(answer.refusals.map(\.reason) == (number == 4 ? [] : ["otherPacket"]))
    }
    #expect(gateway.handle(.upload(4, upload.packet)).isEmpty, "a packet is taken once")
    _ = gateway.handle(offer(5))
    _ = gateway.handle(record(upload.submission))
    let late = gateway.handle(.upload(5, upload.packet))
    #expect(late.stored.isEmpty && late.refusals.map(\.reason) == ["notCommitted"])
  }

  @Test func aProposalIsCheckedBeforeItsWeightsComeAndAgainWhenTheyHaveCome() throws {
    let weights = FlatWeights.encode(network.firstWeights)
    let opened = try Gateway.Opened(network.creation.wireBytes)
    var gateway = gateway(isOpen: false)
    func propose(_ number: Int, bytes: Int? = nil) -> [Gateway.Directive] {
      gateway.propose(number, opened, weightsBytes: bytes ?? weights.count, seconds: 0)
    }
    for bytes in [0, weights.count - 1, weights.count + 1] {
      #expect(propose(1, bytes: bytes).refusals.map(\.reason) == ["otherWeights"])
    }
    #expect(propose(1, bytes: 65 << 20).refusals.map(\.reason) == ["weightsTooLarge"])
    #expect(gateway.handle(.upload(1, weights)).isEmpty, "nobody waits for them")
    #expect(propose(2).count == 1)
    #expect(gateway.handle(.upload(2, weights.reversed())).refusals.map(\.reason) == ["otherWeights"])
    #expect(propose(3).count == 1)
    #expect(gateway.handle(.upload(3, weights)).stored == [weights])
    #expect(gateway.handle(.stored(3)).appended == [network.task])
    #expect(gateway.handle(.appended(3)).accepted == [network.task])
    // Another creation with the nonce was faster.
    #expect(propose(4).count == 1)
    _ = gateway.handle(record(network.creation))
    let late = gateway.handle(.upload(4, weights))
    #expect(late.stored.isEmpty && late.refusals.map(\.reason) == ["wrongNonce"])
    #expect(propose(5).refusals.map(\.reason) == ["wrongNonce"])
  }

  @Test func aKeyHasAQuotaOfBytesThatFillsUpAgain() {
    var limits = Gateway.Limits()
    limits.burstBytes = 10
    limits.bytesPerSecond = 1
    var gateway = gateway(limits: limits)
    let upload = packet(1)
    _ = gateway.handle(record(upload.commitment))
    func reasons(_ number: Int, bytes: Int, at seconds: Double) -> [String] {
      let request = Gateway.Request.offer(submission: upload.submission.wireBytes, packetBytes: bytes)
      return gateway.handle(.request(number, request, seconds: seconds)).refusals.map(\.reason)
    }
    #expect(reasons(1, bytes: 8, at: 0) == [])
    #expect(reasons(2, bytes: 3, at: 0) == ["overQuota"])
    #expect(reasons(3, bytes: 2, at: 0) == [])
    #expect(reasons(4, bytes: 5, at: 4) == ["overQuota"])
    #expect(reasons(5, bytes: 5, at: 5) == [])
  }

  @Test func bytesThatAreNoSignedEnvelopeAreRefused() throws {
    let good = network.registration(of: 0).wireBytes
    var flipped = good
    flipped[good.count - 1] ^= 1
    for bytes in [[], [0], Array(good.dropLast()), good + [0], flipped] {
      var gateway = gateway(isOpen: false)
      for request in [Gateway.Request.order(bytes), .upload(packet: [1], submission: bytes)] {
        let directives = gateway.handle(.request(1, request, seconds: 0))
        #expect(directives.refusals.count == 1 && directives.count == 1, "\(bytes.count) bytes")
      }
    }
  }

  @Test func whatTheReplicaWouldPassOverIsRefused() throws {
    let stranger = try TestNetwork.key(5, "stranger", 0)
    let other = try TestNetwork(seed: 3)
    let unknownTask = Commitment(
      network: network.network, task: .zero, baseVersion: 0, sequence: 1, packet: .zero)
    let key = network.contributorKeys[0]
    let cases: [(Refusal, Envelope)] = [
      (.otherNetwork, other.registration(of: 0)),
      (.wrongNonce, network.registration(of: 0)),
      (.notRegistered, Transaction.commitment(unknownTask).signed(by: stranger)),
      (.unknownTask, Transaction.commitment(unknownTask).signed(by: key)),
      (.futureVersion, packet(1, base: 1).commitment),
      (.notCommitted, packet(1).submission),
      (
        .insufficientUnits,
        Transaction.registration(Registration(network: network.network, nonce: 0)).signed(by: stranger)
      ),
    ]
    for (refusal, envelope) in cases {
      var gateway = gateway()
      let directives = gateway.handle(order(1, envelope))
      #expect(directives.refusals == [.init(id: envelope.id, reason: refusal.rawValue)], "\(refusal)")
      #expect(directives.count == 1, "\(refusal)")
      #expect(gateway.handle(.stored(1)).isEmpty, "\(refusal)")
      #expect(gateway.handle(.appended(1)).isEmpty, "\(refusal)")
    }
  }

  @Test func aSignedBodyThatIsNoTransactionIsRefused() {
    let key = network.contributorKeys[0]
    for envelope in [
      Envelope(kind: 7, body: [9, 9, 9], signedBy: key), Envelope(kind: 14, body: [], signedBy: key),
    ] {
      var gateway = gateway()
      let directives = gateway.handle(order(1, envelope))
      #expect(directives.refusals.map(\.id) == [.zero] && directives.count == 1, "kind \(envelope.kind)")
      #expect(gateway.handle(.appended(1)).isEmpty, "kind \(envelope.kind)")
    }
  }

  @Test func aSubmissionComesWithItsOwnPacket() {
    let upload = packet(1)
    let requests: [(String, Gateway.Request)] = [
      ("another packet", .upload(packet: [2], submission: upload.submission.wireBytes)),
      ("no packet", .order(upload.submission.wireBytes)),
      ("a commitment", .upload(packet: [3], submission: packet(3, sequence: 2).commitment.wireBytes)),
    ]
    for (name, request) in requests {
      var gateway = gateway()
      _ = gateway.handle(record(upload.commitment))
      let directives = gateway.handle(.request(1, request, seconds: 0))
      #expect(directives.refusals.count == 1 && directives.count == 1, "\(name)")
      #expect(directives.refusals.first?.id != .zero, "\(name)")
      #expect(gateway.handle(.stored(1)).isEmpty, "\(name)")
    }
  }

  /// 15 parameters take 60 bytes as Float32, and there is room for a header and the seal of four validators.
  @Test func aPacketIsNoLongerThanItsTasksModel() {
    for (count, limit, isTaken) in [
      (764, 1 << 20, true), (765, 1 << 20, false), (11, 10, false), (10, 10, true),
    ] {
      var limits = Gateway.Limits()
      limits.packetBytes = limit
      var gateway = gateway(limits: limits)
      let upload = network.upload(
        blob: [UInt8](repeating: 1, count: count), keyDigest: network.task, by: 0, base: 0, sequence: 1)
      _ = gateway.handle(record(upload.commitment))
      let directives = gateway.handle(send(1, upload))
      #expect(directives.stored.count == (isTaken ? 1 : 0), "\(count) of \(limit) bytes")
      #expect(directives.refusals.map(\.id) == (isTaken ? [] : [upload.submission.id]), "\(count)")
    }
  }

  @Test func aKeyHasABurstAndThenARate() {
    var limits = Gateway.Limits()
    limits.burstRequests = 3
    limits.requestsPerSecond = 2
    var gateway = gateway(limits: limits, isOpen: false)
    func isTaken(_ contributor: Int, at seconds: Double) -> Bool {
      !gateway.handle(order(1, network.registration(of: contributor), at: seconds)).appended.isEmpty
    }
    #expect((0..<5).map { _ in isTaken(0, at: 10) } == [true, true, true, false, false])
    #expect([isTaken(1, at: 10)] == [true], "another key has its own rate")
    #expect([isTaken(0, at: 10.25)] == [false], "half a token")
    #expect([isTaken(0, at: 10.5), isTaken(0, at: 10.5)] == [true, false])
    #expect([isTaken(0, at: 0)] == [false], "time that runs backwards earns nothing")
    #expect((0..<5).map { _ in isTaken(0, at: 1_000) } == [true, true, true, false, false])
  }

  @Test func theRateIsKeptForABoundedNumberOfKeys() throws {
    var limiter = RateLimiter<PublicKey>(burst: 1, perSecond: 0, keys: 8)
    let keys = try (0..<1_000).map { try TestNetwork.key(1, "flood", $0).publicKey }
    for (index, key) in keys.enumerated() {
      let isTaken = limiter.take(key, at: Double(index))
      #expect(isTaken, "key \(index)")
      #expect(limiter.trackedKeys <= 8)
    }
    let (newest, oldest) = (limiter.take(keys[999], at: 1_000), limiter.take(keys[0], at: 1_000))
    #expect(!newest, "the newest is remembered")
    #expect(oldest, "the longest-silent is forgotten")
  }

  @Test func pullsAreAnsweredFromTheReplica() async throws {
    var group = ValidatorGroup(network)
    try await group.begin()
    var gateway = Gateway(genesis: network.genesis)
    for sequence in 1...3 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    var announced: [UInt64] = []
    for envelope in group.envelopes { announced += gateway.handle(record(envelope)).announced }
    #expect(announced == [1, 2, 3])
    let steps = group.finals.map(\.step)
    for after in 0...3 as ClosedRange<UInt64> {
      let directives = gateway.handle(
        .request(1, .pull(task: network.task, after: after, epoch: 0), seconds: 0))
      #expect(directives.answers.map(\.steps) == [Array(steps.dropFirst(Int(after)))])
      let certificate = try #require(directives.answers.first?.certificate)
      #expect(try LightClient(network.genesis).check(certificate).version == 3)
    }
    for (task, after) in [(network.task, UInt64(4)), (network.task, .max), (Digest.zero, 0)] {
      let directives = gateway.handle(.request(1, .pull(task: task, after: after, epoch: 0), seconds: 0))
      #expect(directives.refusals.count == 1 && directives.count == 1, "after \(after)")
    }
  }

  @Test func receiptsAreDeliveredAfterTheirVersion() async throws {
    var group = ValidatorGroup(network)
    try await group.begin()
    try await group.runWindow(sequence: 1, by: [0, 1, 2])
    var gateway = gateway(isOpen: false)
    let directives = group.envelopes.flatMap { gateway.handle(record($0)) }
    #expect(directives.announced == [1])
    #expect(directives.delivered == group.receipts)
    #expect(directives.count == 2)
  }

  @Test func aFailureIsToldToTheClientAndForgotten() {
    for stage in ["store", "append"] {
      var gateway = gateway()
      let upload = packet(1)
      _ = gateway.handle(record(upload.commitment))
      _ = gateway.handle(send(1, upload))
      if stage == "append" { _ = gateway.handle(.stored(1)) }
      let directives = gateway.handle(.failed(1, "the disk is full"))
      #expect(
        directives.refusals == [.init(id: upload.submission.id, reason: "unavailable")], "\(stage)")
      #expect(gateway.handle(.stored(1)).isEmpty, "\(stage)")
      #expect(gateway.handle(.appended(1)).isEmpty, "\(stage)")
      #expect(gateway.handle(send(2, upload)).stored.count == 1, "it can be sent again")
    }
  }
}

/// A request turned away, as its client hears of it.
struct TurnedAway: Equatable {
  let id: Digest
  let reason: String
}

extension [Gateway.Directive] {
  var stored: [[UInt8]] { compactMap { if case .store(_, let bytes) = $0 { bytes } else { nil } } }
  var appended: [Digest] { compactMap { if case .append(_, let id, _) = $0 { id } else { nil } } }
  var accepted: [Digest] { compactMap { if case .accept(_, let id) = $0 { id } else { nil } } }
  var refusals: [TurnedAway] {
    compactMap {
      if case .refuse(_, let id, let refusal) = $0 { TurnedAway(id: id, reason: refusal.code) } else { nil }
    }
  }
  var answers: [(certificate: Certificate?, steps: [Digest])] {
    compactMap {
      if case .answer(_, let certificate, let steps, _) = $0 { (certificate, steps) } else { nil }
    }
  }
  var delivered: [Receipt] {
    flatMap { if case .deliver(let receipts) = $0 { receipts } else { [Receipt]() } }
  }
  var announced: [UInt64] {
    compactMap { if case .announce(let header) = $0 { header.version } else { nil } }
  }
}
