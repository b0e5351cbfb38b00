import Agents
import AgentsTestKit
import Aggregation
import Engines
import Ledger
import Testing
import Updates
import Wire

/// Packets that only validators can open: what they make of those that are sealed wrongly, and what becomes
/// of the keys.
@Suite(.timeLimit(.minutes(2))) struct SealingTests {
  private func begun(
    _ privacy: PacketPrivacy = .sealedPublished, conducts: [ValidatorGroup.Conduct]? = nil, seed: UInt64 = 1
  ) async throws -> ValidatorGroup {
    var group = ValidatorGroup(try TestNetwork(seed: seed, privacy: privacy), conducts: conducts)
    try await group.begin()
    return group
  }

  private func releases(_ group: ValidatorGroup) throws -> [KeyRelease] {
    try group.envelopes.compactMap {
      if case .keyRelease(let release) = try Transaction($0) { release } else { nil }
    }
  }

  /// An honest packet of a contributor, not sealed yet.
  private func packet(_ group: ValidatorGroup, by contributor: Int) async throws -> [UInt8] {
    let upload = try await group.network.honestUpload(
      by: contributor, from: group.weights, base: 0, sequence: 1)
    return try group.network.opened(
      upload.packet, by: group.network.contributorKeys[contributor].publicKey
    ).wireBytes
  }

  private func context(_ network: TestNetwork, _ contributor: Int) -> SealingContext {
    SealingContext(
      network: network.network, task: network.task,
      contributor: network.contributorKeys[contributor].publicKey)
  }

  /// What the four validators say of a blob beside two honest updates.
  private func verdicts(
    on wrap: (ValidatorGroup, [UInt8]) throws -> TestNetwork.Upload
  ) async throws -> [Verdict] {
    var group = try await begun()
    try await group.runWindow(sequence: 1, by: [0, 1])
    let upload = try wrap(group, try await packet(group, by: 2))
    try await group.take(upload)
    #expect(group.halts.isEmpty)
    #expect(group.finals.count == 1, "the window goes on without it")
    let place = try #require(group.receipts.map(\.packet).sorted().firstIndex(of: upload.digest))
    return (group.honestRows[0] ?? []).map { $0.cells[place].verdict }
  }

  private static let allMalformed = [Verdict](repeating: .reject(.malformed), count: 4)

  @Test func onlyValidatorsOpenAnUpload() async throws {
    let network = try TestNetwork()
    let upload = try await network.honestUpload(by: 0, from: network.firstWeights, base: 0, sequence: 1)
    let sender = network.contributorKeys[0].publicKey
    #expect(throws: WireError.self) { try Packet(wireBytes: upload.packet, limit: 1 << 20) }
    for key in network.validatorKeys {
      let opened = try network.seal.open(
        upload.packet, from: sender, by: key, among: network.recipients)
      #expect(try Packet(wireBytes: opened.packet, limit: 1 << 20).header.contributor == sender)
    }
    for key in network.contributorKeys + [network.author] {
      #expect(throws: WireError.self) {
        try network.seal.open(upload.packet, from: sender, by: key, among: network.recipients)
      }
    }
  }

  @Test func whatIsSealedRightlyIsAdmitted() async throws {
    let verdicts = try await verdicts { $0.network.upload($1, by: 2, base: 0, sequence: 1) }
    #expect(verdicts.count == 4 && verdicts.contains(.admit))
    #expect(!verdicts.contains(.reject(.malformed)))
  }

  /// Three validators find the key in their slots, the fourth finds garbage: it is malformed for everybody.
  @Test func aBlobForSomeValidatorsIsMalformedForAll() async throws {
    for garbled in 0..<4 {
      let verdicts = try await verdicts { group, packet in
        let network = group.network
        let key = network.contributorKeys[2]
        let contentKey = ContentKey(of: packet, for: context(network, 2), by: key)
        let sealed = network.seal.seal(packet, by: key, to: network.recipients)
        // Field 1 takes 34 bytes, and each slot 34 with its tag and length.
        var blob = sealed.blob
        blob[34 * (garbled + 1) + 10] ^= 0x55
        return network.upload(blob: blob, keyDigest: contentKey.digest, by: 2, base: 0, sequence: 1)
      }
      #expect(verdicts == Self.allMalformed, "slot \(garbled)")
    }
  }

  @Test func otherRecipientsAreMalformed() async throws {
    for recipients in [0..<3, 0..<0] as [Range<Int>] {
      let verdicts = try await verdicts { group, packet in
        let network = group.network
        let key = ContentKey(of: packet, for: context(network, 2), by: network.contributorKeys[2])
        let some = Recipients(network.validatorKeys[recipients].map(\.publicKey))
        let blob = SealedBlob(sealing: packet, under: key, to: some, for: context(network, 2))
        return network.upload(
          blob: blob.wireBytes, keyDigest: key.digest, by: 2, base: 0, sequence: 1)
      }
      #expect(verdicts == Self.allMalformed, "\(recipients)")
    }
  }

  @Test func anotherKeyDigestAndPlainBytesAreMalformed() async throws {
    let digest = Digest(of: [9], in: .blob)
    let wrongDigest = try await verdicts { group, packet in
      let blob = group.network.seal.seal(
        packet, by: group.network.contributorKeys[2], to: group.network.recipients
      ).blob
      return group.network.upload(blob: blob, keyDigest: digest, by: 2, base: 0, sequence: 1)
    }
    #expect(wrongDigest == Self.allMalformed)
    let plain = try await verdicts { group, packet in
      group.network.upload(blob: packet, keyDigest: digest, by: 2, base: 0, sequence: 1)
    }
    #expect(plain == Self.allMalformed)
  }

  /// The bytes of another's upload under one's own name: before it was forgotten the ledger refuses them, and
  /// sealed for another contributor they open nowhere.
  @Test func aCopiedBlobLosesToTheEarlierCommitment() async throws {
    var group = try await begun()
    let network = group.network
    let original = try await network.honestUpload(by: 3, from: group.weights, base: 0, sequence: 1)
    try await group.order(original.commitment)
    guard case .commitment(let seen) = try Transaction(original.commitment) else {
      Issue.record("an upload has no commitment")
      return
    }
    let copy = network.upload(
      blob: original.packet, keyDigest: seen.keyDigest, by: 2, base: 0, sequence: 1)
    let record = Replica.CheckedRecord(copy.commitment.wireBytes, id: copy.commitment.id)
    #expect(group.replica.refusal(of: record) == .alreadyCommitted)
    try await group.order(copy.commitment)
    #expect(
      { if case .refused(.alreadyCommitted)? = group.events.last { true } else { false } }())
    // As if the copy had been first.
    let stolen = try await verdicts { group, _ in
      group.network.upload(blob: original.packet, keyDigest: seen.keyDigest, by: 2, base: 0, sequence: 1)
    }
    #expect(stolen == Self.allMalformed)
  }

  /// Somebody who learnt the packet inside, as from a validator that talks, seals it again as their own.
  @Test func aResealedPacketIsNotItsSealersOwn() async throws {
    let first = try await begun()
    let stolen = try await packet(first, by: 0)
    let verdicts = try await verdicts { group, _ in
      group.network.upload(stolen, by: 2, base: 0, sequence: 1)
    }
    #expect(verdicts.allSatisfy { $0 == .reject(.wrongContributor) } && verdicts.count == 4)
  }

  @Test func keysArePublishedOnceAWindow() async throws {
    var group = try await begun()
    for sequence in 1...3 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    let releases = try releases(group)
    #expect(releases.map(\.window) == [0, 1, 2])
    let released = group.events.compactMap { event -> (UInt64, Int)? in
      if case .keysReleased(_, let window, let keys) = event { (window, keys.count) } else { nil }
    }
    #expect(released.map(\.0) == [0, 1, 2])
    for (window, count) in released {
      #expect(count == group.receipts.count { $0.window == window && $0.weight > 0 })
    }
    // With them anybody opens what was merged.
    for release in releases {
      let merged = group.receipts.filter { $0.window == release.window && $0.weight > 0 }
      for (receipt, key) in zip(merged.sorted { $0.packet < $1.packet }, release.keys) {
        let blob = try #require(group.blobs[receipt.packet])
        _ = try Packet(
          wireBytes: try group.network.seal.open(
            blob, from: receipt.contributor, with: key, sealedTo: group.network.recipients),
          limit: 1 << 20)
      }
    }
  }

  /// Whoever's turn it is may be silent: then the others publish when the version is final.
  @Test(arguments: 0..<4) func keysArePublishedWhoeverIsSilent(_ silent: Int) async throws {
    var conducts = [ValidatorGroup.Conduct](repeating: .honest, count: 4)
    conducts[silent] = .silent
    var group = try await begun(conducts: conducts)
    for sequence in 1...4 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    let released = group.events.compactMap {
      if case .keysReleased(_, let window, _) = $0 { window } else { nil }
    }
    #expect(released == [0, 1, 2, 3])
    #expect(group.halts.isEmpty)
  }

  @Test func keptKeysAreNeverPublished() async throws {
    var group = try await begun(.sealedKept)
    for sequence in 1...2 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    #expect(group.finals.count == 2)
    #expect(try releases(group).isEmpty)
  }

  /// A node that follows with a key of its own, to which nothing is sealed.
  private func follow(_ group: ValidatorGroup) async throws -> (Validator, [String], Int) {
    let network = group.network
    var validator = Validator(
      key: try TestNetwork.key(9, "outsider", 0), secretSeed: .zero, genesis: network.genesis)
    var (reports, rows): ([String], Int) = ([], 0)
    func deliver(_ event: Validator.Event) async throws {
      for directive in validator.handle(event) {
        switch directive {
        case .fetchFirstWeights(let task, _):
          try await deliver(.firstWeights(task: task, network.firstWeights))
        case .fetchPackets(let task, let window, let digests):
          let found = digests.compactMap { digest in group.blobs[digest].map { (digest, $0) } }
          try await deliver(
            .packets(task: task, window: window, Dictionary(uniqueKeysWithValues: found)))
        case .measureRoots(let task, let window, let weights):
          let roots = try await RootUpdates.measured(by: network.references[0].byLabel, at: weights)
          try await deliver(.rootsMeasured(task: task, window: window, roots))
        case .order(let envelope), .commit(_, let envelope):
          if case .assessment = try Transaction(envelope) { rows += 1 }
        case .report(let message): reports.append(message)
        case .halt(_, let reason), .decline(_, let reason): Issue.record("\(reason)")
        case .store, .keep, .findState, .announce, .measureCredits, .watch: break
        }
      }
    }
    for envelope in group.envelopes {
      try await deliver(.record(Replica.CheckedRecord(envelope.wireBytes, id: envelope.id)))
    }
    return (validator, reports, rows)
  }

  @Test func whoIsLeftOutJudgesNothingAndMergesWithPublishedKeys() async throws {
    var group = try await begun()
    for sequence in 1...3 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    let (validator, reports, rows) = try await follow(group)
    #expect(rows == 0 && reports == [])
    #expect(
      validator.model(of: group.network.task) == group.validators[0].model(of: group.network.task))
  }

  @Test func whoIsLeftOutOfKeptPacketsSaysSoOnceAndDoesNotMerge() async throws {
    var group = try await begun(.sealedKept)
    for sequence in 1...2 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    let (validator, reports, rows) = try await follow(group)
    #expect(rows == 0)
    #expect(reports.count == 1 && reports[0].contains("window 0 are sealed to others"))
    #expect(validator.model(of: group.network.task) == nil)
  }

  @Test(arguments: PacketPrivacy.allCases) func aRestartComesToTheSameModel(
    _ privacy: PacketPrivacy
  ) async throws {
    var group = try await begun(privacy, seed: 3)
    for sequence in 1...3 as ClosedRange<UInt64> {
      try await group.runWindow(sequence: sequence, by: [0, 1, 2])
    }
    var again = ValidatorGroup(group.network)
    again.blobs = group.blobs
    for envelope in group.envelopes { try await again.order(envelope) }
    #expect(Set(again.envelopes.map(\.id)) == Set(group.envelopes.map(\.id)))
    #expect(again.finals.map(\.root) == group.finals.map(\.root))
  }

  /// The seal changes what travels, and nothing that is learnt.
  @Test func everyPrivacyLeadsToTheSameWeights() async throws {
    var weights: Set<[UInt32]> = []
    for privacy in PacketPrivacy.allCases {
      var group = try await begun(privacy)
      try await group.runWindow(sequence: 1, by: [0, 1, 2])
      #expect(group.finals.count == 1)
      #expect(group.receipts.allSatisfy { $0.verdict == .admit })
      weights.insert(group.weights.map(\.bitPattern))
    }
    #expect(weights.count == 1)
  }
}
